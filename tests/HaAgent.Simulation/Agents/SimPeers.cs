using System.Collections.Immutable;
using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;
using HaAgent.Simulation.Kernel;

namespace HaAgent.Simulation.Agents;

/// <summary>The other members' REST APIs, as one agent reaches them over the simulated network.</summary>
/// <param name="find">The agent that listens on a host now; null: none does.</param>
internal sealed class SimPeers(SimProcess caller, TimeProvider clock, Func<string, SimAgent?> find, Func<string, SimHost?> hosts) : IPeers
{
    private SimNetwork Network => caller.Host.World.Network;

    public async Task<ImmutableArray<PeerReading>> AskAsync(
        ImmutableArray<PeerAddress> peers, TimeSpan timeout, CancellationToken stop) =>
        [.. await Task.WhenAll(peers.Select(peer => AskOne(peer, timeout)))];

    public void WarmUp(ImmutableArray<PeerAddress> peers)
    {
        // A connection that is open already saves the simulated network nothing.
    }

    private Task<PeerReading> AskOne(PeerAddress peer, TimeSpan timeout)
    {
        var askedAt = Instant.Now(clock);
        var answer = new TaskCompletionSource<PeerReading>();
        var target = new Uri(peer.ApiUrl).Host;
        void Answer(PeerAnswer with) => caller.Deliver(() => answer.TrySetResult(new(peer.Name, askedAt, with)));
        void Reply(PeerAnswer with) => Network.Send(target, caller.Host.Name, () => Answer(with));

        caller.After(caller.Host.ToRun(timeout), () => Answer(new PeerAnswer.Unreachable(PeerSilence.TimedOut)));
        Network.Send(caller.Host.Name, target, () =>
        {
            if (find(target) is { } agent)
            {
                agent.Process.Deliver(() => agent.GiveBallot(Reply));
            }
            else if (hosts(target) is { IsFrozen: false })
            {
                Reply(new PeerAnswer.Unreachable(PeerSilence.Refused));
            }
        });
        return answer.Task;
    }
}
