using System.Collections.Immutable;
using System.Text.Json.Nodes;
using HaAgent.Core.Model;
using HaAgent.Core.Ports;

namespace HaAgent.Core.Contracts.Records;

/// <summary>What a member publishes about itself. A field that is null, empty or unknown is left out.</summary>
public sealed record MemberRecordFields
{
    /// <summary><c>postgres://host:port/database</c>, without credentials.</summary>
    public required string ConnUrl { get; init; }

    /// <summary><c>http://host:port/patroni</c>.</summary>
    public required string ApiUrl { get; init; }
    public required PostgresState State { get; init; }
    public required PostgresRole Role { get; init; }

    /// <summary>Null unless <c>postgresql.proxy_address</c> is set.</summary>
    public string? ProxyUrl { get; init; }

    /// <summary>This node believes it is leader and its checkpoint after promotion is not confirmed; written as <c>false</c>.</summary>
    public bool CheckpointAfterPromoteMissing { get; init; }

    /// <summary>The effective tags, a JSON object; <c>{}</c> for none.</summary>
    public string TagsJson { get; init; } = "{}";
    public ImmutableArray<PendingParameter> PendingRestart { get; init; } = [];

    /// <summary>Primary: flush position. Standby: the furthest of received and replayed.</summary>
    public Lsn XlogLocation { get; init; }
    public Lsn ReplayLsn { get; init; }
    public Lsn ReceiveLsn { get; init; }

    /// <summary><c>streaming</c>, <c>in archive recovery</c> or null.</summary>
    public string? ReplicationState { get; init; }
    public Timeline Timeline { get; init; }
    public Requests.ScheduledRestart? ScheduledRestart { get; init; }
    public bool Pause { get; init; }

    /// <summary>The <c>ttl</c> that this member uses while times below the peers' minimums are in force; else null.</summary>
    public TimeSpan? ShortTtl { get; init; }
}

/// <summary>The value of <c>members/&lt;name&gt;</c>.</summary>
public static class MemberRecordWriter
{
    /// <summary>The feature of a member that can keep times below the peers' minimums.</summary>
    public const string ShortTimesFeature = "short-ttl";

    public static string Write(MemberRecordFields fields)
    {
        var record = new JsonObject
        {
            ["conn_url"] = fields.ConnUrl,
            ["api_url"] = fields.ApiUrl,
            ["state"] = Wire.StateText(fields.State),
            ["role"] = Wire.RoleText(fields.Role),
            ["version"] = ProductVersion.Compatibility,
        };
        if (fields.ProxyUrl is { } proxyUrl)
        {
            record["proxy_url"] = proxyUrl;
        }

        if (fields.CheckpointAfterPromoteMissing)
        {
            record["checkpoint_after_promote"] = false;
        }

        if (JsonNode.Parse(fields.TagsJson) is JsonObject { Count: > 0 } tags)
        {
            record["tags"] = tags;
        }

        AddPendingRestart(record, fields.PendingRestart);
        AddMeasured(record, fields);
        if (fields.ScheduledRestart is { } scheduled && JsonNode.Parse(scheduled.Published) is JsonObject published)
        {
            if (scheduled.PostmasterStart is { } started)
            {
                published["postmaster_start_time"] = IsoTime.TextWithBlank(started);
            }

            record["scheduled_restart"] = published;
        }

        if (fields.Pause)
        {
            record["pause"] = true;
        }

        // Peers ignore what they do not know; our own tools show it.
        record["haagent"] = About(fields);
        return JsonText.Compact(record);
    }

    private static JsonObject About(MemberRecordFields fields)
    {
        var about = new JsonObject
        {
            ["version"] = ProductVersion.Own,
            ["features"] = new JsonArray(ShortTimesFeature),
        };
        if (fields.ShortTtl is { } ttl)
        {
            about["ttl"] = (long)ttl.TotalSeconds;
        }

        return about;
    }

    private static void AddPendingRestart(JsonObject record, ImmutableArray<PendingParameter> pending)
    {
        if (pending.IsDefaultOrEmpty)
        {
            return;
        }

        var reasons = new JsonObject();
        foreach (var parameter in pending)
        {
            reasons[parameter.Name] = new JsonObject
            {
                ["old_value"] = parameter.OldValue,
                ["new_value"] = parameter.NewValue,
            };
        }

        record["pending_restart"] = true;
        record["pending_restart_reason"] = reasons;
    }

    private static void AddMeasured(JsonObject record, MemberRecordFields fields)
    {
        AddKnown(record, "xlog_location", fields.XlogLocation);
        AddKnown(record, "replay_lsn", fields.ReplayLsn);
        AddKnown(record, "receive_lsn", fields.ReceiveLsn);
        if (fields.ReplicationState is { } replicationState)
        {
            record["replication_state"] = replicationState;
        }

        if (fields.Timeline.IsKnown)
        {
            record["timeline"] = fields.Timeline.Value;
        }
    }

    private static void AddKnown(JsonObject record, string name, Lsn position)
    {
        if (position.IsKnown)
        {
            record[name] = position.Value;
        }
    }
}
