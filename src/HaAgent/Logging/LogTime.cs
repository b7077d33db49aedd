using System.Globalization;
using System.Text;

namespace HaAgent.Logging;

/// <summary>The date of a log line, in local time.</summary>
internal static class LogTime
{
    /// <param name="format">strftime-style; null: <c>2026-01-31 12:00:00,123</c>.</param>
    public static string Render(DateTimeOffset at, string? format)
    {
        var local = at.ToLocalTime();
        return format is null
            ? local.ToString("yyyy-MM-dd HH:mm:ss,fff", CultureInfo.InvariantCulture)
            : Strftime(local, format);
    }

    private static string Strftime(DateTimeOffset at, string format)
    {
        var text = new StringBuilder();
        for (var i = 0; i < format.Length; i++)
        {
            if (format[i] != '%' || i + 1 == format.Length)
            {
                text.Append(format[i]);
                continue;
            }

            text.Append(Directive(at, format[++i]));
        }

        return text.ToString();
    }

    private static string Directive(DateTimeOffset at, char directive)
    {
        var pattern = directive switch
        {
            'Y' => "yyyy",
            'y' => "yy",
            'm' => "MM",
            'd' => "dd",
            'H' => "HH",
            'I' => "hh",
            'M' => "mm",
            'S' => "ss",
            'f' => "ffffff",
            'p' => "tt",
            'a' => "ddd",
            'A' => "dddd",
            'b' => "MMM",
            'B' => "MMMM",
            'F' => "yyyy-MM-dd",
            'T' => "HH:mm:ss",
            'z' => "zzz",
            _ => null,
        };
        return directive switch
        {
            '%' => "%",
            'z' => at.ToString("zzz", CultureInfo.InvariantCulture).Replace(":", "", StringComparison.Ordinal),
            'Z' => TimeZoneInfo.Local.StandardName,
            'j' => at.DayOfYear.ToString("D3", CultureInfo.InvariantCulture),
            's' => at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture),
            _ when pattern is not null => at.ToString(pattern, CultureInfo.InvariantCulture),
            _ => "%" + directive,
        };
    }
}
