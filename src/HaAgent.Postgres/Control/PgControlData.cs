using System.Globalization;
using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;

namespace HaAgent.Postgres.Control;

/// <summary>
/// The rest of the control file, as <c>pg_controldata</c> prints it, and the records around the shutdown checkpoint.
/// </summary>
internal sealed class PgControlData(
    ProcessRunner runner, Func<PostgresEffectiveConfiguration> configuration, string dataDirectory)
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    /// <summary>Name to value; empty when it could not be read.</summary>
    public async Task<IReadOnlyDictionary<string, string>> ReadAsync(CancellationToken stop)
    {
        var command = new Command(configuration().Tool("pg_controldata"), ["--pgdata", dataDirectory]);
        var result = await runner.RunAsync(command, Timeout, stop).ConfigureAwait(false);
        return result.Succeeded ? Parse(result.Output) : new Dictionary<string, string>();
    }

    /// <summary>Null when the control file cannot be read.</summary>
    public async Task<ControlFacts?> FactsAsync(CancellationToken stop)
    {
        PgControlFile file;
        try
        {
            file = PgControlFile.Read(dataDirectory);
        }
        catch (IOException)
        {
            return null;
        }
        catch (UnauthorizedAccessException)
        {
            return null;
        }

        var values = await ReadAsync(stop).ConfigureAwait(false);
        if (values.Count == 0)
        {
            return null;
        }

        var (finalPosition, end) = file.State == ControlState.ShutDown
            ? await AroundShutdownAsync(file.Checkpoint, stop).ConfigureAwait(false)
            : (Lsn.Unknown, Lsn.Unknown);
        return new(
            file.SystemIdentifier,
            file.State,
            file.Checkpoint,
            finalPosition,
            new(ReadTimeline(values, "Min recovery ending loc's timeline"),
                ReadLsn(values, "Minimum recovery ending location")),
            end,
            ChecksumsOrHints: values.GetValueOrDefault("wal_log_hints setting") == "on"
                || values.GetValueOrDefault("Data page checksum version", "0") != "0");
    }

    internal static Dictionary<string, string> Parse(string output)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in output.Split('\n'))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0)
            {
                values[line[..colon]] = line[(colon + 1)..].Trim();
            }
        }

        return values;
    }

    /// <summary>
    /// The position that proves a standby has everything, and where the record after the checkpoint would begin. With
    /// archiving on, the WAL file is switched before the shutdown checkpoint, which then sits in a file that standbys
    /// have no reason to ask for: the switch record is the last that counts.
    /// </summary>
    private async Task<(Lsn FinalPosition, Lsn End)> AroundShutdownAsync(WalPosition checkpoint, CancellationToken stop)
    {
        var here = await DumpAsync(checkpoint.Timeline, checkpoint.Lsn, 2, stop).ConfigureAwait(false);
        var end = here.Records.Count == 1 ? here.End : Lsn.Unknown;
        var finalPosition = checkpoint.Lsn;
        if (here.Records is [var record, ..] && record.Position == checkpoint.Lsn && record.IsShutdownCheckpoint
            && record.Previous.IsKnown)
        {
            var before = await DumpAsync(checkpoint.Timeline, record.Previous, 1, stop).ConfigureAwait(false);
            if (before.Records is [var previous, ..] && previous.Position == record.Previous && previous.IsSwitch)
            {
                finalPosition = previous.Position;
            }
        }

        return (finalPosition, end);
    }

    private async Task<WalDump> DumpAsync(Timeline timeline, Lsn start, int limit, CancellationToken stop)
    {
        var command = new Command(
            configuration().Tool("pg_waldump"),
            [
                "--path", Path.Combine(dataDirectory, "pg_wal"),
                "--timeline", timeline.Value.ToString(CultureInfo.InvariantCulture),
                "--start", start.ToString(),
                "--limit", limit.ToString(CultureInfo.InvariantCulture),
            ]);
        var result = await runner.RunAsync(command, Timeout, stop).ConfigureAwait(false);
        return WalDump.Parse(result.Output, result.Error);
    }

    private static Lsn ReadLsn(IReadOnlyDictionary<string, string> values, string name) =>
        Lsn.TryParse(values.GetValueOrDefault(name), out var lsn) ? lsn : Lsn.Unknown;

    private static Timeline ReadTimeline(IReadOnlyDictionary<string, string> values, string name) =>
        uint.TryParse(
            values.GetValueOrDefault(name), NumberStyles.None, CultureInfo.InvariantCulture, out var timeline)
            ? new(timeline)
            : default;
}

/// <summary>One line of <c>pg_waldump</c>.</summary>
internal readonly record struct WalRecord(string Manager, Lsn Position, Lsn Previous, string Description)
{
    public bool IsShutdownCheckpoint =>
        Manager == "XLOG" && Description.StartsWith("CHECKPOINT_SHUTDOWN", StringComparison.Ordinal);

    public bool IsSwitch => Manager == "XLOG" && Description is "SWITCH" or "xlog switch";
}

/// <param name="End">Where reading stopped for want of a valid record: the end of what is there; unknown if that was
/// not the reason.</param>
internal sealed record WalDump(IReadOnlyList<WalRecord> Records, Lsn End)
{
    /// <remarks>
    /// <c>rmgr: XLOG len (rec/tot): 114/114, tx: 0, lsn: 0/01500028, prev 0/0150BA28, desc: CHECKPOINT_SHUTDOWN redo
    /// ...</c>
    /// </remarks>
    public static WalDump Parse(string output, string error)
    {
        var records = new List<WalRecord>();
        foreach (var line in output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (Between(line, "rmgr: ", " ") is { } manager
                && Lsn.TryParse(Between(line, " lsn: ", ","), out var position)
                && Lsn.TryParse(Between(line, " prev ", ","), out var previous))
            {
                var at = line.IndexOf(" desc: ", StringComparison.Ordinal);
                records.Add(new(manager, position, previous, at < 0 ? "" : line[(at + 7)..].Trim()));
            }
        }

        // "error in WAL record at 0/1500028: invalid record length at 0/15000A0: wanted 24, got 0" (13 to 15),
        // "expected at least 24" (16 on).
        var end = Between(error + " ", "invalid record length at ", " ")?.TrimEnd(':');
        return new(records, Lsn.TryParse(end, out var lsn) ? lsn : Lsn.Unknown);
    }

    private static string? Between(string text, string before, string after)
    {
        var start = text.IndexOf(before, StringComparison.Ordinal);
        if (start < 0)
        {
            return null;
        }

        start += before.Length;
        var end = text.IndexOf(after, start, StringComparison.Ordinal);
        return end < 0 ? null : text[start..end];
    }
}
