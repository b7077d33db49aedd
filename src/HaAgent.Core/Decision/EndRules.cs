using System.Collections.Immutable;
using HaAgent.Core.Jobs;
using HaAgent.Core.Model;
using HaAgent.Core.Snapshot;

namespace HaAgent.Core.Decision;

/// <summary>The agent was told to end: hand over, stop PostgreSQL, go. In pause: just go.</summary>
internal static class EndRules
{
    public static readonly ImmutableArray<HaRule> Rows =
    [
        new("Z10", v => v.Paused(), _ => new HaDecision.Exit(0, StopFirst: false, new(ReasonId.EndPaused))),
        new("Z20", v => v.Running() && v.Memory.HandOver is null && v.HasLease() && v.IsPrimary(),
            v => new HaDecision.StartJob(
                new JobSpec.StopForHandOver(NodeName.Nobody, ForShutdown: true, Manual: false, DcsVersion.Absent), new(ReasonId.EndStopPrimary))),
        new("Z30", v => v.Running() && v.Memory.HandOver is null,
            _ => new HaDecision.StartJob(new JobSpec.Stop("shutdown"), new(ReasonId.EndStopReplica))),

        .. HandOverRules.Down,

        new("Z80", v => v.HasLease() && v.HasKey() && !v.Running(),
            _ => new HaDecision.ReleaseLease(default, TimeSpan.MaxValue, new(ReasonId.EndRelease))),
        new("Z82", v => v.Memory.Founding != FoundingState.None && v.Cluster is { Initialize: "" },
            _ => new HaDecision.DeleteInitialize(new(ReasonId.ClaimVoid))),
        new("Z85", v => v.Running(), _ => new HaDecision.Wait(new(ReasonId.HandOverAwaitExit))),
        new("Z90", _ => true, _ => new HaDecision.Exit(0, StopFirst: false, new(ReasonId.End))),
    ];
}
