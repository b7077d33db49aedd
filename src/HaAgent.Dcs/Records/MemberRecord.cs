using System.Text.Json;
using HaAgent.Core.Contracts.Records;
using HaAgent.Core.Model;
using HaAgent.Core.Snapshot;

namespace HaAgent.Dcs.Records;

/// <summary>A member's record, as any Patroni or we ourselves wrote it.</summary>
internal static class MemberRecord
{
    public static Member Read(NodeName name, StoredKey key)
    {
        var member = new Member
        {
            Name = name,
            LeaseId = key.Lease,
            KeyVersion = new(key.ModRevision),
        };
        if (key.Value.StartsWith("postgres", StringComparison.Ordinal))
        {
            return ReadLegacy(member, key.Value);
        }

        return TolerantJson.Parse(key.Value, JsonValueKind.Object) is { } record
            ? Read(member, record) with { Raw = key.Value }
            : member;
    }

    private static Member Read(Member member, JsonElement record) => member with
    {
        ConnUrl = record.Text("conn_url"),
        ApiUrl = record.Text("api_url"),
        State = record.Text("state") ?? "unknown",
        Role = record.Text("role") is var role && role == "master" ? "primary" : role ?? "",
        Version = record.Text("version"),
        Tags = record.Field("tags") is { } tags ? TagsReader.ReadPublished(tags) : Tags.None,
        Position = record.Lsn("xlog_location"),
        ReceiveLsn = record.Lsn("receive_lsn"),
        ReplayLsn = record.Lsn("replay_lsn"),
        Timeline = TolerantJson.Timeline(record.Field("timeline")),
        ReplicationState = record.Text("replication_state"),
        CheckpointAfterPromote = record.Bool("checkpoint_after_promote"),
        Pause = record.Bool("pause") ?? false,
        PendingRestart = record.Bool("pending_restart") ?? false,
        CanKeepShortTimes = Own(record) is { } own && CanKeepShortTimes(own),
        ShortTtl = TolerantJson.Integer(Own(record)?.Field("ttl")) is { } seconds and > 0 and < int.MaxValue
            ? TimeSpan.FromSeconds(seconds)
            : null,
    };

    /// <summary>What only our own agents write.</summary>
    private static JsonElement? Own(JsonElement record) => record.Structure("haagent", JsonValueKind.Object);

    private static bool CanKeepShortTimes(JsonElement own) =>
        own.Structure("features", JsonValueKind.Array) is { } features
        && features.EnumerateArray().Any(feature => TolerantJson.Text(feature) == MemberRecordWriter.ShortTimesFeature);

    /// <summary>
    /// <c>postgres://host:port/db?application_name=http://host:port/patroni</c>, as the first versions wrote it.
    /// </summary>
    private static Member ReadLegacy(Member member, string url)
    {
        var question = url.IndexOf('?', StringComparison.Ordinal);
        if (question < 0)
        {
            return member with { ConnUrl = url };
        }

        const string ApiUrl = "application_name=";
        var parameter = url[(question + 1)..].Split('&')
            .FirstOrDefault(p => p.StartsWith(ApiUrl, StringComparison.Ordinal));
        return member with
        {
            ConnUrl = url[..question],
            ApiUrl = parameter is null ? null : Uri.UnescapeDataString(parameter[ApiUrl.Length..]),
        };
    }
}
