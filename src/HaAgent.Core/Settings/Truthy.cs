using System.Text.Json;
using System.Text.Json.Nodes;

namespace HaAgent.Core.Settings;

/// <summary>Whether a value counts as given where the peer asks only that: not null, false, zero, or empty.</summary>
public static class Truthy
{
    public static bool Is(JsonNode? node) => node switch
    {
        null => false,
        JsonObject map => map.Count > 0,
        JsonArray array => array.Count > 0,
        _ => node.GetValueKind() switch
        {
            JsonValueKind.String => node.GetValue<string>().Length > 0,
            JsonValueKind.Number => ValueParsers.Real(node) is not 0,
            JsonValueKind.True => true,
            _ => false,
        },
    };
}
