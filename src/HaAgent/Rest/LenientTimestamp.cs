using System.Globalization;
using System.Text.RegularExpressions;

namespace HaAgent.Rest;

/// <summary>What a <c>scheduled_at</c> was understood as.</summary>
internal enum TimestampReading
{
    Unparsable,
    WithoutZone,
    Understood,
}

/// <summary>
/// Timestamps as operators type them: ISO 8601 with <c>T</c> or a space, short offsets, and RFC 2822.
/// </summary>
internal static partial class LenientTimestamp
{
    public static TimestampReading TryParse(string text, out DateTimeOffset at)
    {
        at = default;
        var iso = Iso().Match(text.Trim());
        if (!iso.Success)
        {
            return TryParseRfc2822(text, out at) ? TimestampReading.Understood : TimestampReading.Unparsable;
        }

        if (!DateTime.TryParse(
            $"{iso.Groups["date"].Value}T{Time(iso)}",
            CultureInfo.InvariantCulture,
            DateTimeStyles.None,
            out var local))
        {
            return TimestampReading.Unparsable;
        }

        if (!iso.Groups["zone"].Success)
        {
            return TimestampReading.WithoutZone;
        }

        if (Offset(iso.Groups["zone"].Value) is not { } offset)
        {
            return TimestampReading.Unparsable;
        }

        at = new(DateTime.SpecifyKind(local, DateTimeKind.Unspecified), offset);
        return TimestampReading.Understood;
    }

    private static string Time(Match iso)
    {
        var seconds = iso.Groups["second"].Success ? iso.Groups["second"].Value : "00";
        var fraction = iso.Groups["fraction"].Success ? "." + iso.Groups["fraction"].Value : "";
        return $"{iso.Groups["hour"].Value}:{iso.Groups["minute"].Value}:{seconds}{fraction}";
    }

    private static TimeSpan? Offset(string zone)
    {
        if (zone is "Z" or "z" or "UTC" or "GMT")
        {
            return TimeSpan.Zero;
        }

        var digits = zone[1..].Replace(":", "", StringComparison.Ordinal).PadRight(4, '0');
        var minutes = (int.Parse(digits[..2], CultureInfo.InvariantCulture) * 60)
            + int.Parse(digits[2..], CultureInfo.InvariantCulture);
        return minutes > 14 * 60 ? null : TimeSpan.FromMinutes(zone[0] == '-' ? -minutes : minutes);
    }

    private static bool TryParseRfc2822(string text, out DateTimeOffset at) =>
        DateTimeOffset.TryParseExact(
            Rfc2822Offset().Replace(text.Trim(), "$1:$2").Replace("GMT", "+00:00", StringComparison.Ordinal),
            ["ddd, d MMM yyyy HH:mm:ss zzz", "d MMM yyyy HH:mm:ss zzz"],
            CultureInfo.InvariantCulture,
            DateTimeStyles.AllowWhiteSpaces,
            out at);

    [GeneratedRegex(
        @"^(?<date>\d{4}-\d{2}-\d{2})[T ](?<hour>\d{2}):(?<minute>\d{2})(:(?<second>\d{2})([.,](?<fraction>\d{1,7})\d*)?)?"
        + @"\s*(?<zone>Z|z|UTC|GMT|[+-]\d{2}(:?\d{2})?)?$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Iso();

    [GeneratedRegex(@"([+-]\d{2})(\d{2})$", RegexOptions.CultureInvariant)]
    private static partial Regex Rfc2822Offset();
}
