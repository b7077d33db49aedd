using System.Collections.Immutable;
using HaAgent.Core.Jobs;
using HaAgent.Core.Model;
using HaAgent.Core.Snapshot;

namespace HaAgent.Core.Decision;

/// <summary>Pause: the operator decides. The lock is kept, nothing is started, stopped or promoted unasked.</summary>
internal static class PausedRules
{
    public static readonly ImmutableArray<HaRule> Rows =
    [
        new("U10", v => !v.Running() && v.Memory.HandOver is { Released: true },
            v => new HaDecision.StartJob(
                new JobSpec.StartReplica(v.Upstream(), v.Settings.PgCtlTimeout, "starting after demotion"), new(ReasonId.PauseRestartReplica))),
        new("U20", v => !v.Running() && v.HasKey(),
            v => new HaDecision.ReleaseLease(default, v.Settings.LoopWait, new(ReasonId.PauseReleaseNotRunning))),
        new("U25", v => !v.Running(), _ => new HaDecision.Wait(new(ReasonId.PauseNotRunning))),
        new("U30", v => v.StoreIsSilent(), _ => new HaDecision.Wait(new(ReasonId.StoreSilent))),

        // Nothing fails over by itself here: whom to switch to is the operator's to say.
        new("U35", v => v.IsPrimary() && v.HasKey() && v.HasLease() && AsksForAnybody(v),
            v => PrimaryRules.Clear(v, ReasonId.RequestNeedsCandidateInPause)),
        .. PrimaryRules.SwitchoverRows.Select(row => row with
        {
            Id = "U" + row.Id,
            When = v => v.IsPrimary() && v.HasKey() && v.HasLease() && row.When(v),
        }),

        new("U40", v => v.IsPrimary() && v.HasKey(), v => new HaDecision.Wait(new(ReasonId.PausePrimaryWithLease, new() { Node = v.Self }))),

        // The system identifier was checked at the gate. A new key only: an old one that hangs on a lost lease is renewed (L30).
        new("U45", v => v.IsPrimary() && v.Unlocked() && v.RenewalDue(),
            v => new HaDecision.RaceForLease(v.Sql()?.WalPosition ?? default, new(ReasonId.PausePrimaryAcquires))),
        new("U48", v => v.IsPrimary() && v.Unlocked(),
            v => new HaDecision.Wait(new(ReasonId.PausePrimaryWithoutLease), v.Memory.RenewAt)), // the last try was refused a moment ago
        new("U50", v => v.IsPrimary(), v => new HaDecision.Wait(new(ReasonId.PausePrimaryWithoutLease))),

        new("U60", v => v.IsReplica() && v.HasKey() && v.HasLease() && v.RequestNamesMe() && !v.Memory.PromoteIssued && v.MayBecomeLeader(),
            v => new HaDecision.StartJob(new JobSpec.Promote(LeaseFence(v)), new(ReasonId.PromoteWonTheLease))),
        new("U65", v => v.IsReplica() && v.HasKey() && (v.RequestNamesMe() || v.Memory.PromoteIssued),
            _ => new HaDecision.Wait(new(ReasonId.PauseWaitingToPromote))),
        new("U70", v => v.IsReplica() && v.HasKey(),
            v => new HaDecision.ReleaseLease(default, v.Settings.LoopWait, new(ReasonId.PauseReleaseNotPrimary))),
        new("U75", v => v.IsReplica() && v.Unlocked() && v.RequestNamesMe() && v.MayBecomeLeader() && v.RenewalDue(),
            v => new HaDecision.RaceForLease(v.Sql()?.WalPosition ?? default, new(ReasonId.RequestedCandidate))),
        new("U80", v => v.IsReplica() && v.Unlocked() && v.RequestNamesMe() && v.MayBecomeLeader(),
            v => new HaDecision.Wait(new(ReasonId.HeldBack, new() { At = v.Memory.RenewAt }), v.Memory.RenewAt)),
        new("U90", _ => true, v => new HaDecision.Wait(new(ReasonId.PauseReplica, new() { Node = v.LeaderName() }))),
    ];

    private static bool AsksForAnybody(NodeView v) =>
        v.Request() is { Candidate.IsNobody: true } request && (request.Leader.IsNobody || request.Leader == v.Self);

    // Under pause a primary needs no lease to go on; a promotion still needs one to begin (S3).
    private static Instant LeaseFence(NodeView v) => v.Memory.Authority.FenceAt;
}
