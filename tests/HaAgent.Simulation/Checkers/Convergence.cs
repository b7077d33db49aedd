using HaAgent.Core.Requests;
using HaAgent.Simulation.Cluster;
using HaAgent.Simulation.Postgres;

namespace HaAgent.Simulation.Checkers;

/// <summary>L1: once faults have stopped, one leads, is primary, and every other server streams from it, with no human help.</summary>
internal sealed class Convergence(SimCluster cluster)
{
    /// <summary>Null when it has; else what is not so yet.</summary>
    public string? WhatIsMissing()
    {
        if (cluster.Etcd.WasWiped && cluster.Etcd.Find(SimCluster.Prefix + "config")?.Value.Contains("\"pause\"", StringComparison.Ordinal) == true)
        {
            cluster.World.Count("the operator is needed: a pause was written down again when the store had lost its data");
            return null;
        }

        if (cluster.LeaderNode is not { } leader)
        {
            if (cluster.Etcd.Find(SimCluster.Prefix + "initialize") is null && !cluster.IsUntouched
                && !cluster.Nodes.Any(node => node.Server.Run is { IsInRecovery: false }))
            {
                cluster.World.Count("the operator is needed: the store forgot the cluster while no primary ran");
                return null; // who named it before would be a guess: the agents say so and wait
            }

            if (cluster.Plan.CheckTimeline && cluster.Nodes.Any(IsBehind)
                && cluster.Nodes.All(node => IsBehind(node) || node.Server.Directory.Content == DirectoryContent.Empty))
            {
                cluster.World.Count("the operator is needed: check_timeline, and the newest timeline is gone with its directory");
                return null;
            }

            return $"nobody leads (the leader key holds {cluster.Leader ?? "nothing"})";
        }

        if (!leader.Server.IsWritable)
        {
            return $"{leader} leads and takes no writes ({leader.ServerState}; {leader.Agent?.Board.Latest?.ReasonText})";
        }

        // A switchover that others decided may stay untold for minutes; what this node itself does is told at its end.
        if (cluster.Asked.FirstOrDefault(asked => asked is
            {
                Agent.Process.IsDead: false, Ticket: { Finished.IsCompleted: false, Request: not (OperatorRequest.Switchover or OperatorRequest.Failover) }
            }) is { Ticket: { } open } never)
        {
            return $"{never.Agent.Process.Host} owes the answer to {open.Request}";
        }

        foreach (var node in cluster.Nodes)
        {
            if (node != leader && !node.StreamsFrom(leader))
            {
                if (IsOnATimelineOfTheSameNumber(node, leader))
                {
                    cluster.World.Count("replica needs a new copy: two timelines of one number");
                    continue; // nothing that a server tells of itself shows it: docs/safety.md
                }

                if (node.Server.Run?.Receiver.Problem.EndsWith("was removed", StringComparison.Ordinal) == true)
                {
                    cluster.World.Count("replica needs a new copy: its WAL is gone everywhere");
                    continue; // haagentctl reinit: no agent makes a new copy of a server unasked whose history is sound
                }

                if (cluster.Etcd.WasWiped && node.Server.Directory.SystemIdentifier is { Length: > 0 } system
                    && system != leader.Server.Directory.SystemIdentifier)
                {
                    cluster.World.Count("the operator is needed: a second cluster was founded when the store had lost its data");
                    continue; // by a node that had lost its own, before the others could write themselves down again
                }

                if (node.Server.Directory is { IsBroken: true } && !cluster.Plan.MayDiscard)
                {
                    cluster.World.Count("the operator is needed: a rewind was broken off, and the settings forbid a new copy");
                    continue;
                }

                if (node.Server.Directory is { CameBack: true, Content: DirectoryContent.Partial, IsMarked: false })
                {
                    cluster.World.Count("the operator is needed: a volume came back with a copy that was broken off when it went");
                    continue; // the marker was taken away with the copy that followed: what lies there may be anybody's
                }

                return $"{node} does not stream from {leader} ({node.ServerState}; {node.Agent?.Board.Latest?.ReasonText})";
            }
        }

        return null;
    }

    private static bool IsBehind(SimNode node) => node.Agent is { LastRule: "R66" };

    /// <summary>The leader's history has a timeline of the number that this server is on, but it is another one.</summary>
    private static bool IsOnATimelineOfTheSameNumber(SimNode node, SimNode leader)
    {
        var own = node.Server.Run is null ? null : node.Server.Directory.Branch;
        for (var branch = leader.Server.Directory.Branch; own is not null && branch is not null; branch = branch.Parent)
        {
            if (branch.Number == own.Number)
            {
                return branch != own;
            }
        }

        return false;
    }
}
