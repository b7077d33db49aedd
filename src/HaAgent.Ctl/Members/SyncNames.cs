using HaAgent.Core.Model;
using HaAgent.Core.Snapshot;

namespace HaAgent.Ctl.Members;

/// <summary>Names under <c>/sync</c>: compared as PostgreSQL compares them, without case.</summary>
internal static class SyncNames
{
    public static bool IsVoter(SyncState sync, NodeName name) =>
        sync.IsActive && sync.Voters.Contains(name.Value, StringComparer.OrdinalIgnoreCase);

    public static bool IsLeaderOrVoter(SyncState sync, string name) => sync.IsActive
        && (string.Equals(sync.Leader.Value, name, StringComparison.OrdinalIgnoreCase) || IsVoter(sync, new(name)));
}
