using System.Text.Json;
using HaAgent.Core.Model;
using HaAgent.Core.Snapshot;

namespace HaAgent.Dcs.Records;

/// <summary>The <c>sync</c> key: who may have confirmed commits.</summary>
internal static class SyncRecord
{
    public static SyncState Read(StoredKey key)
    {
        var version = new DcsVersion(key.ModRevision);
        if (TolerantJson.Parse(key.Value, JsonValueKind.Object) is not { } record || record.Text("leader") is not { } leader)
        {
            return SyncState.Off with { Version = version };
        }

        var voters = (record.Text("sync_standby") ?? "")
            .Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return new(new(leader), Math.Max(0, record.Integer("quorum", otherwise: 0)), [.. voters], version);
    }
}
