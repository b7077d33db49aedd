using System.Globalization;

namespace HaAgent.Ctl.Prompts;

/// <summary>Points in time as operators type them.</summary>
internal static class ScheduleText
{
    /// <summary>An hour from now, for a prompt.</summary>
    public static string Example(TimeProvider clock) =>
        clock.GetLocalNow().AddHours(1).ToString("yyyy-MM-ddTHH:mm", CultureInfo.InvariantCulture);

    /// <summary>Null for <c>now</c> or nothing. A time without a zone is local; one without a date is today's.</summary>
    /// <exception cref="CtlException">It cannot be read.</exception>
    public static DateTimeOffset? Parse(string? text, TimeProvider clock)
    {
        if (string.IsNullOrEmpty(text) || text == "now")
        {
            return null;
        }

        var culture = CultureInfo.InvariantCulture;
        const DateTimeStyles Zones = DateTimeStyles.RoundtripKind | DateTimeStyles.NoCurrentDateDefault;
        if (!DateTime.TryParse(text, culture, Zones, out var read)
            || !DateTimeOffset.TryParse(text, culture, out var withZone))
        {
            throw new CtlException(
                $"Unable to parse scheduled timestamp ({text}). It should be in an unambiguous format (e.g. ISO 8601)");
        }

        if (read.Kind != DateTimeKind.Unspecified)
        {
            return withZone;
        }

        var local = read.Date == DateTime.MinValue ? clock.GetLocalNow().Date + read.TimeOfDay : read;
        return new(local, clock.LocalTimeZone.GetUtcOffset(local));
    }
}
