using System.Collections.Immutable;
using HaAgent.Simulation.Cluster;

namespace HaAgent.Simulation.Faults;

/// <summary>Operators, at bad moments.</summary>
internal static class OperatorFaults
{
    public static readonly ImmutableArray<FaultKind> All =
    [
        new("switchover", 8, Switchover),
        new("manual failover", 4, Failover),
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
