using System.Collections.Immutable;
using HaAgent.Core.Requests;
using HaAgent.Simulation.Cluster;

namespace HaAgent.Simulation.Faults;

/// <summary>Operators, at bad moments.</summary>
internal static class OperatorFaults
{
    public static readonly ImmutableArray<FaultKind> All =
    [
        new("switchover", 8, Switchover),
        new("manual failover", 4, Failover),
        new("switchover scheduled", 5, ScheduleSwitchover),
        new("restart asked for", 6, Restart),
        new("restart scheduled", 5, ScheduleRestart),
        new("reinitialize asked for", 6, Reinitialize),
        new("pause and resume", 4, Pause),
        new("leader key deleted by hand", 4, DeleteLeader),
        new("leader key put by hand", 4, PutLeader),
        new("configuration changed", 4, ChangeConfig),
    ];

    private static FaultInAction? Switchover(FaultScene s)
    {
        if (s.Cluster.LeaderNode is not { } leader)
        {
            return null;
        }

        var candidate = s.Chance.Happens(0.7) ? s.OtherThan(leader) : null;
        s.Cluster.Switchover(leader, candidate);
        s.Matters("switchover");
        if (candidate is not null && s.Chance.Happens(0.2))
        {
            s.World.Time.After(s.Chance.Milliseconds(0, 600), () =>
            {
                candidate.KillAgent(stay: true);
                candidate.Server.Kill();
            });
            return new($"{leader} to {candidate}, which dies meanwhile", s.Chance.Seconds(5, 30), candidate.StartAgent);
        }

        return new($"{leader} to {candidate?.Name ?? "anybody"}", TimeSpan.Zero);
    }

    private static FaultInAction? Failover(FaultScene s)
    {
        var leader = s.Cluster.LeaderNode;
        if (s.OtherThan(leader ?? s.Cluster.Nodes[0]) is not { } candidate)
        {
            return null;
        }

        s.Cluster.Failover(candidate);
        s.Matters("manual failover");
        return new($"to {candidate}", TimeSpan.Zero);
    }

    private static FaultInAction? ScheduleSwitchover(FaultScene s)
    {
        if (s.Cluster.LeaderNode is not { Agent: { } agent } leader)
        {
            return null;
        }

        var (candidate, after) = (s.Chance.Happens(0.7) ? s.OtherThan(leader) : null, s.Chance.Seconds(0, 20));
        s.Cluster.Ask(leader, new OperatorRequest.Switchover(new(leader.Name), new(candidate?.Name ?? ""), agent.UtcNow + after), after);
        s.Matters("switchover scheduled");
        return new($"{leader} to {candidate?.Name ?? "anybody"} in {after.TotalSeconds:0.0} s", after);
    }

    private static FaultInAction? Restart(FaultScene s)
    {
        var node = s.SomeNode();
        if (node.Agent is null)
        {
            return null;
        }

        s.Cluster.Ask(node, new OperatorRequest.Restart(default, s.Chance.Happens(0.3) ? s.Chance.Seconds(1, 30) : null));
        s.Matters("restart asked for");
        return new($"{node}", TimeSpan.Zero);
    }

    private static FaultInAction? ScheduleRestart(FaultScene s)
    {
        var node = s.SomeNode();
        if (node.Agent is not { } agent)
        {
            return null;
        }

        var after = s.Chance.Seconds(0, 20);
        s.Cluster.Ask(node, new OperatorRequest.ScheduleRestart(new(agent.UtcNow + after, default, null, "{}")), after);
        s.Matters("restart scheduled");
        return s.Chance.Happens(0.2)
            ? new($"{node}, withdrawn", after / 2, () => s.Cluster.Ask(node, new OperatorRequest.CancelRestart()))
            : new($"{node} in {after.TotalSeconds:0.0} s", after);
    }

    private static FaultInAction? Reinitialize(FaultScene s)
    {
        var node = s.Cluster.LeaderNode is { } leader && s.Chance.Happens(0.9) ? s.OtherThan(leader) : s.Chance.OneOf(s.Cluster.Nodes);
        if (node?.Agent is null)
        {
            return null;
        }

        s.Cluster.Ask(node, new OperatorRequest.Reinitialize(Force: s.Chance.Happens(0.3), FromLeader: s.Chance.Happens(0.3)));
        s.Matters("reinitialize asked for");
        return new($"{node}", TimeSpan.Zero);
    }

    private static FaultInAction Pause(FaultScene s)
    {
        s.Exceptions.IsPaused = true;
        s.Cluster.PutConfig(pause: true);
        s.Matters("pause and resume");
        return new("", s.Chance.Seconds(5, 60), () =>
        {
            s.Cluster.PutConfig(pause: false);
            s.Exceptions.Excuse(TimeSpan.FromSeconds(s.Cluster.Plan.Ttl + s.Cluster.Plan.RetryTimeout + 10));
            s.Exceptions.IsPaused = false;
        });
    }

    private static FaultInAction? DeleteLeader(FaultScene s)
    {
        if (s.Cluster.Leader is null)
        {
            return null;
        }

        s.Exceptions.Excuse(TimeSpan.FromSeconds(s.Cluster.Plan.Ttl + 10));
        s.Etcd.Faults.Delete(SimCluster.Prefix + "leader");
        s.Matters("leader key deleted by hand");
        return new("", TimeSpan.Zero);
    }

    private static FaultInAction PutLeader(FaultScene s)
    {
        s.Exceptions.Excuse(TimeSpan.FromSeconds(s.Cluster.Plan.Ttl + 10));
        var name = s.Chance.OneOf(s.Cluster.Nodes).Name;
        s.Etcd.Faults.Put(SimCluster.Prefix + "leader", name);
        s.Matters("leader key put by hand");
        return new($"{name}, without a lease", s.Chance.Seconds(5, 30), () =>
        {
            // A key that hangs on no lease never ends by itself: only whoever put it can take it away.
            s.Exceptions.Excuse(TimeSpan.FromSeconds(s.Cluster.Plan.Ttl + 10));
            if (s.Etcd.LeaderLease(SimCluster.Prefix) == 0)
            {
                s.Etcd.Faults.Delete(SimCluster.Prefix + "leader");
            }
        });
    }

    private static FaultInAction ChangeConfig(FaultScene s)
    {
        s.Cluster.ChangeTimes(s.Chance.OneOf<(int, int, int)>([(30, 10, 10), (20, 5, 5), (40, 10, 10)]));
        s.Matters("configuration changed");
        return new($"ttl {s.Cluster.Times.Ttl}", TimeSpan.Zero);
    }
}
