using HaAgent.Testing;
using HaAgent.Testing.Cluster;
using HaAgent.Testing.Processes;

namespace HaAgent.EndToEnd.Tests.GuardFigures;

/// <summary>One round: the leader's agent is frozen or killed and stays so until another node is primary.</summary>
/// <param name="AfterOpen">From the latest write acknowledged by the old primary to its open connection until the lease's end.</param>
/// <param name="AfterAnew">Likewise, to a client that connects for each write.</param>
/// <param name="Handover">From the latest write acknowledged by the old primary until the new one's first was sent.</param>
/// <param name="FirstNew">From the lease's end until the new primary's first acknowledged write was sent.</param>
/// <param name="Fired">What the guard did.</param>
internal sealed record PastTheDeadline(
    bool Killed,
    TimeSpan AfterOpen,
    TimeSpan AfterAnew,
    TimeSpan Handover,
    TimeSpan FirstNew,
    Firing Fired)
{
    public TimeSpan Left => AfterOpen < AfterAnew ? AfterOpen : AfterAnew;

    public static async Task<PastTheDeadline?> RunAsync(Squad squad, bool kill)
    {
        var old = await squad.SettledAsync();
        var log = new AgentLog(old);
        await HoldAsync(old, kill);
        var began = Boottime.Now;
        var lease = squad.Watch.Lease(old); // nobody renews it any more

        await Boottime.ReachedAsync(lease.GuardAt - (2 * Boottime.Second));
        squad.Dense = true;
        var successor = squad.Other(old);
        var first = await Eventually.YieldsAsync(
            $"{successor.Name} acknowledges a write", Squad.Patience, () => Task.FromResult(squad.First(successor, began)));
        squad.Dense = false;

        if (kill)
        {
            old.Start();
        }
        else
        {
            LinuxProcesses.Send(old.Agent.Pid, Signal.Continue);
        }

        await squad.Cluster.WaitUntilStreamingAsync(old, Squad.Patience);
        var latest = squad.Latest(old, began); // what it acknowledged after it came back would be among them
        var (open, anew) = (latest.Open!.Value, latest.Anew!.Value); // clients that never got an answer prove nothing
        return new(
            kill,
            Boottime.Span(lease.End - open),
            Boottime.Span(lease.End - anew),
            Boottime.Span(first.SentAt - Math.Max(open, anew)),
            Boottime.Span(first.SentAt - lease.End),
            Assert.Single(log.Firings()));
    }

    private static async Task HoldAsync(AgentProcess node, bool kill)
    {
        if (kill)
        {
            await node.KillAgentAsync();
        }
        else
        {
            await Freezing.StopAsync(node);
        }
    }
}
