using System.Collections.Immutable;
using HaAgent.Core.Election;
using HaAgent.Core.Jobs;
using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;

namespace HaAgent.Core.Decision;

/// <summary>There is a data directory and no postmaster.</summary>
internal static class StoppedRules
{
    public static readonly ImmutableArray<HaRule> Rows =
    [
        new("X10", v => v.HasLease() && v.Memory.StartFailed is not null,
            v => new HaDecision.ReleaseLease(default, v.Settings.LoopWait,
                new(ReasonId.StartFailedAsLeader, new() { Text = v.Memory.StartFailed!.Detail }))), // tested in the predicate

        // primary_start_timeout: 0 asks to fail over rather than to recover; only if somebody can take over.
        new("X20", v => Yields(v) && !Ballots.AreFresh(v, Others(v), default)
                && v.Memory.AskingSince is null,
            v => new HaDecision.AskPeers(Others(v), Ballots.Timeout, new(ReasonId.CrashYield))),
        new("X25", v => Yields(v) && v.Memory.AskingSince is { } since && v.At < since + Ballots.Timeout,
            v => new HaDecision.Wait(new(ReasonId.CrashYield), v.Memory.AskingSince + Ballots.Timeout)),
        new("X30", v => Yields(v) && !CandidateRanking.Able(v, Others(v), default).IsEmpty,
            v => new HaDecision.ReleaseLease(default, v.Settings.Ttl, new(ReasonId.CrashYield))),

        // Too late to begin: a start now would have to be ended at once. The lease is renewed, or it ends.
        new("X38", v => Crashed(v) && v.At >= v.Authority.FenceAt, HandOverRules.AwaitRenewal),
        new("X40", Crashed,
            v => new HaDecision.StartJob(
                new JobSpec.StartPrimary(v.Authority.FenceAt, v.StartTimeout(), v.RestartLabel() ?? "starting primary after failure", v.LedFrom()),
                new(v.Memory.Restart is null ? ReasonId.CrashRestart : ReasonId.RestartStarts))),
        new("X45", v => v.HasLease() && v.Directory() is { HasStandbySignal: true },
            v => new HaDecision.StartJob(
                new JobSpec.StartReplica(null, v.Settings.PgCtlTimeout, "restarting after failure"), new(ReasonId.StartAsReadOnly))),

        new("X50", v => v.StoreIsSilent() && v.Memory.FencedInSilence && !StartBackOff(v),
            v => new HaDecision.StartJob(
                new JobSpec.StartReplica(null, v.Settings.PgCtlTimeout, "starting after demotion"), new(ReasonId.StartAfterSilence))),
        new("X55", v => v.StoreIsSilent(), _ => new HaDecision.Wait(new(ReasonId.StoreSilent))),

        .. RewindRules.Stopped,

        new("X80", StartBackOff,
            v => new HaDecision.Wait(new(ReasonId.StartFailedBackOff, new() { Text = v.Memory.StartFailed!.Detail }), // tested in the predicate
                v.Memory.StartFailed.At + v.Settings.LoopWait)),
        new("X90", _ => true,
            v => new HaDecision.StartJob(
                new JobSpec.StartReplica(v.Upstream(), v.Memory.Restart is null ? v.Settings.PgCtlTimeout : v.StartTimeout(), v.RestartLabel() ?? "restarting after failure"),
                new(v.Memory.Restart is null ? ReasonId.StartAsReplica : ReasonId.RestartStarts))),
    ];

    /// <summary>This node holds the lease, and what lies here was a primary's when it stopped.</summary>
    private static bool Crashed(NodeView v) =>
        v.HasLease() && v.Directory() is { HasStandbySignal: false, HasBackupLabel: false, State: not (ControlState.ShutDownInRecovery or ControlState.InArchiveRecovery) };

    /// <summary>A crash of a server that is not to be waited for. What was stopped on purpose comes back.</summary>
    private static bool Yields(NodeView v) =>
        Crashed(v) && v.Settings.PrimaryStartTimeout == TimeSpan.Zero && v.Memory.Restart is null;

    private static ImmutableArray<PeerAddress> Others(NodeView v) => Ballots.Candidates(v, NodeName.Nobody);


    private static bool StartBackOff(NodeView v) => v.BackingOff(v.Memory.StartFailed?.At);
}
