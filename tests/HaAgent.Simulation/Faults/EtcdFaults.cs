using System.Collections.Immutable;
using HaAgent.Dcs.Etcd;
using HaAgent.Simulation.Cluster;
using HaAgent.Simulation.Etcd;
using HaAgent.Simulation.Kernel;

namespace HaAgent.Simulation.Faults;

/// <summary>The store: members that fall, terms that change, answers that are lost, late, or not to be believed.</summary>
internal static class EtcdFaults
{
    public static readonly ImmutableArray<FaultKind> All =
    [
        new("etcd member killed", 4, KillMember),
        new("etcd member frozen", 4, FreezeMember),
        new("raft leader stands still over a renewal", 6, FreezeOverRenewal),
        new("etcd election", 4, Elect),
        new("etcd restarted member by member", 4, RollingRestart),
        new("etcd without quorum", 5, LoseQuorum),
        new("etcd refuses writes", 4, RefuseWrites),
        new("etcd compacted", 4, Compact),
        new("etcd member stale", 4, MakeStale),
        new("etcd wiped", 5, Wipe),
        new("lease revoked early", 4, RevokeEarly),
        new("reply lost", 8, LoseReply),
        new("answer late", 5, DelayAnswer),
        new("deposed leader answers keepalives", 6, Depose),
    ];

    /// <summary>Whatever was held on the old state may still be believed for so long.</summary>
    private static TimeSpan Forgotten(FaultScene s) => TimeSpan.FromSeconds(s.Cluster.Plan.Ttl + 10);

    private static SimMember Member(FaultScene s) =>
        s.Etcd.RaftLeader is { } leader && s.Chance.Happens(0.6) ? leader : s.Chance.OneOf(s.Etcd.Members);

    private static FaultInAction KillMember(FaultScene s)
    {
        var member = Member(s);
        member.Kill();
        s.Matters("etcd member killed");
        return new($"{member}", s.Chance.Seconds(1, 40), () => s.Cluster.StartEtcd(member));
    }

    private static FaultInAction? FreezeMember(FaultScene s)
    {
        var member = Member(s);
        var process = member.Process;
        if (process.IsDead)
        {
            return null;
        }

        process.Freeze();
        s.Matters("etcd member frozen");

        // Back while a request that it got meanwhile is still waited for, or not.
        return new($"{member}", s.Chance.Happens(0.5) ? s.Chance.Seconds(1.5, 6) : s.Chance.Seconds(0.5, 30), process.Thaw);
    }

    /// <summary>
    /// It is deposed meanwhile, and back while a keepalive that it got too late to lead is still waited for: an old etcd confirms it.
    /// </summary>
    private static FaultInAction? FreezeOverRenewal(FaultScene s)
    {
        if (s.Cluster.LeaderNode is not { } node || s.Etcd.Members.Count < 3)
        {
            return null;
        }

        var every = TimeSpan.FromSeconds(s.Cluster.Times.LoopWait);
        var due = node.Guard.LastSetAt + every;
        var (ahead, behind) = (s.Chance.Seconds(2.2, 4.5), s.Chance.Seconds(0.05, 1));
        while (due - ahead <= s.World.Time.Now)
        {
            due += every;
        }

        SimProcess? process = null;
        s.World.Time.After(due - ahead - s.World.Time.Now, () =>
        {
            if (s.Etcd.RaftLeader is { Process: { IsDead: false, IsFrozen: false } found })
            {
                process = found;
                process.Freeze();
                s.Matters("raft leader stands still over a renewal");
            }
        });
        return new($"from {due - ahead:ss\\.f} s on", due + behind - s.World.Time.Now, () => process?.Thaw());
    }

    private static FaultInAction Elect(FaultScene s)
    {
        s.Etcd.Faults.ForceElection();
        s.Matters("etcd election");
        return new("", TimeSpan.Zero);
    }

    private static FaultInAction RollingRestart(FaultScene s)
    {
        var pause = s.Chance.Seconds(1, 8);
        s.Etcd.Faults.RollingRestart(pause);
        s.Matters("etcd restarted member by member");
        return new("all", s.Etcd.Members.Count * (pause + TimeSpan.FromSeconds(3)));
    }

    private static FaultInAction LoseQuorum(FaultScene s)
    {
        var members = s.Etcd.Members.Count;
        var down = s.Etcd.Members.Take((members / 2) + 1).ToArray();
        foreach (var member in down)
        {
            member.Kill();
        }

        s.Matters("etcd without quorum");
        return new($"{down.Length} of {members}", s.BeyondLease(), () =>
        {
            foreach (var member in down)
            {
                s.Cluster.StartEtcd(member);
            }
        });
    }

    private static FaultInAction RefuseWrites(FaultScene s)
    {
        var span = s.BeyondLease();
        if (s.Exceptions.ExcuseTwoWriters)
        {
            s.Exceptions.Excuse(span + Forgotten(s)); // what it forgot it cannot be told again meanwhile
        }

        s.Etcd.RefusesWrites = true;
        s.Matters("etcd refuses writes");
        return new("out of space", span, () => s.Etcd.RefusesWrites = false);
    }

    private static FaultInAction Compact(FaultScene s)
    {
        s.Etcd.Faults.Compact();
        s.Matters("etcd compacted");
        return new("", TimeSpan.Zero);
    }

    private static FaultInAction MakeStale(FaultScene s)
    {
        var member = s.Chance.Below(s.Etcd.Members.Count);
        s.Etcd.Faults.MakeStale(member);
        s.Matters("etcd member stale");
        return new($"{s.Etcd.Members[member]}", s.Chance.Seconds(2, 30), () => s.Etcd.Faults.MakeStale(member, isStale: false));
    }

    private static FaultInAction Wipe(FaultScene s)
    {
        s.Exceptions.Excuse(Forgotten(s));
        s.Etcd.Faults.Wipe(keepsClusterId: s.Chance.Happens(0.3));
        s.Matters("etcd wiped");
        return new("", TimeSpan.Zero);
    }

    private static FaultInAction? RevokeEarly(FaultScene s)
    {
        if (s.Cluster.Leader is null)
        {
            return null;
        }

        s.Exceptions.Excuse(Forgotten(s));
        s.Etcd.Faults.EarlyRevoke(SimCluster.Prefix + "leader");
        s.Matters("lease revoked early");
        return new("the leader's", TimeSpan.Zero);
    }

    private static FaultInAction LoseReply(FaultScene s)
    {
        var node = s.SomeNode();
        var method = s.Chance.OneOf([EtcdMethods.Txn.Path, EtcdMethods.Txn.Path, EtcdMethods.LeaseKeepAlive.Path, EtcdMethods.LeaseGrant.Path, EtcdMethods.Range.Path]);
        s.Etcd.Faults.LoseNextReply(node.Name, method);
        return new($"{node}, {method}", TimeSpan.Zero);
    }

    private static FaultInAction DelayAnswer(FaultScene s)
    {
        var node = s.SomeNode();
        var method = s.Chance.OneOf([EtcdMethods.LeaseKeepAlive.Path, EtcdMethods.LeaseKeepAlive.Path, EtcdMethods.Txn.Path, EtcdMethods.Range.Path]);
        var by = s.Chance.Seconds(0.2, s.Cluster.Plan.RetryTimeout * 2);
        s.Etcd.Faults.DelayNextAnswer(node.Name, method, by);
        s.Matters("answer late");
        return new($"{node}, {method}, by {by.TotalSeconds:0.0} s", TimeSpan.Zero);
    }

    /// <summary>The raft leader is cut off from the other members but not from the agents.</summary>
    private static FaultInAction? Depose(FaultScene s)
    {
        if (s.Etcd.RaftLeader is not { } leader || s.Etcd.Members.Count < 3)
        {
            return null;
        }

        var target = leader.Host;
        foreach (var other in s.Cluster.EtcdHosts)
        {
            if (other != target)
            {
                s.Network.CutBoth(target.Name, other.Name);
            }
        }

        s.Matters("deposed leader answers keepalives");
        return new($"{target}", s.Chance.Seconds(0.5, 30), () =>
        {
            foreach (var other in s.Cluster.EtcdHosts)
            {
                s.Network.Heal(target.Name, other.Name);
                s.Network.Heal(other.Name, target.Name);
            }
        });
    }
}
