using HaAgent.Core.Authority;
using HaAgent.Core.Jobs;
using HaAgent.Core.Model;
using HaAgent.Core.Snapshot;

namespace HaAgent.Core.Decision;

/// <summary>The questions that rows ask, each with one answer.</summary>
internal static class NodeFacts
{
    /// <summary>How long a guard may be missing; on a starved machine a start takes seconds.</summary>
    public static readonly TimeSpan GuardPatience = TimeSpan.FromSeconds(20);

    public static bool Paused(this NodeView v) => v.Settings.Pause;

    public static bool StoreIsSilent(this NodeView v) => v.Dcs is DcsReading.Silent;

    public static bool HasKey(this NodeView v) => v.Cluster is { Leader: { } leader } && leader.Name == v.Self;

    public static bool LeaderIsAnother(this NodeView v) => v.Cluster is { Leader: { } leader } && leader.Name != v.Self;

    public static bool Unlocked(this NodeView v) => v.Cluster is { Leader: null };

    public static NodeName LeaderName(this NodeView v) => v.Cluster?.LeaderName ?? NodeName.Nobody;

    public static bool HasLease(this NodeView v) => v.Memory.Authority is NodeAuthority.Lease lease && !lease.HasRunOut(v.At) && !v.Guard.Fired;

    public static bool Running(this NodeView v) => v.Postgres.IsRunning;

    public static SqlReading.Answered? Sql(this NodeView v) => v.Running() ? v.Postgres.Sql as SqlReading.Answered : null;

    public static DataDirectory.Initialized? Directory(this NodeView v) => v.Postgres.Directory as DataDirectory.Initialized;

    /// <summary>Running, and known not to be in recovery; or not to be asked just now, and known to have been primary.</summary>
    public static bool IsPrimary(this NodeView v) =>
        v.Running() && (v.Sql() is { } sql ? !sql.InRecovery : v.Memory.LocalRole == LocalRole.Primary);

    public static bool IsReplica(this NodeView v) => v.Sql() is { InRecovery: true };

    /// <summary>
    /// A server that accepts writes now, or may come to do so without being told again. What is not known counts as
    /// writable (S6). A server whose control file says "shut down" only lingers.
    /// </summary>
    public static bool MayBeWritable(this NodeView v)
    {
        if (!v.Running() || v.Lingers())
        {
            return false;
        }

        return v.Sql() is { InRecovery: false }
            || v.Memory.LocalRole == LocalRole.Primary
            || v.Memory.MayBePromoting
            || (v.Memory.LocalRole == LocalRole.Unknown && v.Sql() is null && !v.IsBeingStartedAsReplica()
                && v.Directory() is not { HasStandbySignal: true });
    }

    /// <summary>The very server that was stopped for a hand-over, whose control file says "shut down", is not gone yet.</summary>
    public static bool Lingers(this NodeView v) =>
        v.Memory.HandOver is { DownAt: { } downAt } && v.Postgres.Process is ServerProcess.Running { Since: var since } && since < downAt;

    /// <summary>This agent wrote the signal file and is starting the server with it; the reading of the directory may be older.</summary>
    private static bool IsBeingStartedAsReplica(this NodeView v) => v.Job is { Spec: JobSpec.StartReplica or JobSpec.BaseBackup };

    /// <summary>No server runs here, and nothing is under way that could bring one up.</summary>
    public static bool NothingComesUp(this NodeView v) => !v.Running() && v.Job is null && !v.Memory.Fencing;

    /// <summary>
    /// What may be started as primary again: the data directory that the server ran from. The reading of what lies there may be older
    /// than the server's end, for a mount can do both at once.
    /// </summary>
    public static FileIdentity LedFrom(this NodeView v) =>
        v.Memory.Served.Directory.IsKnown ? v.Memory.Served.Directory : v.Directory()?.Identity ?? default;

    /// <summary>The label of a start that ends a restart; null: it is of its own.</summary>
    public static string? RestartLabel(this NodeView v) => v.Memory.Restart is null ? null : Jobs.JobSpec.Restart;

    /// <summary>How long a start as primary, or one that ends a restart, may take.</summary>
    public static TimeSpan StartTimeout(this NodeView v) =>
        v.Memory.Restart?.Timeout is { } asked ? asked
        : v.Settings.PrimaryStartTimeout > TimeSpan.Zero ? v.Settings.PrimaryStartTimeout : v.Settings.PgCtlTimeout;

    /// <summary>What lies here is a server of this cluster, whole, and of a history that may be continued as it is.</summary>
    public static bool MayBeStarted(this NodeView v) =>
        v.Directory() is { Damaged: false, Unfinished: false } && !v.Memory.DirectoryReplaced && !v.HasLeftHistory() && !GateRules.IsForeignCluster(v);

    /// <summary>A time of the wall clock as an instant of this view.</summary>
    public static Instant InstantOf(this NodeView v, DateTimeOffset at) => v.At + (at - v.Utc);

    /// <summary>How late what is scheduled may begin.</summary>
    public static TimeSpan ScheduleSlack(this NodeView v) => v.Settings.LoopWait * 1.5;

    /// <summary>For so long that starting one is known to fail.</summary>
    public static bool GuardIsGone(this NodeView v) => v.Guard.MissingSince is { } since && v.At >= since + GuardPatience;

    public static bool RenewalDue(this NodeView v) => v.At >= v.Memory.RenewAt;

    public static Lsn Position(this NodeView v) => v.Sql()?.Position ?? Lsn.Unknown;

    public static Timeline Timeline(this NodeView v) => v.Sql()?.Timeline ?? Model.Timeline.Unknown;

    /// <summary>An unscheduled request that this version can act on.</summary>
    public static FailoverRequest? Request(this NodeView v) =>
        v.Cluster is { Failover: { IsPresent: true, IsScheduled: false } request } ? request : null;

    public static bool RequestNamesMe(this NodeView v) => v.Request() is { } request && request.Candidate == v.Self;

    /// <summary>The leader as somebody to connect to; null when it publishes no address.</summary>
    public static Ports.Upstream? LeaderUpstream(this NodeView v) =>
        v.LeaderIsAnother() && v.Cluster?.LeaderMember is { ConnUrl: { } url } member ? new(member.Name, url) : null;

    /// <summary>Whom a replica is to stream from, by its tags and by who leads; null: nobody.</summary>
    public static Ports.Upstream? Upstream(this NodeView v)
    {
        var tags = v.Settings.Tags;
        if (tags.NoStream || v.Cluster is not { } cluster)
        {
            return null;
        }

        if (!tags.ReplicateFrom.IsNobody && tags.ReplicateFrom != v.Self && cluster.Find(tags.ReplicateFrom) is { ConnUrl: { } url } source)
        {
            return new(source.Name, url);
        }

        return v.LeaderUpstream();
    }

    /// <summary>The leader as a running primary that tells so itself: what a destructive repair needs (S5).</summary>
    public static bool LeaderIsRunningPrimary(this NodeView v) =>
        v.LeaderIsAnother() && v.Cluster?.LeaderMember is { IsRunning: true, IsPrimaryByRole: true, ConnUrl: not null };

    public static bool MayBecomeLeader(this NodeView v) =>
        !v.Settings.Tags.NoFailover && !v.Settings.Unsupported.Any(setting => setting.EndangersCommits);

    /// <summary>The local history is known to have left the cluster's: leading with it would lose what the others have.</summary>
    public static bool HasLeftHistory(this NodeView v) => v.Memory.Rewind is RewindState.Needed or RewindState.Failed;

    public static bool IsStartingUp(this NodeView v) => v.Running() && v.Postgres.Sql is SqlReading.Rejecting;

    /// <summary>It is coming up as a standby, and cannot come up as anything else.</summary>
    public static bool IsStartingStandby(this NodeView v) =>
        v.IsStartingUp() && v.Memory is { LocalRole: not LocalRole.Primary, MayBePromoting: false } && v.Directory() is { HasStandbySignal: true };

    public static bool BackingOff(this NodeView v, Instant? failedAt) =>
        failedAt is { } at && v.At < at + v.Settings.LoopWait;
}
