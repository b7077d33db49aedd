using System.Globalization;
using HaAgent.Simulation.Kernel;

namespace HaAgent.Simulation.Cluster;

/// <summary>What a run's cluster is made of. All of it follows from the seed.</summary>
internal sealed record ClusterPlan
{
    public int Servers { get; init; } = 3;
    public int EtcdMembers { get; init; } = 3;

    /// <summary>
    /// An etcd before 3.5.13: a leader of its that was held up and deposed goes on confirming keepalives when it is back, and ends leases
    /// that others have prolonged.
    /// </summary>
    public bool OldEtcd { get; init; }

    /// <summary>etcd runs on hosts of its own; else beside the databases, as far as there are enough of them.</summary>
    public bool EtcdApart { get; init; } = true;
    public int Ttl { get; init; } = 30;
    public int LoopWait { get; init; } = 10;
    public int RetryTimeout { get; init; } = 10;
    public bool UsePgRewind { get; init; } = true;

    /// <summary>Replace what cannot be rewound by a new copy.</summary>
    public bool MayDiscard { get; init; } = true;

    /// <summary>Seconds; 0 fails over at once when PostgreSQL crashes.</summary>
    public int PrimaryStartTimeout { get; init; } = 300;
    public bool CheckTimeline { get; init; }

    /// <summary>maximum_lag_on_failover, bytes.</summary>
    public long MaximumLag { get; init; } = 1048576;

    /// <summary>Longest difference of a database host's clock rate from etcd's, as a fraction.</summary>
    public double Drift { get; init; } = 0.00099;

    public static ClusterPlan Of(ulong seed)
    {
        var chance = Chance.Of(seed, "plan");
        var servers = chance.OneOf([2, 3, 3, 3, 3, 5]);
        var (ttl, loopWait, retryTimeout) = chance.OneOf<(int, int, int)>([(30, 10, 10), (30, 10, 10), (20, 5, 5), (20, 10, 5), (20, 1, 3), (40, 10, 15)]);
        return new()
        {
            Servers = servers,
            EtcdMembers = chance.OneOf([3, 3, 3, 5, 1]),
            EtcdApart = chance.Happens(0.5),
            Ttl = ttl,
            LoopWait = loopWait,
            RetryTimeout = retryTimeout,
            UsePgRewind = chance.Happens(0.85),
            MayDiscard = true,
            PrimaryStartTimeout = chance.OneOf([300, 300, 300, 0, 20]),
            CheckTimeline = chance.Happens(0.2),
            OldEtcd = chance.Happens(0.25),
            MaximumLag = chance.OneOf<long>([1048576, 1048576, 8192]), // a history writes a few hundred kB
        };
    }

    /// <summary>The document that a founder writes to <c>/config</c>.</summary>
    public string Config(bool pause = false) => string.Create(CultureInfo.InvariantCulture, $$$"""
        {"ttl":{{{Ttl}}},"loop_wait":{{{LoopWait}}},"retry_timeout":{{{RetryTimeout}}},"maximum_lag_on_failover":{{{MaximumLag}}},
        "primary_start_timeout":{{{PrimaryStartTimeout}}},"check_timeline":{{{(CheckTimeline ? "true" : "false")}}},{{{(pause ? "\"pause\":true," : "")}}}
        "postgresql":{"use_pg_rewind":{{{(UsePgRewind ? "true" : "false")}}},"use_slots":true,
        "remove_data_directory_on_rewind_failure":{{{(MayDiscard ? "true" : "false")}}},
        "remove_data_directory_on_diverged_timelines":{{{(MayDiscard ? "true" : "false")}}}}}
        """).ReplaceLineEndings("");

    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{Servers} servers, {EtcdMembers} {(OldEtcd ? "old " : "")}etcd members {(EtcdApart ? "apart" : "beside them")}, ttl {Ttl}, loop_wait {LoopWait}, "
        + $"retry_timeout {RetryTimeout}, pg_rewind {UsePgRewind}, primary_start_timeout {PrimaryStartTimeout}, check_timeline {CheckTimeline}, maximum_lag {MaximumLag}");
}
