using System.Collections.Immutable;
using System.Globalization;
using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;

namespace HaAgent.Postgres.Rejoin;

/// <summary>
/// Timeline history files: <c>parent TAB switch point TAB reason</c> (PostgreSQL documentation, "Timelines").
/// </summary>
internal static class TimelineHistory
{
    public static string FileName(Timeline timeline) =>
        string.Create(CultureInfo.InvariantCulture, $"{timeline.Value:X8}.history");

    /// <summary>Comments, empty lines and lines that are none are left out.</summary>
    public static ImmutableArray<HistoryLine> Parse(string content)
    {
        var lines = ImmutableArray.CreateBuilder<HistoryLine>();
        foreach (var line in content.Split('\n'))
        {
            var fields = line.Split('\t', 3, StringSplitOptions.TrimEntries);
            if (fields.Length >= 2
                && uint.TryParse(fields[0], NumberStyles.None, CultureInfo.InvariantCulture, out var parent)
                && Lsn.TryParse(fields[1], out var switchPoint))
            {
                lines.Add(new(new(parent), switchPoint, fields.Length > 2 ? fields[2] : "", null, null));
            }
        }

        return lines.ToImmutable();
    }

    /// <summary>Null when there is none, or it cannot be read.</summary>
    public static HistoryFile? ReadFile(string dataDirectory, Timeline timeline)
    {
        var path = Path.Combine(dataDirectory, "pg_wal", FileName(timeline));
        try
        {
            return File.Exists(path)
                ? new(Parse(File.ReadAllText(path)), new DateTimeOffset(File.GetLastWriteTimeUtc(path)))
                : null;
        }
        catch (IOException)
        {
            return null;
        }
        catch (UnauthorizedAccessException)
        {
            return null;
        }
    }
}
