using System.Collections.Immutable;
using System.Text.Json;
using HaAgent.Core.Model;
using HaAgent.Core.Snapshot;

namespace HaAgent.Dcs.Records;

/// <summary>The <c>history</c> key: lines of three, four or five elements.</summary>
internal static class HistoryRecord
{
    /// <remarks>
    /// What cannot be read is a line of unknown timeline: the cluster's timeline is then unknown too, which is not the
    /// same as there being no history.
    /// </remarks>
    public static ImmutableArray<HistoryLine> Read(StoredKey key) =>
        TolerantJson.Parse(key.Value, JsonValueKind.Array) is { } lines
            ? [.. lines.EnumerateArray().Select(Line)]
            : [Unreadable];

    private static readonly HistoryLine Unreadable = new(Timeline.Unknown, Lsn.Unknown, "", null, null);

    private static HistoryLine Line(JsonElement line)
    {
        if (line.ValueKind != JsonValueKind.Array || line.GetArrayLength() < 3)
        {
            return Unreadable;
        }

        return new(
            TolerantJson.Timeline(line[0]),
            TolerantJson.Lsn(line[1]),
            TolerantJson.Text(line[2]) ?? "",
            line.GetArrayLength() > 3 ? TolerantJson.Text(line[3]) : null,
            line.GetArrayLength() > 4 ? TolerantJson.Text(line[4]) : null);
    }
}
