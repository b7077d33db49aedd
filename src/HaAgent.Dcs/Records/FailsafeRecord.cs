using System.Collections.Immutable;
using System.Text.Json;

namespace HaAgent.Dcs.Records;

/// <summary>The <c>failsafe</c> key: member name to API URL.</summary>
internal static class FailsafeRecord
{
    /// <summary>Null when it does not hold an object.</summary>
    public static ImmutableSortedDictionary<string, string>? Read(StoredKey key)
    {
        if (TolerantJson.Parse(key.Value, JsonValueKind.Object) is not { } record)
        {
            return null;
        }

        var urls = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var member in record.EnumerateObject())
        {
            urls[member.Name] = TolerantJson.Text(member.Value) ?? "";
        }

        return urls.ToImmutable();
    }
}
