using System.Text.Json.Nodes;
using HaAgent.Core.Settings;

namespace HaAgent.Postgres.Config;

/// <summary>Lines of a file given in YAML: a list, or one text with line breaks.</summary>
internal static class ConfigLines
{
    /// <summary>Null when the setting is absent or empty.</summary>
    public static List<string>? Read(JsonNode? node)
    {
        IEnumerable<string?> entries = node is JsonArray list
            ? list.Select(ValueParsers.Text)
            : [ValueParsers.Text(node)];
        var lines = entries
            .SelectMany(entry => entry?.Split('\n') ?? [])
            .Select(line => line.TrimEnd('\r'))
            .Where(line => line.Length > 0)
            .ToList();
        return lines.Count == 0 ? null : lines;
    }
}
