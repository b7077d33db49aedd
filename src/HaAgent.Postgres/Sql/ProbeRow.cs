using System.Collections.Immutable;
using System.Data.Common;
using System.Globalization;
using System.Text.Json;
using HaAgent.Core.Model;
using HaAgent.Core.Snapshot;

namespace HaAgent.Postgres.Sql;

/// <summary>
/// Turns the row of <see cref="PostgresQueries.Probe"/> into a reading; here positions become <see cref="Lsn"/>.
/// </summary>
internal static class ProbeRow
{
    /// <returns>The reading, <c>server_version_num</c>, and whether a wal receiver told the timeline.</returns>
    public static (SqlReading.Answered Reading, int Version, bool HasReceiver) Read(DbDataReader row, Instant askedAt)
    {
        var inRecovery = row.GetBoolean(0);
        var ofControlFile = Tli(row, 4);
        var timeline = inRecovery
            ? Tli(row, 3) is { IsKnown: true } received ? received : Later(ofControlFile, Tli(row, 5))
            : new(uint.Parse(row.GetString(1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
        var restoreCommand = row.GetString(12);
        var streaming = !row.IsDBNull(11) && row.GetString(11) == "streaming";
        var reading = new SqlReading.Answered
        {
            AskedAt = askedAt,
            InRecovery = inRecovery,
            Timeline = timeline,
            Flushed = Position(row, 2),
            Received = Position(row, 6),
            Replayed = Position(row, 7),
            LatestEnd = Position(row, 8),
            ReplayedAt = Moment(row, 9),
            ReplayPaused = row.GetBoolean(10),
            ReplicationState = !inRecovery
                ? null
                : streaming ? "streaming" : restoreCommand.Length > 0 ? "in archive recovery" : null,
            RestoreCommand = restoreCommand.Length > 0 ? restoreCommand : null,
            PostmasterStartTime = Moment(row, 13),
            CheckpointOnCurrentTimeline = !inRecovery && ofControlFile == timeline,
            WalSenders = Senders(row, 15),
            Slots = Slots(row, 16),
        };
        return (reading, row.GetInt32(14), Tli(row, 3).IsKnown);
    }

    private static ImmutableArray<WalSender> Senders(DbDataReader row, int column) =>
        Rows(row, column, entry => new WalSender(
        entry[0].GetInt32(),
        Text(entry[1]) ?? "",
        Text(entry[2]) ?? "",
        Text(entry[3]),
        Text(entry[4]) ?? "",
        Text(entry[5]) ?? "",
        entry[6].ValueKind == JsonValueKind.Number ? entry[6].GetInt32() : 0,
        Position(entry[7])));

    private static ImmutableArray<SlotReading> Slots(DbDataReader row, int column) =>
        Rows(row, column, entry => new SlotReading(
        Text(entry[0]) ?? "",
        IsPhysical: Text(entry[1]) == "physical",
        Active: entry[2].GetBoolean(),
        Restart: Position(entry[3]),
        ConfirmedFlush: Position(entry[4]),
        HasXmin: entry[5].GetBoolean(),
        Database: Text(entry[6]),
        Plugin: Text(entry[7]),
        IsLost: Text(entry[8]) == "lost"));

    private static ImmutableArray<T> Rows<T>(DbDataReader row, int column, Func<JsonElement, T> read)
    {
        if (row.IsDBNull(column))
        {
            return [];
        }

        using var document = JsonDocument.Parse(row.GetString(column));
        return [.. document.RootElement.EnumerateArray().Select(read)];
    }

    private static string? Text(JsonElement element) =>
        element.ValueKind == JsonValueKind.String ? element.GetString() : null;

    private static Lsn Position(JsonElement element) => Lsn.TryParse(Text(element), out var lsn) ? lsn : Lsn.Unknown;

    private static Lsn Position(DbDataReader row, int column) =>
        !row.IsDBNull(column) && Lsn.TryParse(row.GetString(column), out var lsn) ? lsn : Lsn.Unknown;

    private static Timeline Tli(DbDataReader row, int column) =>
        row.IsDBNull(column) ? Timeline.Unknown : new((uint)row.GetInt32(column));

    private static Timeline Later(Timeline a, Timeline b) => a >= b ? a : b;

    private static DateTimeOffset? Moment(DbDataReader row, int column) =>
        row.IsDBNull(column)
            ? null
            : DateTimeOffset.UnixEpoch.AddTicks((long)(row.GetDouble(column) * TimeSpan.TicksPerSecond));
}
