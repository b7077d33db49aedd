using HaAgent.Simulation.Cluster;

namespace HaAgent.Simulation.Checkers;

/// <summary>S5: what has served the cluster is rewound or removed only under another that runs as its primary.</summary>
/// <remarks>"Known" is what an agent can know: the other was seen to be primary no longer than a moment ago.</remarks>
internal sealed class DestructiveSteps(SimCluster cluster)
{
    /// <summary>Between the other's own word and the step that relies on it.</summary>
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(15);

    private readonly Dictionary<SimNode, TimeSpan> _lastPrimary = [];

    public long Checked { get; private set; }

    /// <summary>Before each round of writes.</summary>
    public void Look()
    {
        foreach (var node in cluster.Nodes)
        {
            if (node.Server.Run is { IsInRecovery: false, Postmaster.IsDead: false })
            {
                _lastPrimary[node] = cluster.World.Time.Now;
            }
        }
    }

    public void Touched(SimNode node, string how)
    {
        Checked++;
        Look();
        foreach (var (other, at) in _lastPrimary)
        {
            if (other != node && other.Server.Directory.SystemIdentifier == node.Server.Directory.SystemIdentifier && cluster.World.Time.Now - at <= Moment)
            {
                return;
            }
        }

        cluster.Violations.Add("S5", $"the data directory of {node} was {how}, and no other server has been a primary of this cluster of late");
    }
}
