using HaAgent.Testing.Processes;

namespace HaAgent.EndToEnd.Tests.GuardFigures;

/// <summary>One round: the leader's agent is frozen until a second before the guard's deadline, and goes on.</summary>
/// <param name="Late">By how much the freeze was longer than meant.</param>
/// <param name="Kept">The same server was primary before and after.</param>
/// <param name="SameLeader">The same node leads afterwards.</param>
/// <param name="Fences">How the agent ended writing; empty when it did not.</param>
/// <param name="Left">From the latest write that the server acknowledged before the lease's end until that; where another leads now.</param>
internal sealed record UpToTheDeadline(
    TimeSpan Late, bool Fired, bool Kept, bool SameLeader, string Fences, TimeSpan? Left)
{
    private static readonly TimeSpan TooLate = TimeSpan.FromMilliseconds(100);

    public static async Task<UpToTheDeadline?> RunAsync(Squad squad)
    {
        var old = await squad.SettledAsync();
        var (log, postmaster, firings) = (new AgentLog(old), old.PostmasterPid(), squad.Watch.Firings(old));
        await Freezing.StopAsync(old);
        var began = Boottime.Now;
        var lease = squad.Watch.Lease(old);
        var thaw = lease.GuardAt - Boottime.Second;

        await Boottime.ReachedAsync(thaw - Boottime.Second);
        squad.Dense = true;
        await Boottime.ReachedAsync(thaw);
        LinuxProcesses.Send(old.Agent.Pid, Signal.Continue);
        var late = Boottime.Span(Boottime.Now - thaw);

        await Boottime.ReachedAsync(lease.End + Boottime.Second); // a firing would have been at the deadline
        squad.Dense = false;
        var kept = old.PostmasterPid() == postmaster && await old.IsWritableAsync();
        var leader = await squad.SettledAsync();
        var latest = squad.Latest(old, began);
        return late > TooLate ? null : new(
            late,
            squad.Watch.Firings(old) > firings || log.Firings().Count > 0,
            kept,
            leader == old,
            log.Fences(),
            leader == old ? null : Boottime.Span(lease.End - Math.Max(latest.Open ?? 0, latest.Anew ?? 0)));
    }
}
