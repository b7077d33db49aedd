namespace HaAgent.Guarding;

/// <summary>What is told of the guard's process. 61xx.</summary>
internal static partial class GuardLog
{
    [LoggerMessage(EventId = 6101, Level = LogLevel.Information, Message = "Lease guard started (pid {Pid}, in {Took})")]
    public static partial void Started(ILogger logger, int pid, TimeSpan took);

    [LoggerMessage(EventId = 6102, Level = LogLevel.Information, Message = "Lease guard of the last agent goes on (pid {Pid})")]
    public static partial void Adopted(ILogger logger, int pid);

    [LoggerMessage(EventId = 6103, Level = LogLevel.Error, Message = "Lease guard ended (pid {Pid}): starting another one")]
    public static partial void Ended(ILogger logger, int pid);

    [LoggerMessage(EventId = 6104, Level = LogLevel.Error,
        Message = "Lease guard has not looked at its deadline for {Limit} (pid {Pid}): replacing it")]
    public static partial void Hangs(ILogger logger, int pid, TimeSpan limit);

    [LoggerMessage(EventId = 6105, Level = LogLevel.Error,
        Message = "Lease guard did not begin to watch within {Took}: trying again; without one this node will not lead")]
    public static partial void StartFailed(ILogger logger, TimeSpan took);

    [LoggerMessage(EventId = 6108, Level = LogLevel.Warning,
        Message = "Another lease guard of this data directory was found and ended (pid {Pid}): it watched a file that is not in use")]
    public static partial void OtherEnded(ILogger logger, int pid);

    [LoggerMessage(EventId = 6107, Level = LogLevel.Warning,
        Message = "haagent.guard = off: if this agent is killed or frozen, its primary stays writable after its lease has run out")]
    public static partial void SwitchedOff(ILogger logger);

    [LoggerMessage(EventId = 6106, Level = LogLevel.Error,
        Message = "Lease guard could not be started: {Problem}; without one this node will not lead")]
    public static partial void NotStarted(ILogger logger, string problem);
}
