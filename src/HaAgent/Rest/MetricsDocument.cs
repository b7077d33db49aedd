using System.Globalization;
using System.Text;
using HaAgent.Core.Contracts;
using HaAgent.Core.Model;
using HaAgent.Core.Snapshot;

namespace HaAgent.Rest;

/// <summary><c>GET /metrics</c> in Prometheus' text format: the peer's metrics in its order, then our own.</summary>
internal static class MetricsDocument
{
    /// <param name="facts">Null before the first turn of the loop.</param>
    public static string Render(NodeFacts? facts, string scope, string name, long recordsLost)
    {
        var metrics = new MetricsText(scope, name);
        metrics.Gauge("patroni_version", "Version of the emulated Patroni as one number.", PaddedVersion());
        WriteServer(metrics, facts);
        WriteCluster(metrics, facts);
        var tags = facts?.Status.Settings.Tags ?? Tags.None;
        metrics.Gauge("patroni_failover_priority", "Failover priority of this node, 0 if it must not lead.",
            tags.NoFailover ? "0" : tags.FailoverPriority.ToString(CultureInfo.InvariantCulture));
        var delays = facts?.Status.RenewalDelays ?? DelayHistogram.Empty;
        metrics.Gauge("haagent_lease_stall_seconds", "How late a due renewal of the lease was sent, at worst.", Number(delays.Worst));
        metrics.Histogram("haagent_lease_renewal_delay_seconds", "How late due renewals of the lease were sent.", delays);
        metrics.Histogram("haagent_lease_renewal_answer_seconds",
            "How long after a renewal of the lease was sent the agent knew what came of it.",
            facts?.Status.RenewalAnswers ?? DelayHistogram.Empty);
        metrics.Counter("haagent_log_records_lost_total", "Log records dropped because the log could not be written in time.",
            recordsLost.ToString(CultureInfo.InvariantCulture));
        return metrics.ToString();
    }

    private static void WriteServer(MetricsText metrics, NodeFacts? facts)
    {
        var sql = facts?.Sql;
        var standby = sql is { InRecovery: true } ? sql : null;
        var role = facts?.Role ?? "";
        metrics.Flag("patroni_postgres_running", "1 if PostgreSQL runs and answers.", facts?.State == "running");
        metrics.Gauge("patroni_postmaster_start_time", "Start of the postmaster, seconds since the epoch.",
            Seconds(sql?.PostmasterStartTime));
        metrics.Flag("patroni_primary", "1 if PostgreSQL is the primary.", role == "primary");
        metrics.Counter("patroni_xlog_location", "Flushed WAL position of the primary, 0 on a replica.",
            Number(sql is { InRecovery: false } ? sql.Flushed : Lsn.Unknown));
        metrics.Flag("patroni_standby_leader", "1 if this node leads a standby cluster.", role == "standby_leader");
        metrics.Flag("patroni_replica", "1 if PostgreSQL is a replica.", role == "replica");
        metrics.Flag("patroni_sync_standby", "1 if this node is a synchronous standby.", facts?.IsSyncStandby == true);
        metrics.Flag("patroni_quorum_standby", "1 if this node is a quorum standby.", facts?.IsQuorumStandby == true);
        metrics.Counter("patroni_xlog_received_location", "Received WAL position of a replica.",
            Number(facts?.Received ?? default));
        metrics.Counter("patroni_xlog_replayed_location", "Replayed WAL position of a replica.",
            Number(facts?.Replayed ?? default));
        metrics.Gauge("patroni_xlog_replayed_timestamp", "Commit time of the last replayed transaction.",
            Seconds(standby?.ReplayedAt));
        metrics.Flag("patroni_xlog_paused", "1 if replay is paused.", standby?.ReplayPaused == true);
        if (sql is not null && facts?.Reading.ServerVersion >= 90600)
        {
            metrics.Flag("patroni_postgres_streaming", "1 if the replica streams.",
                facts.ReplicationState == "streaming");
            metrics.Flag("patroni_postgres_in_archive_recovery", "1 if the replica recovers from the archive.",
                facts.ReplicationState == "in archive recovery");
        }

        metrics.Gauge("patroni_postgres_server_version", "Version of PostgreSQL as a number.",
            (sql is null ? 0 : facts!.Reading.ServerVersion).ToString(CultureInfo.InvariantCulture)); // an answer implies facts
    }

    private static void WriteCluster(MetricsText metrics, NodeFacts? facts)
    {
        var status = facts?.Status;
        metrics.Flag("patroni_cluster_unlocked", "1 if nobody holds the leader key, or the store is not known.",
            facts?.IsUnlocked ?? true);
        metrics.Flag("patroni_failsafe_mode_is_active", "1 if failsafe mode is active.", false);
        metrics.Flag("patroni_failsafe_mode_enabled", "1 if failsafe mode is enabled.", facts?.Modes.Failsafe == true);
        metrics.Flag("patroni_failsafe_member", "1 if this node is listed in the failsafe key.",
            status?.Cluster?.Failsafe?.ContainsKey(status.Name.Value) == true);
        metrics.Gauge("patroni_postgres_timeline", "Timeline of PostgreSQL.",
            (facts?.Sql?.Timeline.Value ?? 0).ToString(CultureInfo.InvariantCulture));
        metrics.Gauge("patroni_dcs_last_seen", "Last full read of the store, seconds since the epoch.",
            (status?.DcsLastSeen?.ToUnixTimeSeconds() ?? 0).ToString(CultureInfo.InvariantCulture));
        metrics.Flag("patroni_pending_restart", "1 if PostgreSQL must be restarted.",
            status?.PendingRestart.IsDefaultOrEmpty == false);
        metrics.Flag("patroni_is_paused", "1 if the cluster is paused.", status?.IsPaused == true);
        var isUnknown = facts is null || facts.State == "unknown";
        metrics.Gauge("patroni_postgres_state", "State of PostgreSQL as a number.",
            (isUnknown ? -1 : (int)facts!.Status.State).ToString(CultureInfo.InvariantCulture), StateValues); // checked the line above
    }

    private const string StateValues =
        "Values: 0=initdb, 1=initdb_failed, 2=custom_bootstrap, 3=custom_bootstrap_failed, 4=creating_replica, 5=running, "
        + "6=starting, 7=bootstrap_starting, 8=start_failed, 9=restarting, 10=restart_failed, 11=stopping, 12=stopped, "
        + "13=stop_failed, 14=crashed";

    private static string PaddedVersion() =>
        string.Concat(ProductVersion.Compatibility.Split('.').Select(part => part.PadLeft(2, '0')));

    private static string Number(long count) => count.ToString(CultureInfo.InvariantCulture);

    private static string Number(Lsn lsn) => lsn.Value.ToString(CultureInfo.InvariantCulture);

    private static string Number(TimeSpan span) => span.TotalSeconds.ToString("0.#######", CultureInfo.InvariantCulture);

    private static string Seconds(DateTimeOffset? at) => at is { } time
        ? ((decimal)(time - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerSecond).ToString("0.######", CultureInfo.InvariantCulture)
        : "0";

    private sealed class MetricsText(string scope, string name)
    {
        private readonly StringBuilder _text = new(8192);
        private readonly string _labels = $"scope=\"{Escaped(scope)}\",name=\"{Escaped(name)}\"";

        public void Flag(string metric, string help, bool value) => Gauge(metric, help, value ? "1" : "0");

        public void Gauge(string metric, string help, string value, string? comment = null) =>
            Add(metric, "gauge", help, value, comment);

        public void Counter(string metric, string help, string value) => Add(metric, "counter", help, value, null);

        /// <summary>Prometheus counts in each class whatever is in the classes below it.</summary>
        public void Histogram(string metric, string help, DelayHistogram delays)
        {
            Describe(metric, "histogram", help, null);
            for (var bound = 0; bound < DelayHistogram.Bounds.Length; bound++)
            {
                Sample(metric + "_bucket", Number(delays.CountUpTo(bound)), Number(DelayHistogram.Bounds[bound]));
            }

            Sample(metric + "_bucket", Number(delays.Count), "+Inf");
            Sample(metric + "_sum", Number(delays.Sum));
            Sample(metric + "_count", Number(delays.Count));
        }

        public override string ToString() => _text.ToString();

        private void Add(string metric, string type, string help, string value, string? comment)
        {
            Describe(metric, type, help, comment);
            Sample(metric, value);
        }

        private void Describe(string metric, string type, string help, string? comment)
        {
            _text.Append("# HELP ").Append(metric).Append(' ').Append(help).Append('\n');
            if (comment is not null)
            {
                _text.Append("# ").Append(comment).Append('\n');
            }

            _text.Append("# TYPE ").Append(metric).Append(' ').Append(type).Append('\n');
        }

        private void Sample(string metric, string value, string? upTo = null)
        {
            _text.Append(metric).Append('{').Append(_labels);
            if (upTo is not null)
            {
                _text.Append(",le=\"").Append(upTo).Append('"');
            }

            _text.Append("} ").Append(value).Append('\n');
        }

        private static string Escaped(string label) =>
            label.Replace("\\", "\\\\", StringComparison.Ordinal)
                .Replace("\"", "\\\"", StringComparison.Ordinal)
                .Replace("\n", "\\n", StringComparison.Ordinal);
    }
}
