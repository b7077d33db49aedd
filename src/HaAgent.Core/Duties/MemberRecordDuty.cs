using HaAgent.Core.Contracts.Records;
using HaAgent.Core.Decision;
using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;

namespace HaAgent.Core.Duties;

/// <summary>Publishes this member: at once when its state changes, positions alone once a cycle.</summary>
internal static class MemberRecordDuty
{
    private static readonly TimeSpan MissingAgain = TimeSpan.FromSeconds(1);

    public static Duty? Due(NodeView v, NodeIdentity identity)
    {
        if (v.Cluster is not { } cluster)
        {
            return null;
        }

        var json = Json(v, identity);
        var missing = cluster.Find(v.Self) is not { } own || (v.HasLease() && v.Memory.LeaseId != 0 && own.LeaseId != v.Memory.LeaseId);

        // The store's client knows best which lease the record is to hang on. Where its view and ours differ for a while (the key is
        // about to move to a new lease), asking it again at once would bring the same answer at once, for ever.
        missing &= v.Memory.MemberWrittenAt is not { } at || v.At >= at + MissingAgain;
        if (json == v.Memory.MemberWritten && !missing)
        {
            return null;
        }

        var news = v.Memory.MemberWritten is not { } before || WithoutPositions(before) != WithoutPositions(json);
        return missing || news || IsTime(v, v.Memory.MemberWrittenAt) ? new Duty.WriteMember(json) : null;
    }

    public static string Json(NodeView v, NodeIdentity identity)
    {
        var state = PublishedState.State(v);
        var fields = new MemberRecordFields
        {
            ConnUrl = identity.ConnUrl,
            ApiUrl = identity.ApiUrl,
            ProxyUrl = identity.ProxyUrl,
            State = state,
            Role = PublishedState.Role(v),
            CheckpointAfterPromoteMissing = v.HasLease()
                && (v.Memory.PromoteCheckpoint != CheckpointState.NotNeeded || v.Memory.PromoteIssued),
            TagsJson = v.Settings.Tags.Json,
            PendingRestart = v.Memory.PendingRestart,
            ScheduledRestart = v.Memory.ScheduledRestart,
            Pause = v.Settings.Pause,
            ShortTtl = v.Memory.ShortTimes.InForce ? v.Settings.Ttl : null,
        };
        return MemberRecordWriter.Write(IsMeasured(v, state) && v.Sql() is { } sql ? Measured(fields, sql) : fields);
    }

    /// <summary>Positions alone are published at each tick, and the first time.</summary>
    public static bool IsTime(NodeView v, Instant? last) => v.IsTick || last is null;

    private static bool IsMeasured(NodeView v, PostgresState state) =>
        state is PostgresState.Running or PostgresState.Restarting or PostgresState.Starting
        && v.Job is null or { Spec: Jobs.JobSpec.Promote };

    private static MemberRecordFields Measured(MemberRecordFields fields, SqlReading.Answered sql) => fields with
    {
        XlogLocation = sql.Position,
        ReplayLsn = sql.InRecovery ? sql.Replayed : Lsn.Unknown,
        ReceiveLsn = sql.InRecovery ? sql.Received : Lsn.Unknown,
        ReplicationState = sql.InRecovery ? sql.ReplicationState : null,
        Timeline = sql.Timeline,
    };

    // Positions change with every write of every client; what else changes is news.
    private static string WithoutPositions(string json) =>
        System.Text.RegularExpressions.Regex.Replace(json, "\"(xlog_location|replay_lsn|receive_lsn)\":[0-9]+,?", "");
}
