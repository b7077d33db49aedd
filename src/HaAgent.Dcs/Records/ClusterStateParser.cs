using System.Collections.Immutable;
using System.Text.Json;
using HaAgent.Core.Snapshot;

namespace HaAgent.Dcs.Records;

/// <summary>All keys of a cluster into one picture. Unknown keys and fields are ignored, bad values are absent ones.</summary>
public static class ClusterStateParser
{
    /// <param name="keys">Names without the cluster's prefix, e.g. <c>members/n0</c>.</param>
    public static ClusterState Parse(
        IEnumerable<(string Key, string Value, long ModRevision, long CreateRevision, long Lease)> keys) =>
        Parse(keys.Select(key => new StoredKey(key.Key, key.Value, key.ModRevision, key.CreateRevision, key.Lease)));

    internal static ClusterState Parse(IEnumerable<StoredKey> keys)
    {
        var byName = keys.ToDictionary(key => key.Name, StringComparer.Ordinal);
        StoredKey? Find(string name) => byName.GetValueOrDefault(name);
        return new()
        {
            Initialize = Find(DcsKeys.Initialize)?.Value,
            Config = Find(DcsKeys.Config) is { } config ? ReadConfig(config) : null,
            Leader = Find(DcsKeys.Leader) is { } leader ? LeaderRecord.Read(leader) : null,
            Members = ReadMembers(byName.Values),
            Failover = Find(DcsKeys.Failover) is { } failover ? FailoverRecord.Read(failover) : FailoverRequest.None,
            Sync = Find(DcsKeys.Sync) is { } sync ? SyncRecord.Read(sync) : SyncState.Off,
            History = Find(DcsKeys.History) is { } history ? HistoryRecord.Read(history) : null,
            Status = StatusRecord.Read(Find(DcsKeys.Status), Find(DcsKeys.LegacyOptime)),
            Failsafe = Find(DcsKeys.Failsafe) is { } failsafe ? FailsafeRecord.Read(failsafe) : null,
        };
    }

    private static ConfigDocument? ReadConfig(StoredKey key) =>
        TolerantJson.Parse(key.Value, JsonValueKind.Object) is null ? null : new(key.Value, new(key.ModRevision));

    private static ImmutableArray<Member> ReadMembers(IEnumerable<StoredKey> keys)
    {
        var members = ImmutableArray.CreateBuilder<Member>();
        foreach (var key in keys)
        {
            if (DcsKeys.TryMember(key.Name, out var name))
            {
                members.Add(MemberRecord.Read(name, key));
            }
        }

        members.Sort((a, b) => string.CompareOrdinal(a.Name.Value, b.Name.Value));
        return members.ToImmutable();
    }
}
