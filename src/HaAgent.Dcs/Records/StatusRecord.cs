using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using HaAgent.Core.Model;
using HaAgent.Core.Snapshot;

namespace HaAgent.Dcs.Records;

/// <summary>The <c>status</c> key, or the bare position that old leaders wrote there or under <c>optime/leader</c>.</summary>
internal static class StatusRecord
{
    public static ClusterStatus Read(StoredKey? status, StoredKey? legacyOptime)
    {
        if ((status ?? legacyOptime) is not { } key)
        {
            return ClusterStatus.Empty;
        }

        var raw = status?.Value;
        if (TolerantJson.Parse(key.Value, JsonValueKind.Object) is not { } record)
        {
            var bare = long.TryParse(key.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var optime) ? optime : 0;
            return ClusterStatus.Empty with { Optime = new((ulong)bare), Raw = raw };
        }

        return new(record.Lsn("optime"), Slots(record), RetainSlots(record)) { Raw = raw };
    }

    private static ImmutableDictionary<string, Lsn> Slots(JsonElement record)
    {
        var slots = ImmutableDictionary.CreateBuilder<string, Lsn>(StringComparer.Ordinal);
        if (record.Structure("slots", JsonValueKind.Object) is { } members)
        {
            foreach (var slot in members.EnumerateObject())
            {
                slots[slot.Name] = TolerantJson.Lsn(slot.Value);
            }
        }

        return slots.ToImmutable();
    }

    private static ImmutableArray<string> RetainSlots(JsonElement record) =>
        record.Structure("retain_slots", JsonValueKind.Array) is { } names
            ? [.. names.EnumerateArray().Select(name => TolerantJson.Text(name)).OfType<string>()]
            : [];
}
