using System.Text.Json.Nodes;
using HaAgent.Core.Settings;

namespace HaAgent.Postgres.Config;

/// <summary>
/// Command-line options given in YAML: a map, or a list of names and one-pair maps. They become <c>--name</c> or
/// <c>--name=value</c>.
/// </summary>
internal static class OptionList
{
    /// <param name="refuse">Told the name (or the shape) of each option that is not taken, and why.</param>
    public static List<string> Read(
        JsonNode? node, Func<string, string?, string?> objection, Action<string, string> refuse)
    {
        var arguments = new List<string>();
        foreach (var (name, value, shape) in Pairs(node))
        {
            if (shape is not null)
            {
                refuse(shape, "is neither an option name nor a pair of name and value");
            }
            else if (objection(name, value) is { } reason)
            {
                refuse(name, reason);
            }
            else
            {
                arguments.Add(value is null ? $"--{name}" : $"--{name}={value}");
            }
        }

        return arguments;
    }

    private static IEnumerable<(string Name, string? Value, string? BadShape)> Pairs(JsonNode? node)
    {
        var items = node switch
        {
            JsonObject map => map.Select(pair => (JsonNode?)new JsonObject { [pair.Key] = pair.Value?.DeepClone() }),
            JsonArray list => list,
            null => [],
            _ => [node],
        };
        foreach (var item in items)
        {
            if (item is JsonObject { Count: 1 } pair && pair.First() is var (name, value) && value is null or JsonValue)
            {
                // `data-checksums: true` means the bare option.
                var text = ValueParsers.Text(value);
                yield return (name, text is null or "true" ? null : Unquoted(text), null);
            }
            else if (ValueParsers.Text(item) is { Length: > 0 } bare)
            {
                yield return (bare, null, null);
            }
            else
            {
                yield return ("", null, item?.ToJsonString() ?? "null");
            }
        }
    }

    private static string Unquoted(string text) =>
        text.Length >= 2 && text[0] == text[^1] && text[0] is '\'' or '"' ? text[1..^1] : text;
}
