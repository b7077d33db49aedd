using System.Collections.Immutable;
using HaAgent.Core.Jobs;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;

namespace HaAgent.Core.Decision;

/// <summary>This node won the right to found the cluster: from initdb to the first leader key.</summary>
internal static class FoundingRules
{
    public static readonly ImmutableArray<HaRule> Rows =
    [
        new("B10", v => v.Memory.Founding == FoundingState.Failed && v.Running(),
            _ => new HaDecision.StartJob(new JobSpec.Stop("stopping after a failed bootstrap"), new(ReasonId.FoundingFailed))),
        new("B20", v => v.Memory.Founding == FoundingState.Failed && v.Postgres.Directory is not DataDirectory.Empty && !v.BackingOff(v.Memory.RepairFailedAt),
            _ => new HaDecision.StartJob(new JobSpec.Discard(DiscardReason.CreationFailed, null), new(ReasonId.FoundingFailed))),
        new("B30", v => v.Memory.Founding == FoundingState.Failed && v.Cluster is { Initialize: "" },
            _ => new HaDecision.DeleteInitialize(new(ReasonId.FoundingFailed))),
        new("B35", v => v.Memory.Founding == FoundingState.Failed && !v.StoreIsSilent(),
            _ => new HaDecision.Exit(1, StopFirst: false, new(ReasonId.FoundingFailed))),
        new("B40", v => v.Memory.Founding == FoundingState.Making,
            _ => new HaDecision.StartJob(new JobSpec.Found(), new(ReasonId.WonInitialize))),
        new("B50", v => v.StoreIsSilent(), _ => new HaDecision.Wait(new(ReasonId.StoreSilent))),
        new("B60", v => v.Sql() is not { InRecovery: false } || v.Directory() is null,
            _ => new HaDecision.Wait(new(ReasonId.FoundingStillStarting))),
        new("B70", v => !v.Cluster!.HasValidInitialize, // B50 caught silence
            v => new HaDecision.WriteInitialize(
                v.Directory()!.SystemIdentifier, // B60 caught its absence
                KeyExists: v.Cluster!.Initialize is not null,
                new(ReasonId.RecordFounding, new() { Text = v.Directory()!.SystemIdentifier }))),
        new("B80", v => v.Cluster!.Config is null, _ => new HaDecision.WriteConfig(new(ReasonId.RecordFounding))),
        // From the first leader key on this is a primary like any other, and none is without a guard.
        new("B85", v => v.Guard.MissingSince is not null, _ => new HaDecision.Wait(new(ReasonId.NoGuard))),
        new("B90", _ => true, _ => new HaDecision.TakeLease(new(ReasonId.FirstLeader))),
    ];
}
