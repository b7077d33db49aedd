using System.Globalization;
using System.Text.Json;
using HaAgent.Core.Model;
using HaAgent.Core.Snapshot;

namespace HaAgent.Dcs.Records;

/// <summary>The <c>failover</c> key: an operator's request.</summary>
internal static class FailoverRecord
{
    public static FailoverRequest Read(StoredKey key)
    {
        var version = new DcsVersion(key.ModRevision);
        if (TolerantJson.Parse(key.Value, JsonValueKind.Object) is { } record)
        {
            return new(
                Leader: new(record.Text("leader") ?? ""),
                Candidate: new(record.Text("member") ?? ""),
                ScheduledAt: Time(record.Text("scheduled_at")),
                version);
        }

        // "leader:candidate", as the first versions wrote it; any other JSON holds no request.
        var parts = key.Value.Split(':', 2, StringSplitOptions.TrimEntries);
        return parts.Length == 2 && !LooksLikeJson(key.Value)
            ? new(new(parts[0]), new(parts[1]), null, version)
            : FailoverRequest.None with { Version = version };
    }

    private static bool LooksLikeJson(string value) => value.TrimStart() is ['{' or '[' or '"', ..];

    private static DateTimeOffset? Time(string? text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? at : null;
}
