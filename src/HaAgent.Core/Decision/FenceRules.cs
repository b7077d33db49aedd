using System.Collections.Immutable;
using HaAgent.Core.Authority;
using HaAgent.Core.Model;
using HaAgent.Core.Snapshot;

namespace HaAgent.Core.Decision;

/// <summary>Before all else, whatever job runs and whoever answers: must the local server stop accepting writes?</summary>
internal static class FenceRules
{
    public static readonly ImmutableArray<HaRule> Rows =
    [
        new("F10", v => v.Memory.Fencing, v => new HaDecision.Wait(new(ReasonId.FencingUnderWay))),

        // The guard has ended the server, or is about to: what the store confirms to us by now counts for nothing (S1).
        new("F15", v => v.Guard.Fired && v.Running(), v => new HaDecision.Fence(v.At, new(ReasonId.GuardFired))),

        // What has run out has run out, whoever answers (S2). First, and without asking the store.
        new("F20", v => Threatens(v) && v.Authority is NodeAuthority.Unknown && v.At >= v.Authority.FenceAt,
            v => new HaDecision.Fence(v.Authority.GuardAt, new(ReasonId.AdoptionNotConfirmed, new() { At = v.Authority.Until }))),
        new("F30", v => Threatens(v) && v.LeaderIsAnother(),
            v => new HaDecision.Fence(v.At, new(ReasonId.AnotherLeads, new() { Node = v.LeaderName() }))),
        new("F40", v => Threatens(v) && v.Authority is NodeAuthority.Lease && v.Unlocked(),
            v => new HaDecision.Fence(v.At, new(ReasonId.LeaderKeyGone))),

        // A primary without any authority is nobody's primary, except one that may still take the key in the next turn:
        // that is Authority.Unknown, and has its own deadline above.
        new("F50", v => Threatens(v) && v.Authority.HasRunOut(v.At),
            v => new HaDecision.Fence(v.At, new(ReasonId.AuthorityRanOut, new() { At = v.Authority.Until }))),

        // The last moment at which an orderly stop still ends before the lease does (S2). Do not narrow this to a silent
        // store: one that answers reads but refuses writes (out of space) lets the lease run out all the same.
        new("F60", v => Threatens(v) && v.At >= v.Authority.FenceAt,
            v => new HaDecision.Fence(v.Authority.GuardAt, new(ReasonId.AuthorityNearlyRanOut, new() { At = v.Authority.Until }))),

        // Nobody would end the server if this agent were stopped now.
        new("F70", v => Threatens(v) && v.GuardIsGone(),
            v => new HaDecision.Fence(v.Authority.GuardAt, new(ReasonId.NoGuard))),
    ];

    private static bool Threatens(NodeView v) => !v.Paused() && v.MayBeWritable() && v.Authority is not NodeAuthority.Founding;
}
