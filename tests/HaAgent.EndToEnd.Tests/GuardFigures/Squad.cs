using HaAgent.Testing;
using HaAgent.Testing.Cluster;

namespace HaAgent.EndToEnd.Tests.GuardFigures;

/// <summary>One cluster of two with a client of either kind at each of its servers.</summary>
internal sealed class Squad(TestCluster cluster) : IDisposable
{
    /// <summary>Several clusters share two processors: how long something takes is no figure here, except where it is dated.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(180);

    private readonly List<Acknowledgements> _open = [.. cluster.Nodes.Select(node => new Acknowledgements(node, anew: false))];
    private readonly List<Acknowledgements> _anew = [.. cluster.Nodes.Select(node => new Acknowledgements(node, anew: true))];
    private readonly FiringWatch _watch = new(cluster.Nodes);

    public TestCluster Cluster => cluster;

    public FiringWatch Watch => _watch;

    public bool Dense
    {
        set => All.ForEach(client => client.Dense = value);
    }

    private List<Acknowledgements> All => [.. _open, .. _anew];

    public AgentProcess Other(AgentProcess node) => cluster.Nodes.Single(n => n != node);

    /// <summary>The leader, once the other one streams from it and either kind of client writes to it.</summary>
    public async Task<AgentProcess> SettledAsync()
    {
        await cluster.WaitForReplicasAsync(1, Patience);
        var leader = await cluster.WaitForLeaderAsync(Patience);
        var now = Boottime.Now;
        await Eventually.HoldsAsync(
            $"both clients write to {leader.Name}",
            Patience,
            () => Latest(_open, leader, now) is not null && Latest(_anew, leader, now) is not null);
        return leader;
    }

    /// <summary>The latest acknowledgement by this server since then, to the connection that was open and to those that were new.</summary>
    public (long? Open, long? Anew) Latest(AgentProcess node, long since) =>
        (Latest(_open, node, since)?.AcknowledgedAt, Latest(_anew, node, since)?.AcknowledgedAt);

    /// <summary>The first write that this server acknowledged since then, to whichever client.</summary>
    public WitnessedWrite? First(AgentProcess node, long since) =>
        All.Where(client => client.Node == node).SelectMany(client => client.Since(since).Take(1)).MinBy(write => write.SentAt);

    /// <summary>Proofs of two writable servers, as sentences.</summary>
    public IReadOnlyList<string> SecondWriters() => WriterWitness.ViolationsIn(
        [.. All.SelectMany(client => client.Since(0)).OrderBy(write => write.AcknowledgedAt)]);

    public void Dispose()
    {
        All.ForEach(client => client.Dispose());
        _watch.Dispose();
    }

    private static WitnessedWrite? Latest(List<Acknowledgements> clients, AgentProcess node, long since) =>
        clients.Single(client => client.Node == node).Since(since) is [.., var latest] ? latest : null;
}
