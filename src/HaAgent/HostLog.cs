namespace HaAgent;

/// <summary>What the process tells of itself. 6xxx.</summary>
internal static partial class HostLog
{
    [LoggerMessage(EventId = 6001, Level = LogLevel.Information,
        Message = "haagent {Version} starts: member {Name} of {Scope}, run directory {RunDirectory}, seed {Seed}")]
    public static partial void Starting(
        ILogger logger, string version, string name, string scope, string runDirectory, int seed);

    [LoggerMessage(EventId = 6002, Level = LogLevel.Information, Message = "waiting on etcd ({Detail})")]
    public static partial void WaitingForStore(ILogger logger, string detail);

    [LoggerMessage(EventId = 6003, Level = LogLevel.Warning, Message = "{Notice}")]
    public static partial void Notice(ILogger logger, string notice);

    [LoggerMessage(EventId = 6004, Level = LogLevel.Information, Message = "No local configuration items changed.")]
    public static partial void NothingReloaded(ILogger logger);

    [LoggerMessage(EventId = 6005, Level = LogLevel.Error,
        Message = "The local configuration was not reloaded, the old one stays in force: {Problem}")]
    public static partial void ReloadRefused(ILogger logger, string problem);

    [LoggerMessage(EventId = 6006, Level = LogLevel.Error,
        Message = "Exception when setting dynamic_configuration: {Problem}; the old one stays in force")]
    public static partial void DynamicConfigurationRefused(ILogger logger, string problem);

    [LoggerMessage(EventId = 6007, Level = LogLevel.Error,
        Message = "{Setting} = {Value} is not supported by this version; "
            + "this node will not become leader while it is set: {HoldsBack}")]
    public static partial void Unsupported(ILogger logger, string setting, string value, bool holdsBack);

    [LoggerMessage(EventId = 6008, Level = LogLevel.Information, Message = "Received {Signal}: shutting down")]
    public static partial void ShuttingDown(ILogger logger, string signal);

    [LoggerMessage(EventId = 6009, Level = LogLevel.Critical,
        Message = "Can't start; there is already a node named '{Name}' running")]
    public static partial void NameTaken(ILogger logger, string name);

    [LoggerMessage(EventId = 6010, Level = LogLevel.Information, Message = "haagent ended with exit code {Code}")]
    public static partial void Ended(ILogger logger, int code);

    [LoggerMessage(EventId = 6011, Level = LogLevel.Error, Message = "{Problem}; PostgreSQL is looked after without the REST API until it can listen")]
    public static partial void RestNotStarted(ILogger logger, string problem);

    [LoggerMessage(EventId = 6012, Level = LogLevel.Error,
        Message = "Taking over or keeping changed settings failed unexpectedly; some of them may not be in force")]
    public static partial void SettingsWorkBroke(ILogger logger, Exception exception);

    [LoggerMessage(EventId = 6013, Level = LogLevel.Warning,
        Message = "The service manager ends this agent when {WatchdogSec} s pass without a completed turn, but with "
            + "loop_wait = {LoopWait} s turns may be that far apart: set WatchdogSec= of the unit to {Needed} s or more")]
    public static partial void WatchdogTooShort(ILogger logger, double watchdogSec, double loopWait, double needed);
}
