using System.Text.Json;
using System.Text.Json.Nodes;

namespace HaAgent.Rest;

/// <summary>How <c>PATCH /config</c> merges: null removes, objects merge, all else replaces when its text differs.</summary>
internal static class ConfigPatch
{
    /// <returns>True when <paramref name="target"/> was changed.</returns>
    public static bool Apply(JsonObject target, JsonObject patch)
    {
        var changed = false;
        foreach (var (name, value) in patch)
        {
            var exists = target.TryGetPropertyValue(name, out var stored);
            switch (value)
            {
                case null:
                    changed |= target.Remove(name);
                    break;
                case JsonObject patchObject when stored is JsonObject storedObject:
                    changed |= Apply(storedObject, patchObject);
                    break;
                default:
                    if (!exists || value is JsonObject || Text(stored) != Text(value))
                    {
                        target[name] = value.DeepClone();
                        changed = true;
                    }

                    break;
            }
        }

        return changed;
    }

    /// <summary>The form in which two values are compared: <c>5</c> and <c>"5"</c> are equal, <c>true</c> equals <c>"True"</c>.</summary>
    private static string Text(JsonNode? node) => node switch
    {
        null => "None",
        JsonValue value => value.GetValueKind() switch
        {
            JsonValueKind.String => value.GetValue<string>(),
            JsonValueKind.True => "True",
            JsonValueKind.False => "False",
            _ => value.ToJsonString(),
        },
        _ => node.ToJsonString(),
    };
}
