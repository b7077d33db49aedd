using HaAgent.Simulation.Cluster;

namespace HaAgent.Simulation.Checkers;

/// <summary>No primary is fenced, stopped or demoted while nothing is wrong: availability is the second of the values.</summary>
internal sealed class NeedlessStops(SimCluster cluster)
{
    private readonly Dictionary<SimNode, TimeSpan> _heldUpAt = [];

    /// <summary>A fault may show its effect so long after its end: a lease, a start, a copy.</summary>
    private TimeSpan Aftermath => TimeSpan.FromSeconds(cluster.Times.Ttl + 45);

    /// <summary>When a fault was last under way; the bootstrap counts as one.</summary>
    public TimeSpan LastFaultAt { get; set; }

    public long Checked { get; private set; }

    /// <summary>Before each round of writes.</summary>
    public void Look()
    {
        foreach (var node in cluster.Nodes)
        {
            if (node.Agent is null or { Process.IsFrozen: true } || node.Server.Faults.DiskHangs || node.Server.Run is { Postmaster.IsFrozen: true } or { Backends.IsFrozen: true })
            {
                _heldUpAt[node] = cluster.World.Time.Now;
            }
        }
    }

    /// <summary>A guard is there for agents that are held up: beside one that is well, it has nothing to do.</summary>
    public void Fired(SimNode node)
    {
        var heldUp = _heldUpAt.GetValueOrDefault(node, TimeSpan.MinValue / 2);
        if (cluster.World.Time.Now - heldUp > TimeSpan.FromSeconds(cluster.Times.Ttl + 5))
        {
            cluster.Violations.Add("availability", $"the guard of {node} fired beside an agent that was well");
        }
    }

    /// <param name="how">Who ended it, as a report calls it.</param>
    public void Stopped(SimNode node, string how)
    {
        var now = cluster.World.Time.Now;
        var calm = now - LastFaultAt > Aftermath && now - cluster.LastRequestAt > Aftermath;
        Checked++;
        if (calm)
        {
            cluster.Violations.Add("availability", $"the primary {node} was ended ({how}) although nothing was wrong");
        }
    }
}
