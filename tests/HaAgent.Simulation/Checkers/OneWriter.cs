using HaAgent.Simulation.Cluster;

namespace HaAgent.Simulation.Checkers;

/// <summary>S1 and S2: of all servers at most one could acknowledge a write, and none while the key is granted to another.</summary>
/// <remarks>
/// Looked at whenever a client is about to write, a server becomes writable, or the leader key changes hands. Excused, in
/// the words of docs/safety.md: a pause, and a whole host that was frozen beyond its deadline, for the 100 ms until the
/// first step of its guard or agent; agent and guard both dead or stopped, until one of them is back. And what no agent
/// can know of: an operator's hand on the leader key, a store that was wiped, or one that revoked a lease before its end.
/// </remarks>
internal sealed class OneWriter
{
    /// <summary>From the return of an agent or guard to its first deed.</summary>
    private static readonly TimeSpan ReturnGrace = TimeSpan.FromSeconds(1);

    private readonly SimCluster _cluster;
    private readonly Exceptions _exceptions;
    private readonly Dictionary<SimNode, TimeSpan> _unwatchedAt = [];

    public OneWriter(SimCluster cluster, Exceptions exceptions)
    {
        _cluster = cluster;
        _exceptions = exceptions;
    }

    public long Checked { get; private set; }

    /// <summary>No two at once.</summary>
    public void Look()
    {
        Checked++;
        SimNode? writer = null;
        foreach (var node in _cluster.Nodes)
        {
            if (node.IsUnwatched)
            {
                _unwatchedAt[node] = _cluster.World.Time.Now;
            }

            if (!node.Server.IsWritable)
            {
                continue;
            }

            if (node.IsPastLeaseEnd && !_exceptions.IsPaused && !IsExcused(node))
            {
                _cluster.Violations.Add("S2", $"{node} could acknowledge a write after the end of its lease by its own clock");
            }

            if (writer is not null && !_exceptions.ExcuseTwoWriters && !IsExcused(node) && !IsExcused(writer))
            {
                _cluster.Violations.Add("S1", $"{writer} and {node} could both acknowledge a write");
            }

            writer = node;
        }
    }

    /// <summary>The leader key went to <paramref name="holder"/>.</summary>
    public void Granted(string holder)
    {
        Checked++;
        foreach (var node in _cluster.Nodes)
        {
            if (node.Name != holder && node.Server.IsWritable && !_exceptions.ExcuseTwoWriters && !IsExcused(node))
            {
                _cluster.Violations.Add("S2", $"the key was granted to {holder} while {node} could still acknowledge writes");
            }
        }
    }

    private bool IsExcused(SimNode node)
    {
        var now = _cluster.World.Time.Now;
        return node.HasJustThawed
            || node.IsUnwatched
            || (_unwatchedAt.TryGetValue(node, out var unwatched) && now - unwatched <= ReturnGrace);
    }
}
