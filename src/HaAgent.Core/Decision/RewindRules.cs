using System.Collections.Immutable;
using HaAgent.Core.Jobs;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;

namespace HaAgent.Core.Decision;

/// <summary>Has the local history left the leader's, and what is to be done about it (S5)?</summary>
internal static class RewindRules
{
    /// <summary>Rows for a stopped server.</summary>
    public static readonly ImmutableArray<HaRule> Stopped =
    [
        // Until the new leader has checkpointed its control file speaks of the old timeline, and pg_rewind would find nothing to do.
        new("W05", v => v.Memory.Rewind is RewindState.Needed or RewindState.CheckDue && MayRewind(v) && v.LeaderIsRunningPrimary()
                && v.Cluster!.LeaderMember is { CheckpointAfterPromote: false }, // LeaderIsRunningPrimary implies an answer
            v => new HaDecision.Wait(new(ReasonId.RewindAwaitsCheckpoint, new() { Node = v.LeaderName() }))),
        new("W10", v => v.Memory.Rewind == RewindState.Needed && MayRewind(v) && v.LeaderIsRunningPrimary() && !v.BackingOff(v.Memory.RepairFailedAt),
            v => new HaDecision.StartJob(new JobSpec.Rewind(v.LeaderUpstream()!), new(ReasonId.RewindNeeded, new() { Node = v.LeaderName() }))), // published
        new("W20", v => v.Memory.Rewind == RewindState.Failed && MayDiscardNow(v),
            v => new HaDecision.StartJob(new JobSpec.Discard(DiscardReason.RewindFailed, v.LeaderUpstream()), new(ReasonId.RewindFailedDiscard))),
        new("W30", v => v.Memory.Rewind == RewindState.Needed && MayDiscard(v) && v.LeaderIsRunningPrimary() && !v.BackingOff(v.Memory.RepairFailedAt),
            v => new HaDecision.StartJob(new JobSpec.Discard(DiscardReason.DivergedTimelines, v.LeaderUpstream()), new(ReasonId.DivergedDiscard))),

        // The leader may not be up yet, or the last try failed for a reason that may pass: a diverged server is not started meanwhile.
        new("W40", v => v.Memory.Rewind == RewindState.Needed && (MayRewind(v) || MayDiscard(v)) && v.LeaderIsAnother(),
            v => new HaDecision.Wait(new(ReasonId.RewindNeeded, new() { Node = v.LeaderName() }), v.Memory.RepairFailedAt + v.Settings.LoopWait)),
        // After a crash the local end of history is not known before recovery, and recovering as a replica would serve rows that may
        // not have survived. pg_rewind recovers first by itself, and finds out itself whether there is anything to do.
        new("W45", v => v.Memory.Rewind == RewindState.CheckDue && MayRewind(v) && !CleanlyStopped(v) && v.LeaderIsRunningPrimary()
                && v.Cluster!.LeaderMember!.Timeline > v.Directory()!.Checkpoint.Timeline // LeaderIsRunningPrimary implies both; a stopped server has a directory
                && !v.BackingOff(v.Memory.RepairFailedAt),
            v => new HaDecision.StartJob(new JobSpec.Rewind(v.LeaderUpstream()!), new(ReasonId.RewindNeeded, new() { Node = v.LeaderName() }))), // published
        new("W50", v => v.Memory.Rewind == RewindState.CheckDue && (MayRewind(v) || MayDiscard(v)) && (CleanlyStopped(v) || WasPrimaryOnLeadersTimeline(v))
                && v.LeaderIsRunningPrimary() && !v.BackingOff(v.Memory.RepairFailedAt),
            v => new HaDecision.StartJob(new JobSpec.Compare(v.LeaderUpstream()!), new(ReasonId.RewindCheckDue, new() { Node = v.LeaderName() }))), // published

        // A leader that is being promoted will publish itself as primary within moments. Starting now would only have to be undone.
        new("W60", v => v.Memory.Rewind == RewindState.CheckDue && (MayRewind(v) || MayDiscard(v)) && v.LeaderIsAnother()
                && !v.LeaderIsRunningPrimary() && !v.BackingOff(v.Memory.RepairFailedAt) && LeaderComesUp(v),
            v => new HaDecision.Wait(new(ReasonId.RewindCheckDue, new() { Node = v.LeaderName() }))),
    ];

    /// <summary>Rows for a running replica.</summary>
    public static readonly ImmutableArray<HaRule> Running =
    [
        new("W70", v => v.Memory.Rewind == RewindState.CheckDue && (MayRewind(v) || MayDiscard(v)) && v.LeaderIsRunningPrimary()
                && !v.BackingOff(v.Memory.RepairFailedAt),
            v => new HaDecision.StartJob(new JobSpec.Compare(v.LeaderUpstream()!), new(ReasonId.RewindCheckDue, new() { Node = v.LeaderName() }))), // published
        new("W80", v => v.Memory.Rewind == RewindState.Needed && (MayRewind(v) || MayDiscard(v)) && v.LeaderIsRunningPrimary()
                && !v.BackingOff(v.Memory.RepairFailedAt),
            v => new HaDecision.StartJob(new JobSpec.Stop($"running pg_rewind from {v.LeaderName()}"), new(ReasonId.RewindNeeded, new() { Node = v.LeaderName() }))),
        new("W90", v => v.Memory.Rewind == RewindState.Failed && MayDiscardNow(v),
            _ => new HaDecision.StartJob(new JobSpec.Stop("reinitializing due to diverged timelines"), new(ReasonId.RewindFailedDiscard))),
    ];

    private static bool CleanlyStopped(NodeView v) =>
        v.Directory() is { State: ControlState.ShutDown or ControlState.ShutDownInRecovery or ControlState.InArchiveRecovery };

    /// <summary>Two servers that were promoted from one history may have given their timelines the same number.</summary>
    private static bool WasPrimaryOnLeadersTimeline(NodeView v) =>
        v.Directory() is { HasStandbySignal: false } directory && directory.Checkpoint.Timeline == v.Cluster?.LeaderMember?.Timeline;

    private static bool MayRewind(NodeView v) => v.Settings.UsePgRewind;

    private static bool MayDiscard(NodeView v) => v.Settings.RemoveDataDirectoryOnDivergedTimelines;

    private static bool MayDiscardAfterFailure(NodeView v) =>
        v.Settings.RemoveDataDirectoryOnRewindFailure || v.Settings.RemoveDataDirectoryOnDivergedTimelines;

    /// <summary>What a failed rewind has left may be removed, and another node is the running primary (S5).</summary>
    public static bool MayDiscardNow(NodeView v) =>
        MayDiscardAfterFailure(v) && v.LeaderIsRunningPrimary() && !v.BackingOff(v.Memory.RepairFailedAt);

    private static bool LeaderComesUp(NodeView v) =>
        v.Cluster?.LeaderMember is { ConnUrl: not null, Role: "replica" or "promoted" or "primary" };
}
