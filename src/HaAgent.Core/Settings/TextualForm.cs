using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace HaAgent.Core.Settings;

/// <summary>
/// The text by which the peer tells whether a value has changed: <c>5</c> and <c>"5"</c> are equal, <c>true</c> and
/// <c>"True"</c> too.
/// </summary>
public static class TextualForm
{
    public static bool Same(JsonNode? a, JsonNode? b) => Of(a) == Of(b);

    /// <summary>Maps compared key by key, in any order, everything else by its textual form.</summary>
    public static bool SameLeaves(JsonObject a, JsonObject b) =>
        a.Count == b.Count && a.All(pair => b.TryGetPropertyValue(pair.Key, out var other)
            && (pair.Value is JsonObject mapA && other is JsonObject mapB
                ? SameLeaves(mapA, mapB)
                : pair.Value is null == other is null && Same(pair.Value, other)));

    /// <summary>
    /// Scalars as they are; inside lists and maps strings are quoted, so that <c>[5]</c> differs from <c>["5"]</c>.
    /// </summary>
    public static string Of(JsonNode? node) => node is JsonValue value && value.GetValueKind() == JsonValueKind.String
        ? value.GetValue<string>()
        : Nested(node);

    /// <summary>
    /// The shortest decimal text that reads back as the same number, always recognisable as a real one: <c>1.0</c>,
    /// <c>1e+20</c>.
    /// </summary>
    public static string OfReal(double value)
    {
        if (double.IsNaN(value) || double.IsInfinity(value))
        {
            return double.IsNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
        }

        // 17 significant digits always read back; fewer are taken as soon as they do.
        var shortest = value.ToString("E16", CultureInfo.InvariantCulture);
        for (var digits = 0; digits < 17; digits++)
        {
            var attempt = value.ToString("E" + digits.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
            if (double.Parse(attempt, CultureInfo.InvariantCulture).Equals(value))
            {
                shortest = attempt;
                break;
            }
        }

        return Layout(shortest);
    }

    private static string Layout(string scientific)
    {
        var e = scientific.IndexOf('E', StringComparison.Ordinal);
        var exponent = int.Parse(scientific.AsSpan(e + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        var negative = scientific[0] == '-';
        var digits = scientific[(negative ? 1 : 0)..e].Replace(".", "", StringComparison.Ordinal);
        var sign = negative ? "-" : "";
        if (exponent is < -4 or >= 16)
        {
            var fraction = digits.Length > 1 ? "." + digits[1..] : "";
            return FormattableString.Invariant($"{sign}{digits[0]}{fraction}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}");
        }

        if (exponent < 0)
        {
            return sign + "0." + new string('0', -exponent - 1) + digits;
        }

        return digits.Length <= exponent + 1
            ? sign + digits.PadRight(exponent + 1, '0') + ".0"
            : sign + digits[..(exponent + 1)] + "." + digits[(exponent + 1)..];
    }

    private static string Nested(JsonNode? node) => node switch
    {
        null => "None",
        JsonArray array => "[" + string.Join(", ", array.Select(Nested)) + "]",
        JsonObject map => "{" + string.Join(", ", map.Select(pair => Quoted(pair.Key) + ": " + Nested(pair.Value))) + "}",
        _ => Scalar(node),
    };

    private static string Scalar(JsonNode node) => node.GetValueKind() switch
    {
        JsonValueKind.String => Quoted(node.GetValue<string>()),
        JsonValueKind.True => "True",
        JsonValueKind.False => "False",
        JsonValueKind.Null => "None",
        _ => Number(node.ToJsonString()),
    };

    private static string Number(string json) =>
        json.AsSpan().IndexOfAny('.', 'e', 'E') >= 0
            && double.TryParse(json, NumberStyles.Float, CultureInfo.InvariantCulture, out var real)
            ? OfReal(real)
            : json;

    private static string Quoted(string text)
    {
        var quote = text.Contains('\'', StringComparison.Ordinal) && !text.Contains('"', StringComparison.Ordinal) ? '"' : '\'';
        var quoted = new StringBuilder().Append(quote);
        foreach (var c in text)
        {
            _ = c switch
            {
                '\\' => quoted.Append(@"\\"),
                '\n' => quoted.Append(@"\n"),
                '\r' => quoted.Append(@"\r"),
                '\t' => quoted.Append(@"\t"),
                _ when c == quote => quoted.Append('\\').Append(c),
                _ => quoted.Append(c),
            };
        }

        return quoted.Append(quote).ToString();
    }
}
