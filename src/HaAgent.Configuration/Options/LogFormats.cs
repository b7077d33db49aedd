using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using HaAgent.Core.Settings;

namespace HaAgent.Configuration.Options;

/// <summary>
/// <c>log.format</c>: a printf-style text, or for JSON a list of attributes, each maybe with a key of its own.
/// </summary>
internal static class LogFormats
{
    public static (string Format, ImmutableArray<LogAttribute> Attributes) Read(
        JsonNode? node, bool isJson, ImmutableArray<string>.Builder notices)
    {
        switch (node)
        {
            case null:
                return (LogOptions.DefaultFormat, []);
            case JsonValue value when value.GetValueKind() == JsonValueKind.String:
                return (value.GetValue<string>(), []);
            case JsonArray { Count: > 0 } list when isJson && list.All(IsAttribute):
                return (LogOptions.DefaultFormat, [.. list.Select(Attribute)]);
            default:
                notices.Add($"log.format = '{TextualForm.Of(node)}': expected a text, or for log.type json a list of "
                    + "attribute names "
                    + "and {attribute: key} maps; the default is used.");
                return (LogOptions.DefaultFormat, []);
        }
    }

    private static bool IsAttribute(JsonNode? item) => item switch
    {
        JsonObject { Count: 1 } map => IsText(map.First().Value),
        _ => IsText(item),
    };

    private static bool IsText(JsonNode? node) => node?.GetValueKind() == JsonValueKind.String;

    private static LogAttribute Attribute(JsonNode? item) => item is JsonObject map
        ? new(map.First().Key, map.First().Value!.GetValue<string>())
        : new(item!.GetValue<string>(), item.GetValue<string>());
}
