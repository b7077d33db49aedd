using HaAgent.Testing;

namespace HaAgent.EndToEnd.Tests.GuardFigures;

/// <summary>One round: the leader's agent is killed and started again at once.</summary>
/// <param name="Took">From the kill until the new agent had a deadline of its own armed and says that it leads.</param>
/// <param name="Left">From then until the deadline that the dead one had left.</param>
internal sealed record AgentRestart(TimeSpan Took, TimeSpan Left, bool Fired, bool Kept)
{
    public static async Task<AgentRestart?> RunAsync(Squad squad)
    {
        var leader = await squad.SettledAsync();
        var (log, postmaster, firings) = (new AgentLog(leader), leader.PostmasterPid(), squad.Watch.Firings(leader));
        var began = Boottime.Now;
        await leader.KillAgentAsync();
        var lease = squad.Watch.Lease(leader);
        leader.Start();
        await Eventually.HoldsAsync(
            $"the new agent of {leader.Name} leads, with a deadline of its own, or another node does",
            Squad.Patience,
            async () => (squad.Watch.Word(leader).Deadline > lease.GuardAt && await leader.Rest.CheckAsync("/primary") == 200)
                || squad.First(squad.Other(leader), began) is not null);
        var now = Boottime.Now;
        return new(
            Boottime.Span(now - began),
            Boottime.Span(lease.GuardAt - now),
            squad.Watch.Firings(leader) > firings || log.Firings().Count > 0,
            leader.PostmasterPid() == postmaster);
    }
}
