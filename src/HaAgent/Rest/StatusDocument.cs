using System.Globalization;
using System.Text;
using HaAgent.Core.Contracts;
using HaAgent.Core.Model;
using HaAgent.Core.Snapshot;

namespace HaAgent.Rest;

/// <summary>
/// The node status document: the body of health checks by GET and of <c>GET /patroni</c>, the ballot that peers read.
/// </summary>
internal static class StatusDocument
{
    /// <param name="queued">Log records waiting to be written.</param>
    public static byte[] Render(NodeFacts facts, int queued)
    {
        var status = facts.Status;
        var json = new SpacedJson().BeginObject();
        json.Name("state").Value(facts.State);
        WriteServer(json, facts);
        if (status.IsPaused)
        {
            json.Name("pause").Value(true);
        }

        if (facts.IsUnlocked)
        {
            json.Name("cluster_unlocked").Value(true);
        }

        json.Name("dcs_last_seen").Value(status.DcsLastSeen?.ToUnixTimeSeconds() ?? 0);
        if (status.Settings.Tags.Json is var tags and not "{}")
        {
            json.Name("tags").Raw(Spaced(tags));
        }

        if (facts.Reading.Directory is DataDirectory.Initialized { SystemIdentifier.Length: > 0 } directory)
        {
            json.Name("database_system_identifier").Value(directory.SystemIdentifier);
        }

        WritePendingRestart(json, status);
        WriteNames(json, status.Scope, status.Name.Value);
        if (queued > 2)
        {
            json.Name("logger_queue_size").Value(queued);
            if (status.LogRecordsLost > 0)
            {
                json.Name("logger_records_lost").Value(status.LogRecordsLost);
            }
        }

        json.Name("haagent").BeginObject().Name("version").Value(ProductVersion.Own);
        json.Name("rule").Value(status.RuleId).Name("reason").Value(status.ReasonText).EndObject();
        return json.EndObject().ToArray();
    }

    /// <summary>Before the first turn of the loop nothing is known but who this is.</summary>
    public static byte[] RenderUnborn(string scope, string name)
    {
        var json = new SpacedJson().BeginObject();
        json.Name("state").Value("unknown").Name("role").Value(Wire.RoleText(PostgresRole.Uninitialized));
        json.Name("cluster_unlocked").Value(true).Name("dcs_last_seen").Value(0);
        WriteNames(json, scope, name);
        json.Name("haagent").BeginObject().Name("version").Value(ProductVersion.Own).EndObject();
        return json.EndObject().ToArray();
    }

    /// <summary><c>2026-01-31 12:00:00.123456+00:00</c>; no fraction when there is none.</summary>
    public static string Timestamp(DateTimeOffset at) =>
        at.ToString(at.Ticks % TimeSpan.TicksPerSecond < TimeSpan.TicksPerMicrosecond
            ? "yyyy-MM-dd HH:mm:sszzz"
            : "yyyy-MM-dd HH:mm:ss.ffffffzzz", CultureInfo.InvariantCulture);

    private static void WriteServer(SpacedJson json, NodeFacts facts)
    {
        if (facts.Sql?.PostmasterStartTime is { } started)
        {
            json.Name("postmaster_start_time").Value(Timestamp(started));
        }

        json.Name("role").Value(facts.Role);
        if (facts.Sql is not { } sql)
        {
            return;
        }

        json.Name("server_version").Value(facts.Reading.ServerVersion);
        WritePosition(json, facts, sql);
        if (facts.IsQuorumStandby || facts.IsSyncStandby)
        {
            json.Name(facts.IsQuorumStandby ? "quorum_standby" : "sync_standby").Value(true);
        }

        json.Name("timeline");
        if (sql.Timeline.IsKnown)
        {
            json.Value(sql.Timeline.Value);
        }
        else
        {
            json.Value((string?)null);
        }

        if (facts.ReplicationState is { } replicationState)
        {
            json.Name("replication_state").Value(replicationState);
        }

        WriteWalSenders(json, sql);
    }

    /// <summary>
    /// An unknown position is left out: peers take a node without one for unreachable, never for one at zero (S6).
    /// </summary>
    private static void WritePosition(SpacedJson json, NodeFacts facts, SqlReading.Answered sql)
    {
        if (!sql.Position.IsKnown)
        {
            return;
        }

        json.Name("xlog").BeginObject();
        if (!sql.InRecovery)
        {
            json.Name("location").Value(sql.Flushed.Value).EndObject();
            return;
        }

        json.Name("received_location").Value(facts.Received.Value);
        json.Name("replayed_location").Value(facts.Replayed.Value);
        json.Name("replayed_timestamp").Value(sql.ReplayedAt is { } at ? Timestamp(at) : null);
        json.Name("paused").Value(sql.ReplayPaused).EndObject();
    }

    private static void WriteWalSenders(SpacedJson json, SqlReading.Answered sql)
    {
        if (sql.WalSenders.IsEmpty)
        {
            return;
        }

        json.Name("replication").BeginArray();
        foreach (var sender in sql.WalSenders)
        {
            json.BeginObject();
            json.Name("usename").Value(sender.User).Name("application_name").Value(sender.ApplicationName);
            json.Name("client_addr").Value(sender.ClientAddress).Name("state").Value(sender.State);
            json.Name("sync_state").Value(sender.SyncState).Name("sync_priority").Value(sender.SyncPriority);
            json.EndObject();
        }

        json.EndArray();
    }

    private static void WritePendingRestart(SpacedJson json, NodeStatus status)
    {
        if (status.PendingRestart.IsDefaultOrEmpty)
        {
            return;
        }

        json.Name("pending_restart").Value(true).Name("pending_restart_reason").BeginObject();
        foreach (var parameter in status.PendingRestart)
        {
            json.Name(parameter.Name).BeginObject();
            json.Name("old_value").Value(parameter.OldValue).Name("new_value").Value(parameter.NewValue).EndObject();
        }

        json.EndObject();
    }

    private static void WriteNames(SpacedJson json, string scope, string name)
    {
        json.Name("patroni").BeginObject().Name("version").Value(ProductVersion.Compatibility);
        json.Name("scope").Value(scope).Name("name").Value(name).EndObject();
    }

    private static byte[] Spaced(string text)
    {
        using var document = System.Text.Json.JsonDocument.Parse(Encoding.UTF8.GetBytes(text));
        return SpacedJson.Render(document.RootElement);
    }
}
