using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace HaAgent.Core.Settings;

/// <summary>
/// How the peer reads scalars; shared by the configuration file, the environment and the dynamic configuration.
/// </summary>
public static class ValueParsers
{
    /// <summary><c>on true yes 1</c> and <c>off false no 0</c>, in any case; null for anything else.</summary>
    public static bool? Bool(JsonNode? node) => Bool(Text(node));

    public static bool? Bool(string? text) => text?.ToLowerInvariant() switch
    {
        "on" or "true" or "yes" or "1" => true,
        "off" or "false" or "no" or "0" => false,
        _ => null,
    };

    /// <summary>
    /// Sign, hexadecimal <c>0x</c>, octal with a leading zero, decimal; a fraction or exponent is rounded half to even.
    /// With <paramref name="baseUnit"/> (<c>B kB MB</c>, <c>ms s min</c>, also multiples such as <c>8kB</c>) a unit
    /// may follow. Null when invalid.
    /// </summary>
    public static long? Integer(JsonNode? node, string? baseUnit = null) => Integer(Text(node), baseUnit);

    public static long? Integer(string? text, string? baseUnit = null)
    {
        if (NumberText.Split(text) is not var (number, unit))
        {
            return null;
        }

        // Without a unit a whole number never goes through floating point: 2^53 + 1 stays what it is.
        return unit.Length == 0 && NumberText.Whole(number) is { } whole ? whole : Rounded(Measured(number, unit, baseUnit));
    }

    /// <summary>
    /// A decimal number with an optional exponent, and an optional unit as for <see cref="Integer(string?,
    /// string?)"/>.
    /// </summary>
    /// <remarks>
    /// A fraction of a unit is rounded to whole numbers of the next smaller one, as PostgreSQL does: <c>0.00051ms</c>
    /// is <c>0.001</c>.
    /// </remarks>
    public static double? Real(JsonNode? node, string? baseUnit = null) => Real(Text(node), baseUnit);

    public static double? Real(string? text, string? baseUnit = null) =>
        NumberText.Split(text) is var (number, unit) ? Measured(number, unit, baseUnit) : null;

    /// <summary>A scalar as text; null for null, objects and arrays.</summary>
    public static string? Text(JsonNode? node) => node switch
    {
        null => null,
        JsonValue value => value.GetValueKind() switch
        {
            JsonValueKind.String => value.GetValue<string>(),
            JsonValueKind.True => "true",
            JsonValueKind.False => "false",
            JsonValueKind.Null => null,
            _ => value.ToJsonString(),
        },
        _ => null,
    };

    /// <summary>A list, or a string of items separated by commas; trimmed, without empty ones.</summary>
    public static IReadOnlyList<string> List(JsonNode? node)
    {
        var items = node is JsonArray array
            ? array.Select(Text)
            : Text(node)?.Split(',') ?? [];
        return [.. items.Select(item => item?.Trim() ?? "").Where(item => item.Length > 0)];
    }

    /// <summary>
    /// <c>host:port</c>, split at the last colon; an IPv6 host with or without brackets, returned without. Several hosts,
    /// separated by commas, share one port and are returned joined by commas.
    /// </summary>
    /// <returns>Null when there is no usable port. The host may be empty: all interfaces, for a <c>listen</c>.</returns>
    public static (string Host, int Port)? HostAndPort(string? text, int? defaultPort)
    {
        text = text?.Trim();
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }

        var colon = text.LastIndexOf(':');
        if (colon < 0 || text.EndsWith(']') || IsBareIpv6(text, colon))
        {
            return defaultPort is { } port ? (WithoutBrackets(text), port) : null;
        }

        return int.TryParse(text.AsSpan(colon + 1).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var given)
            && given <= 65535
            ? (WithoutBrackets(text[..colon]), given)
            : null;
    }

    /// <summary>
    /// As a whole an address, and not an address, a colon and a port: then the port counts, as it does for the peer.
    /// </summary>
    private static bool IsBareIpv6(string text, int lastColon)
    {
        var maybePort = text.AsSpan(lastColon + 1);
        return Ipv6Text.Is(text)
            && !(Ipv6Text.Is(text[..lastColon]) && maybePort.IndexOfAnyExceptInRange('0', '9') < 0);
    }

    private static string WithoutBrackets(string hosts) =>
        string.Join(',', hosts.Split(',').Select(host => host.Trim().TrimStart('[').TrimEnd(']')));

    private static double? Measured(string number, string unit, string? baseUnit)
    {
        double? value = NumberText.Whole(number) is { } whole ? whole : NumberText.Fraction(number);
        if (unit.Length == 0 || value is null)
        {
            return value;
        }

        return baseUnit is null ? null : Units.Convert(value.Value, unit, baseUnit);
    }

    private static long? Rounded(double? value) =>
        value is { } number && Math.Abs(number) < 9e18 ? (long)Math.Round(number, MidpointRounding.ToEven) : null;
}
