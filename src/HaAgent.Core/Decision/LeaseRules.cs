using System.Collections.Immutable;
using HaAgent.Core.Authority;
using HaAgent.Core.Snapshot;

namespace HaAgent.Core.Decision;

/// <summary>Second, in every situation: is a renewal due? Nothing else of the turn comes before it.</summary>
internal static class LeaseRules
{
    public static readonly ImmutableArray<HaRule> Rows =
    [
        new("L05", v => v.Memory.LeaseRequest != LeaseRequest.None, v => new HaDecision.Wait(new(ReasonId.LeaseRequestUnderWay))),

        // The guard has fired. First the server's end, which the fence table sees to; then the key is given up. A server that is just
        // being started may not have a process yet that the guard could find.
        new("L07", v => v.Guard is { Fired: true, NothingRuns: true } && v.NothingComesUp() && v.HasKey(),
            v => new HaDecision.ReleaseLease(default, v.Settings.LoopWait, new(ReasonId.GuardFired))),

        // A restarted agent over a running primary: its lease is not lost, only unknown. The store may still hold the key in
        // our name, or nobody's; a lease that was never confirmed here may be made anew, one that was may not.
        new("L10", v => !v.Guard.Fired && v.Memory.Authority is NodeAuthority.Unknown && (v.HasKey() || v.StoreIsSilent()) && v.RenewalDue(),
            v => new HaDecision.RenewLease(MayCreate: v.HasKey(), new(ReasonId.ConfirmAdoption, new() { At = v.Authority.Until }))),

        new("L20", v => KeepsLease(v) && v.StoreIsSilent() && v.RenewalDue(),
            v => new HaDecision.RenewLease(MayCreate: false, new(ReasonId.StoreSilent, new() { At = v.Memory.Authority.Until }))),
        new("L30", v => KeepsLease(v) && v.RenewalDue(),
            v => new HaDecision.RenewLease(MayCreate: false, new(ReasonId.RenewalDue, new() { At = v.Memory.Authority.Until }))),
    ];

    /// <summary>The key is ours by our own account or by the store's, and we have not given it away.</summary>
    private static bool KeepsLease(NodeView v) =>
        !v.Guard.Fired
        && v.Memory.HandOver is not { Released: true }
        && (v.Memory.Authority is NodeAuthority.Lease || (v.HasKey() && v.At >= v.Memory.HoldBackUntil)) // what was given away is not taken back
        && !v.LeaderIsAnother()
        && v.Memory.Founding == FoundingState.None;
}
