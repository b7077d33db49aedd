namespace HaAgent.Guard;

/// <summary>What the agent must know of the guard's own times, to see before it starts that they fit the lease.</summary>
public static class GuardTimes
{
    /// <summary>An immediate stop gets one of so many parts of the time from the deadline to the lease's end.</summary>
    public const int OrderlyShare = 4;

    /// <summary>
    /// Killing waits no longer than this for the postmaster to stand still. Then it forks no more, and everything has its SIGKILL.
    /// </summary>
    public static readonly TimeSpan LongestBeforeKill = ServerProcesses.MostPasses * TimeSpan.FromMilliseconds(ServerProcesses.PauseMs);
}
