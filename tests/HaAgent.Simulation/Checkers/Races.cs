using HaAgent.Core.Model;
using HaAgent.Simulation.Cluster;
using HaAgent.Simulation.Postgres;

namespace HaAgent.Simulation.Checkers;

/// <summary>Who wins a race has all that any member had which it could have asked: a commit that a replica has is not thrown away.</summary>
internal sealed class Races(SimCluster cluster, Exceptions exceptions)
{
    /// <summary>The rule by which a replica takes a key that nobody asked it to take.</summary>
    public const string Race = "R90";

    /// <summary>Who was out of reach so shortly before may not have been asked, or not in time.</summary>
    private static readonly TimeSpan Clear = TimeSpan.FromSeconds(15);

    private readonly Dictionary<(SimNode Asks, SimNode Tells), TimeSpan> _outOfReach = [];
    private readonly Dictionary<SimNode, (Branch Branch, Lsn End)> _had = [];
    private (Branch Branch, Lsn End)? _written;

    /// <summary>Before each round of writes.</summary>
    public void Look()
    {
        foreach (var tells in cluster.Nodes)
        {
            var canTell = CanTell(tells);
            foreach (var asks in cluster.Nodes)
            {
                if (asks != tells && !(canTell && CanAsk(asks, tells)))
                {
                    _outOfReach[(asks, tells)] = cluster.World.Time.Now;
                }
            }
        }
    }

    /// <summary>The leader key is gone.</summary>
    public void Lost(SimNode? leader)
    {
        _written = leader is null ? null : Position(leader);
        _had.Clear();
        foreach (var node in cluster.Nodes)
        {
            if (node != leader && Position(node) is { } position)
            {
                _had[node] = position;
            }
        }
    }

    /// <summary>A node that did not hold the key has got it.</summary>
    public void Granted(SimNode winner)
    {
        if (winner.LastDeed != Race || _written is not { } written || Position(winner) is not { } won || exceptions.ExcuseTwoWriters)
        {
            return;
        }

        if (HasTwin(written.Branch, won.Branch))
        {
            return; // two timelines of one number: no agent can tell them from each other
        }

        Look();
        foreach (var (node, had) in _had)
        {
            // What the leader had not written is a branch that the cluster has left: it does not count, however long it is.
            if (node == winner || won.Branch.Includes(had.Branch, had.End, won.End) || !written.Branch.Includes(had.Branch, had.End, written.End)
                || cluster.World.Time.Now - _outOfReach.GetValueOrDefault((winner, node), TimeSpan.MinValue / 2) < Clear)
            {
                continue;
            }

            cluster.Violations.Add("race", string.Create(
                System.Globalization.CultureInfo.InvariantCulture,
                $"{winner} won with WAL up to {won.End}, and {node}, which it could have asked, had it up to {had.End} when the key went"));
        }

        cluster.World.Count("races judged");
    }

    private static bool HasTwin(Branch? history, Branch of)
    {
        for (var at = history; at is not null; at = at.Parent)
        {
            if (at != of && at.Number == of.Number)
            {
                return true;
            }
        }

        return false;
    }

    private static (Branch Branch, Lsn End)? Position(SimNode node) =>
        node.Server.Directory is { Branch: { } branch, Flushed: var end } ? (branch, end) : null;

    /// <summary>It has a position to tell, and could lead itself.</summary>
    private bool CanTell(SimNode node) =>
        node is { IsDown: false, Agent.Process.IsFrozen: false, Host.IsFrozen: false, Server: { Faults.DiskHangs: false, Run: { IsInRecovery: true } run } }
        && run is { Accepts: true, Postmaster: { IsDead: false, IsFrozen: false }, Backends.IsFrozen: false }
        && cluster.Etcd.AnswersMajorityFrom(node.Name);

    private bool CanAsk(SimNode asks, SimNode tells) =>
        asks is { Host.IsFrozen: false, Agent.Process.IsFrozen: false }
        && cluster.World.Network.IsCalm(asks.Name, tells.Name) && cluster.World.Network.IsCalm(tells.Name, asks.Name);
}
