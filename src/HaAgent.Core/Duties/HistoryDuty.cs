using HaAgent.Core.Decision;
using HaAgent.Core.Snapshot;

namespace HaAgent.Core.Duties;

/// <summary>Keeps <c>/history</c> in line with the leader's own timeline.</summary>
/// <remarks>
/// Only whom the store calls the leader writes: one that still counts on a lease that the store has dropped early would write over its
/// successor's line, and that one over its, for as long as both do.
/// </remarks>
internal static class HistoryDuty
{
    public static Duty? Due(NodeView v)
    {
        if (!v.HasLease() || !v.HasKey() || v.Cluster is not { } cluster || v.Sql() is not { InRecovery: false, Timeline.IsKnown: true } sql || v.Job is not null)
        {
            return null;
        }

        var stored = cluster.History ?? [];
        if (sql.Timeline.Value == 1)
        {
            return stored.IsEmpty ? null : new Duty.WriteHistory(sql.Timeline, stored);
        }

        var current = !stored.IsEmpty && stored[^1].ParentTimeline.Value == sql.Timeline.Value - 1 && stored[^1].NewLeader is not null;
        return current ? null : new Duty.WriteHistory(sql.Timeline, stored);
    }
}
