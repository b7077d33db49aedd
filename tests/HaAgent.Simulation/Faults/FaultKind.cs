using HaAgent.Simulation.Cluster;
using HaAgent.Simulation.Etcd;
using HaAgent.Simulation.Kernel;

namespace HaAgent.Simulation.Faults;

/// <summary>One way in which the world goes wrong.</summary>
/// <param name="Name">As coverage and plans call it.</param>
/// <param name="Weight">How often it is drawn, relative to the others.</param>
/// <param name="Begin">Null: it cannot happen to the cluster as it is now.</param>
internal sealed record FaultKind(string Name, int Weight, Func<FaultScene, FaultInAction?> Begin);

/// <summary>What a fault may do, and with what luck.</summary>
internal sealed class FaultScene(SimCluster cluster, Chance chance, Checkers.Exceptions exceptions, Action<string> mattered)
{
    public SimCluster Cluster { get; } = cluster;
    public Chance Chance { get; } = chance;
    public Checkers.Exceptions Exceptions { get; } = exceptions;
    public SimWorld World => Cluster.World;
    public SimEtcd Etcd => Cluster.Etcd;
    public SimNetwork Network => Cluster.World.Network;

    /// <summary>The fault had its effect at a moment when it counted.</summary>
    public void Matters(string kind) => mattered(kind);

    /// <summary>The leader three times of four, else anybody.</summary>
    public SimNode SomeNode() =>
        Cluster.LeaderNode is { } leader && Chance.Happens(0.75) ? leader : Chance.OneOf(Cluster.Nodes);

    public SimNode? OtherThan(SimNode node)
    {
        var others = Cluster.Nodes.Where(other => other != node).ToArray();
        return others.Length == 0 ? null : Chance.OneOf(others);
    }

    /// <summary>Long enough for a lease to run out, three times of four.</summary>
    public TimeSpan BeyondLease() => Chance.Happens(0.75)
        ? Chance.Seconds(Cluster.Plan.Ttl, Cluster.Plan.Ttl + 15)
        : Chance.Seconds(0.5, Cluster.Plan.Ttl);

    public bool IsLeader(SimNode node) => Cluster.Leader == node.Name;
}

/// <param name="What">For the journal: whom it hits.</param>
/// <param name="Lasts">Zero: it is over when it has begun.</param>
/// <param name="End">Undoes it; harmless when it is undone already.</param>
internal sealed record FaultInAction(string What, TimeSpan Lasts, Action? End = null);
