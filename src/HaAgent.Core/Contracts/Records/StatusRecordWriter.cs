using System.Text.Json;
using System.Text.Json.Nodes;
using HaAgent.Core.Model;

namespace HaAgent.Core.Contracts.Records;

/// <summary>The value of <c>status</c>: the leader's last word on positions.</summary>
public static class StatusRecordWriter
{
    /// <param name="optime">Last known WAL position of the leader; must be known.</param>
    /// <param name="slots">In the order the server lists them, the leader's own name last. Empty: the field is left out.</param>
    /// <param name="retainSlots">Sorted here. Empty: the field is left out.</param>
    public static string Write(Lsn optime, IEnumerable<KeyValuePair<string, Lsn>> slots, IEnumerable<string> retainSlots)
    {
        var record = new JsonObject { ["optime"] = optime.Value };
        var positions = new JsonObject();
        foreach (var (name, position) in slots)
        {
            positions[name] = position.Value;
        }

        if (positions.Count > 0)
        {
            record["slots"] = positions;
        }

        var retained = new JsonArray();
        foreach (var name in retainSlots.Order(StringComparer.Ordinal))
        {
            retained.Add((JsonNode)name);
        }

        if (retained.Count > 0)
        {
            record["retain_slots"] = retained;
        }

        return JsonText.Compact(record);
    }

    /// <summary>A new position with everything else carried over unchanged: what a leader writes as its last word.</summary>
    /// <param name="stored">The value as stored; null, a bare number or garbage carries nothing over.</param>
    public static string WithOptime(string? stored, Lsn optime)
    {
        var record = new JsonObject { ["optime"] = optime.Value };
        if (ReadObject(stored) is { } old)
        {
            foreach (var field in (ReadOnlySpan<string>)["slots", "retain_slots"])
            {
                if (old[field] is { } kept)
                {
                    record[field] = kept.DeepClone();
                }
            }
        }

        return JsonText.Compact(record);
    }

    private static JsonObject? ReadObject(string? stored)
    {
        try
        {
            return stored is null ? null : JsonNode.Parse(stored) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
