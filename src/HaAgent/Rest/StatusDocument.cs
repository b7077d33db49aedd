using System.Text.Json.Nodes;
using HaAgent.Core.Contracts;
using HaAgent.Core.Contracts.Records;
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
        var document = new JsonObject { ["state"] = facts.State };
        AddServer(document, facts);
        if (status.IsPaused)
        {
            document["pause"] = true;
        }

        if (facts.IsUnlocked)
        {
            document["cluster_unlocked"] = true;
        }

        document["dcs_last_seen"] = status.DcsLastSeen?.ToUnixTimeSeconds() ?? 0;
        if (status.Settings.Tags.Json is var tags and not "{}")
        {
            document["tags"] = JsonNode.Parse(tags);
        }

        if (facts.Reading.Directory is DataDirectory.Initialized { SystemIdentifier.Length: > 0 } directory)
        {
            document["database_system_identifier"] = directory.SystemIdentifier;
        }

        AddPendingRestart(document, status);
        AddNames(document, status.Scope, status.Name.Value);
        if (status.ScheduledRestart is { } scheduled)
        {
            document["scheduled_restart"] = JsonNode.Parse(scheduled.Published);
        }

        if (queued > 2)
        {
            document["logger_queue_size"] = queued;
            if (status.LogRecordsLost > 0)
            {
                document["logger_records_lost"] = status.LogRecordsLost;
            }
        }

        document["haagent"] = new JsonObject
        {
            ["version"] = ProductVersion.Own,
            ["rule"] = status.RuleId,
            ["reason"] = status.ReasonText,
        };
        return JsonText.SpacedBytes(document);
    }

    /// <summary>Before the first turn of the loop nothing is known but who this is.</summary>
    public static byte[] RenderUnborn(string scope, string name)
    {
        var document = new JsonObject
        {
            ["state"] = "unknown",
            ["role"] = Wire.RoleText(PostgresRole.Uninitialized),
            ["cluster_unlocked"] = true,
            ["dcs_last_seen"] = 0,
        };
        AddNames(document, scope, name);
        document["haagent"] = new JsonObject { ["version"] = ProductVersion.Own };
        return JsonText.SpacedBytes(document);
    }

    private static void AddServer(JsonObject document, NodeFacts facts)
    {
        if (facts.Sql?.PostmasterStartTime is { } started)
        {
            document["postmaster_start_time"] = IsoTime.TextWithBlank(started);
        }

        document["role"] = facts.Role;
        if (facts.Sql is not { } sql)
        {
            return;
        }

        document["server_version"] = facts.Reading.ServerVersion;
        AddPosition(document, facts, sql);
        if (facts.IsQuorumStandby || facts.IsSyncStandby)
        {
            document[facts.IsQuorumStandby ? "quorum_standby" : "sync_standby"] = true;
        }

        document["timeline"] = sql.Timeline.IsKnown ? sql.Timeline.Value : null;
        if (facts.ReplicationState is { } replicationState)
        {
            document["replication_state"] = replicationState;
        }

        AddWalSenders(document, sql);
    }

    /// <summary>
    /// An unknown position is left out: peers take a node without one for unreachable, never for one at zero (S6).
    /// </summary>
    private static void AddPosition(JsonObject document, NodeFacts facts, SqlReading.Answered sql)
    {
        if (!sql.Position.IsKnown)
        {
            return;
        }

        document["xlog"] = !sql.InRecovery
            ? new JsonObject { ["location"] = sql.Flushed.Value }
            : new JsonObject
            {
                ["received_location"] = facts.Received.Value,
                ["replayed_location"] = facts.Replayed.Value,
                ["replayed_timestamp"] = sql.ReplayedAt is { } at ? IsoTime.TextWithBlank(at) : null,
                ["paused"] = sql.ReplayPaused,
            };
    }

    private static void AddWalSenders(JsonObject document, SqlReading.Answered sql)
    {
        if (sql.WalSenders.IsEmpty)
        {
            return;
        }

        document["replication"] = new JsonArray([.. sql.WalSenders.Select(sender => new JsonObject
        {
            ["usename"] = sender.User,
            ["application_name"] = sender.ApplicationName,
            ["client_addr"] = sender.ClientAddress,
            ["state"] = sender.State,
            ["sync_state"] = sender.SyncState,
            ["sync_priority"] = sender.SyncPriority,
        })]);
    }

    private static void AddPendingRestart(JsonObject document, NodeStatus status)
    {
        if (status.PendingRestart.IsDefaultOrEmpty)
        {
            return;
        }

        var reasons = new JsonObject();
        foreach (var parameter in status.PendingRestart)
        {
            reasons[parameter.Name] = new JsonObject
            {
                ["old_value"] = parameter.OldValue,
                ["new_value"] = parameter.NewValue,
            };
        }

        document["pending_restart"] = true;
        document["pending_restart_reason"] = reasons;
    }

    private static void AddNames(JsonObject document, string scope, string name) =>
        document["patroni"] = new JsonObject
        {
            ["version"] = ProductVersion.Compatibility,
            ["scope"] = scope,
            ["name"] = name,
        };
}
