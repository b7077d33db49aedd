using HaAgent.Core.Model;
using HaAgent.Core.Snapshot;

namespace HaAgent.Dcs.Records;

/// <summary>The <c>leader</c> key: the holder's name as plain text.</summary>
internal static class LeaderRecord
{
    /// <summary>Null when the name is empty: nobody holds the lock.</summary>
    public static LeaderKey? Read(StoredKey key) => key.Value.Length == 0
        ? null
        : new(new NodeName(key.Value), new DcsVersion(key.ModRevision), key.Lease, key.CreateRevision);
}
