using System.Collections.Immutable;
using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;

namespace HaAgent.Core.Duties;

/// <summary>One piece of upkeep that is due. Idempotent; failing is no reason to change one's mind about the role.</summary>
internal abstract record Duty(string Name)
{
    public sealed record WriteMember(string Json) : Duty("member record");

    public sealed record KeepSession() : Duty("session");

    public sealed record WriteStatus(string Json) : Duty("status record");

    /// <summary>Rebuild the history from the local history file of <paramref name="Timeline"/>; 1: write an empty one.</summary>
    public sealed record WriteHistory(Timeline Timeline, ImmutableArray<HistoryLine> Stored) : Duty("history record");

    public sealed record Apply(ApplyPlan Plan, AppliedConfiguration Applied) : Duty("PostgreSQL configuration");

    public sealed record ChangeSlots(ImmutableArray<SlotChange> Changes) : Duty("replication slots");

    public sealed record Checkpoint() : Duty("checkpoint after promotion");

    public sealed record ResumeReplay() : Duty("resume of replay");

    /// <summary>For the request of this version: once.</summary>
    public sealed record WarmUp(ImmutableArray<PeerAddress> Peers, DcsVersion Request) : Duty("connections to the members");
}
