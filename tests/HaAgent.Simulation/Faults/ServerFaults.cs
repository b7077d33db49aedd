using System.Collections.Immutable;
using HaAgent.Simulation.Postgres;

namespace HaAgent.Simulation.Faults;

/// <summary>PostgreSQL and its disk.</summary>
internal static class ServerFaults
{
    public static readonly ImmutableArray<FaultKind> All =
    [
        new("postgres killed", 6, Kill),
        new("postgres hangs", 5, s => Hang(s, "postgres hangs", HangKind.Everything)),
        new("postmaster hangs, old backends live", 7, s => Hang(s, "postmaster hangs, old backends live", HangKind.PostmasterOnly)),
        new("disk hangs", 5, s => Hang(s, "disk hangs", HangKind.Disk)),
        new("disk full", 5, FillDisk),
        new("slow stop", 4, SlowStop),
        new("slow crash recovery", 6, SlowRecovery),
        new("slow promotion", 7, SlowPromotion),
        new("base backup fails", 4, FailBackup),
        new("directory gone", 5, Unmount),
    ];

    private static FaultInAction? Kill(FaultScene s)
    {
        var node = s.SomeNode();
        if (!node.Server.AnyProcess)
        {
            return null;
        }

        var leads = s.IsLeader(node);
        node.Server.Kill();
        if (leads)
        {
            s.Matters("postgres killed");
        }

        return new($"{node}", TimeSpan.Zero);
    }

    private static FaultInAction? Hang(FaultScene s, string name, HangKind kind)
    {
        var node = s.SomeNode();
        if (!node.Server.AnyProcess)
        {
            return null;
        }

        node.Server.Hang(kind);
        if (s.IsLeader(node))
        {
            s.Matters(name);
        }

        return new($"{node}", s.BeyondLease(), node.Server.Resume);
    }

    private static FaultInAction FillDisk(FaultScene s)
    {
        var node = s.SomeNode();
        node.Server.DiskFull(true);
        if (s.IsLeader(node))
        {
            s.Matters("disk full");
        }

        return new($"{node}", s.Chance.Seconds(5, 40), () => node.Server.DiskFull(false));
    }

    /// <summary>A shutdown checkpoint that takes its time, when the stop comes: now.</summary>
    private static FaultInAction? SlowStop(FaultScene s)
    {
        if (s.Cluster.LeaderNode is not { } leader)
        {
            return null;
        }

        var takes = s.Chance.Seconds(1, s.Cluster.Plan.Ttl * 1.5);
        leader.Server.Faults.SlowNextStop(takes);
        s.Cluster.Switchover(leader, candidate: null);
        s.Matters("slow stop");
        return new($"{leader}, {takes.TotalSeconds:0.0} s, in a switchover", TimeSpan.Zero);
    }

    private static FaultInAction? SlowRecovery(FaultScene s)
    {
        var node = s.SomeNode();
        if (!node.Server.AnyProcess)
        {
            return null;
        }

        var takes = s.Chance.Seconds(1, 40);
        node.Server.Faults.SlowNextRecovery(takes);
        if (s.IsLeader(node))
        {
            s.Matters("slow crash recovery");
        }

        node.Server.Kill();
        return new($"{node}, {takes.TotalSeconds:0.0} s", TimeSpan.Zero);
    }

    /// <summary>The leader goes, and whoever is promoted takes longer than a lease.</summary>
    private static FaultInAction? SlowPromotion(FaultScene s)
    {
        if (s.Cluster.LeaderNode is not { } leader)
        {
            return null;
        }

        var takes = s.Chance.Seconds(1, s.Cluster.Plan.Ttl + 15);
        foreach (var node in s.Cluster.Nodes)
        {
            if (node != leader)
            {
                node.Server.Faults.SlowNextPromote(takes);
            }
        }

        if (s.Chance.Happens(0.5))
        {
            s.Cluster.Switchover(leader, candidate: null);
        }
        else
        {
            leader.Agent?.RequestShutdown();
        }

        s.Matters("slow promotion");
        return new($"after {leader}, {takes.TotalSeconds:0.0} s", TimeSpan.Zero);
    }

    private static FaultInAction? FailBackup(FaultScene s)
    {
        if (s.Cluster.LeaderNode is not { } leader || s.OtherThan(leader) is not { Server.Tool: null } node)
        {
            return null;
        }

        node.Server.Faults.FailNextBackup = true;
        node.LoseDirectory();
        s.Matters("base backup fails");
        return new($"{node}, whose data directory is lost", TimeSpan.Zero);
    }

    private static FaultInAction? Unmount(FaultScene s)
    {
        var node = s.SomeNode();
        if (s.IsLeader(node))
        {
            s.Matters("directory gone");
        }

        node.Server.UnmountDirectory(unreadable: s.Chance.Happens(0.5));
        return new($"{node}", s.Chance.Seconds(2, 30), node.Server.MountDirectory);
    }
}
