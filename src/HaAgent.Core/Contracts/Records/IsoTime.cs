using System.Globalization;

namespace HaAgent.Core.Contracts.Records;

/// <summary>ISO 8601 as the peer prints it: with offset, microseconds only when there are any.</summary>
public static class IsoTime
{
    /// <summary><c>2026-11-21T00:14:25+00:00</c>, or <c>2026-11-21T00:14:27.439831+00:00</c>.</summary>
    public static string Text(DateTimeOffset at) => Text(at, 'T');

    /// <summary>The same with a blank between date and time, as PostgreSQL's own timestamps are shown.</summary>
    public static string TextWithBlank(DateTimeOffset at) => Text(at, ' ');

    private static string Text(DateTimeOffset at, char separator)
    {
        var hasMicroseconds = at.Ticks % TimeSpan.TicksPerSecond / 10 != 0;
        var format = hasMicroseconds ? "yyyy-MM-dd'{0}'HH:mm:ss.ffffffzzz" : "yyyy-MM-dd'{0}'HH:mm:sszzz";
        return at.ToString(format.Replace("{0}", separator.ToString(), StringComparison.Ordinal), CultureInfo.InvariantCulture);
    }
}
