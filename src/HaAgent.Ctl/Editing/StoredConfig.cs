using System.Text.Json;
using System.Text.Json.Nodes;
using HaAgent.Configuration.Yaml;
using HaAgent.Core.Contracts.Records;
using HaAgent.Core.Snapshot;
using HaAgent.Core.Settings;
using HaAgent.Ctl.Store;

namespace HaAgent.Ctl.Editing;

/// <summary>The dynamic configuration between its stored form and the operator's.</summary>
internal static class StoredConfig
{
    public static JsonObject Parse(ConfigDocument stored) => StoredJson.Object(stored.Json);

    /// <summary>Sorted keys, block style.</summary>
    public static string Yaml(JsonObject config) => Yaml11Writer.Block(config);

    /// <summary>Equal in value and in kind, whatever the order of keys.</summary>
    /// <remarks><c>1</c> is <c>1.0</c>, but neither <c>true</c> nor <c>"1"</c>.</remarks>
    public static bool Same(JsonObject a, JsonObject b)
    {
        // Parsed anew, so that numbers compare by value whatever they were made from.
        using var left = JsonDocument.Parse(JsonText.Compact(a));
        using var right = JsonDocument.Parse(JsonText.Compact(b));
        return JsonElement.DeepEquals(left.RootElement, right.RootElement);
    }
}
