using System.Text.Json.Nodes;

namespace HaAgent.Core.Settings;

/// <summary>
/// How one configuration is laid over another: files, environment, <c>PATCH /config</c>, <c>edit-config</c>.
/// </summary>
/// <remarks>
/// Like RFC 7396, with two differences of the peer: a scalar replaces only when its <see cref="TextualForm"/> differs
/// (the
/// stored value keeps its type), and a map that replaces something else is stored as it is, nulls included.
/// </remarks>
public static class MergePatch
{
    /// <returns>True when <paramref name="target"/> was changed. <paramref name="patch"/> is copied, never adopted.</returns>
    public static bool Apply(JsonObject target, JsonObject patch)
    {
        var changed = false;
        foreach (var (name, value) in patch)
        {
            changed |= value is null ? target.Remove(name) : ApplyOne(target, name, value);
        }

        return changed;
    }

    private static bool ApplyOne(JsonObject target, string name, JsonNode value)
    {
        var present = target.TryGetPropertyValue(name, out var old);
        if (present && value is JsonObject inner && old is JsonObject outer)
        {
            return Apply(outer, inner);
        }

        if (present && old is not JsonObject && value is not JsonObject && TextualForm.Same(old, value))
        {
            return false;
        }

        target[name] = value.DeepClone();
        return true;
    }
}
