using System.Text.Json;
using System.Text.Json.Nodes;

namespace HaAgent.Ctl.Store;

/// <summary>Objects as others wrote them: a key that comes twice counts with its last value, as with the peer.</summary>
internal static class StoredJson
{
    /// <returns>Empty when the text is not a JSON object.</returns>
    public static JsonObject Object(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return Node(document.RootElement) as JsonObject ?? [];
        }
        catch (JsonException)
        {
            return [];
        }
    }

    private static JsonNode? Node(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                var map = new JsonObject();
                foreach (var property in element.EnumerateObject())
                {
                    map[property.Name] = Node(property.Value);
                }

                return map;
            case JsonValueKind.Array:
                return new JsonArray([.. element.EnumerateArray().Select(Node)]);
            case JsonValueKind.Null:
                return null;
            default:
                return JsonValue.Create(element.Clone()); // numbers keep the text they were written with
        }
    }
}
