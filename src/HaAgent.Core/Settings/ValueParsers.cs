using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace HaAgent.Core.Settings;

/// <summary>How the peer reads scalars; shared by the configuration file, the environment and the dynamic configuration.</summary>
public static class ValueParsers
{
    /// <summary><c>on true yes 1</c> and <c>off false no 0</c>, in any case; null for anything else.</summary>
    public static bool? Bool(JsonNode? node) => Bool(Text(node));

    public static bool? Bool(string? text) => text?.Trim().ToLowerInvariant() switch
    {
        "on" or "true" or "yes" or "1" => true,
        "off" or "false" or "no" or "0" => false,
        _ => null,
    };

    /// <summary>
    /// Sign, hexadecimal <c>0x</c>, octal with a leading zero, decimal; a fraction or exponent is rounded half to even.
    /// With <paramref name="baseUnit"/> (<c>B kB MB</c>, <c>ms s min</c>, also multiples such as <c>8kB</c>) a unit may follow. Null when invalid.
    /// </summary>
    public static long? Integer(JsonNode? node, string? baseUnit = null) => Integer(Text(node), baseUnit);

    public static long? Integer(string? text, string? baseUnit = null)
    {
        if (Split(text) is not var (number, unit))
        {
            return null;
        }

        if (unit.Length == 0)
        {
            return Whole(number) ?? Rounded(Fraction(number));
        }

        if (Factor(unit, baseUnit) is not { } factor)
        {
            return null;
        }

        var value = Whole(number) is { } whole ? whole : Fraction(number);
        return Rounded(value * factor);
    }

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

    /// <summary><c>host:port</c>, split at the last colon; an IPv6 host with or without brackets, returned without.</summary>
    /// <returns>Null when there is no usable port or the host is empty and none was expected.</returns>
    public static (string Host, int Port)? HostAndPort(string? text, int? defaultPort)
    {
        text = text?.Trim();
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }

        string host;
        var port = defaultPort;
        var colon = text.LastIndexOf(':');
        var bracket = text.LastIndexOf(']');
        var bareIpv6 = bracket < 0 && text.IndexOf(':', StringComparison.Ordinal) != colon
            && text.All(c => char.IsAsciiHexDigit(c) || c is ':' or '.' or '%') && defaultPort is not null;
        if (colon > bracket && !bareIpv6)
        {
            host = text[..colon];
            if (!int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var given) || given > 65535)
            {
                return null;
            }

            port = given;
        }
        else
        {
            host = text;
        }

        return port is { } number ? (host.Trim().TrimStart('[').TrimEnd(']'), number) : null;
    }

    private static (string Number, string Unit)? Split(string? text)
    {
        text = text?.Trim();
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }

        var end = text.Length;
        if (!text.Contains("0x", StringComparison.OrdinalIgnoreCase))
        {
            while (end > 0 && char.IsAsciiLetter(text[end - 1]))
            {
                end--;
            }

            // An exponent is part of the number: "1e3" has no unit "e".
            if (end > 0 && end < text.Length && (text[end] is 'e' or 'E') && end + 1 < text.Length && char.IsAsciiDigit(text[^1]))
            {
                end = text.Length;
            }
        }

        return (text[..end].Trim(), text[end..]);
    }

    private static long? Whole(string number)
    {
        var negative = number.StartsWith('-');
        var digits = number.TrimStart('+', '-');
        long value;
        if (digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
        {
            if (!long.TryParse(digits.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value))
            {
                return null;
            }
        }
        else if (digits.Length > 1 && digits[0] == '0' && digits.All(c => c is >= '0' and <= '7'))
        {
            value = Convert.ToInt64(digits, 8);
        }
        else if (!long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out value))
        {
            return null;
        }

        return negative ? -value : value;
    }

    private static double? Fraction(string number) =>
        double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value) ? value : null;

    private static long? Rounded(double? value) =>
        value is { } number && Math.Abs(number) < 9e18 ? (long)Math.Round(number, MidpointRounding.ToEven) : null;

    private static double? Factor(string unit, string? baseUnit)
    {
        if (baseUnit is null)
        {
            return null;
        }

        var multiple = new string([.. baseUnit.TakeWhile(char.IsAsciiDigit)]);
        var name = baseUnit[multiple.Length..];
        var per = multiple.Length == 0 ? 1.0 : double.Parse(multiple, CultureInfo.InvariantCulture);
        return (Bytes(unit), Bytes(name)) is ({ } bytes, { } baseBytes) ? bytes / (baseBytes * per)
            : (Seconds(unit), Seconds(name)) is ({ } seconds, { } baseSeconds) ? seconds / (baseSeconds * per)
            : null;
    }

    private static double? Bytes(string unit) => unit switch
    {
        "B" => 1,
        "kB" => 1024,
        "MB" => 1024.0 * 1024,
        "GB" => 1024.0 * 1024 * 1024,
        "TB" => 1024.0 * 1024 * 1024 * 1024,
        _ => null,
    };

    private static double? Seconds(string unit) => unit switch
    {
        "us" => 1e-6,
        "ms" => 1e-3,
        "s" => 1,
        "min" => 60,
        "h" => 3600,
        "d" => 86400,
        _ => null,
    };
}
