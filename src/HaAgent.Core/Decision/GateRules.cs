using System.Collections.Immutable;
using HaAgent.Core.Authority;
using HaAgent.Core.Jobs;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;

namespace HaAgent.Core.Decision;

/// <summary>What must be settled before the role of the local server matters at all.</summary>
internal static class GateRules
{
    public static readonly ImmutableArray<HaRule> Rows =
    [
        // After a firing nothing is begun before the server is gone and the key is known not to be ours.
        new("G02", v => v.Guard.Fired, _ => new HaDecision.Wait(new(ReasonId.GuardFired))),

        // Nothing becomes writable here without a guard, and nobody waits for a node that cannot start one.
        new("G04", v => v.GuardIsGone() && !v.MayBeWritable() && v.HasLease() && v.Memory.HandOver is null && !v.Paused(),
            v => new HaDecision.ReleaseLease(default, v.Settings.Ttl, new(ReasonId.NoGuard))),
        // A server in recovery is not to be promoted, whatever is remembered of it; a primary has its own deadline (F70).
        new("G06", v => v.Guard.MissingSince is not null && (!v.MayBeWritable() || v.IsReplica()) && v.Memory.HandOver is null && !v.Paused()
                && (v.HasLease() || (v.Unlocked() && v.Running())),
            _ => new HaDecision.Wait(new(ReasonId.GuardStarting))),

        new("G10", v => v.Postgres.Directory is DataDirectory.Unreadable && v.HasLease() && !v.Running(),
            v => new HaDecision.ReleaseLease(default, v.Settings.LoopWait, Unreadable(v))),
        new("G15", v => v.Postgres.Directory is DataDirectory.Unreadable && !v.Running(),
            v => new HaDecision.Wait(Unreadable(v))),
        // Moved away or unmounted under a running primary: it must not write on while another is promoted.
        new("G18", v => v.Postgres.Directory is DataDirectory.Empty && v.MayBeWritable() && !v.Paused() && v.Memory.Founding == FoundingState.None,
            v => new HaDecision.Fence(v.At, new(ReasonId.DirectoryEmptyWhileLeading))),
        new("G20", v => v.Postgres.Directory is DataDirectory.Empty && !v.Running() && v.HasKey() && v.Memory.Founding == FoundingState.None,
            v => new HaDecision.ReleaseLease(default, v.Settings.LoopWait, new(ReasonId.DirectoryEmptyWhileLeading))),
        // A mount that came back, a copy by somebody's hand: what was acknowledged may not be in it.
        new("G22", v => v.Memory.DirectoryReplaced && !v.Running() && v.HasLease(),
            v => new HaDecision.ReleaseLease(default, v.Settings.Ttl, new(ReasonId.DirectoryReplacedWhileLeading))),
        new("G23", v => v.Postgres.Directory is DataDirectory.Foreign && v.HasLease() && !v.Running(),
            v => new HaDecision.ReleaseLease(default, v.Settings.Ttl, new(ReasonId.DirectoryForeignWhileLeading))),
        new("G25", v => v.Postgres.Directory is DataDirectory.Foreign,
            v => new HaDecision.Wait(new(ReasonId.DirectoryForeign, new() { Text = ((DataDirectory.Foreign)v.Postgres.Directory).Detail }))),

        // Made by this agent and never finished: whatever is in it, no server of this cluster ever ran from it.
        new("G30", v => v.Directory() is { Unfinished: true } && !v.Running() && v.Memory.Founding == FoundingState.None
                && !v.BackingOff(v.Memory.RepairFailedAt),
            v => new HaDecision.StartJob(new JobSpec.Discard(DiscardReason.CreationFailed, null), new(ReasonId.DirectoryUnfinished))),
        new("G32", v => v.Directory() is { Unfinished: true } && !v.Running() && v.Memory.Founding == FoundingState.None,
            v => new HaDecision.Wait(new(ReasonId.RepairBackOff), v.Memory.RepairFailedAt + v.Settings.LoopWait)),
        new("G34", v => v.Directory() is { Unfinished: true } && v.Running() && v.Memory.Founding == FoundingState.None && !v.Paused(),
            _ => new HaDecision.StartJob(new JobSpec.Stop("stopping an unfinished server", AtOnce: true), new(ReasonId.DirectoryUnfinished))),

        // A rewind that was broken off left pages of two histories, and a server would start from them as if nothing were.
        new("G36", v => IsDamaged(v) && v.HasLease(),
            v => new HaDecision.ReleaseLease(default, v.Settings.Ttl, new(ReasonId.DirectoryDamaged))),
        new("G38", v => IsDamaged(v) && (v.Paused() || !RewindRules.MayDiscardNow(v)), v => new HaDecision.Wait(new(ReasonId.DirectoryDamaged))),

        new("G40", v => IsForeignCluster(v) && v.Paused() && v.HasKey(),
            v => new HaDecision.ReleaseLease(default, v.Settings.LoopWait, Mismatch(v, ReasonId.SystemIdMismatchInPause))),
        new("G45", v => IsForeignCluster(v) && v.Paused(),
            v => new HaDecision.Wait(Mismatch(v, ReasonId.SystemIdMismatchInPause))),
        new("G50", IsForeignCluster, v => new HaDecision.Exit(1, StopFirst: true, Mismatch(v, ReasonId.SystemIdMismatch))),

        // First contact with a store that knows no cluster: only the node that is primary (or stopped) may name it.
        new("G60", v => IsUnnamed(v) && v.Unlocked() && !v.Paused() && !v.Memory.HasJoined && v.IsReplica(),
            v => new HaDecision.Exit(1, StopFirst: false, new(ReasonId.RunningAsReplicaWithoutInitialize))),
        new("G65", v => IsUnnamed(v) && !v.Paused() && (v.HasKey() || (v.Unlocked() && !v.Memory.HasJoined)) && v.Directory() is not null,
            v => new HaDecision.WriteInitialize(
                v.Directory()!.SystemIdentifier, // tested in the predicate
                KeyExists: v.Cluster!.Initialize is not null, // HasKey and Unlocked imply an answer
                new(ReasonId.RecordInitialize, new() { Text = v.Directory()!.SystemIdentifier }))), // tested in the predicate
        new("G70", v => v.HasKey() && v.HasLease() && v.Cluster is { Config: null } && v.Memory.Founding == FoundingState.None,
            v => new HaDecision.WriteConfig(new(ReasonId.RestoreConfig))),
    ];

    /// <summary>The server here belongs to another cluster than the one in the store: it has nothing to say there.</summary>
    public static bool IsForeignCluster(NodeView v) =>
        v.Cluster is { HasValidInitialize: true } cluster && v.Directory() is { Unfinished: false } directory
        && v.Memory.Founding == FoundingState.None
        && cluster.Initialize != directory.SystemIdentifier;

    private static bool IsUnnamed(NodeView v) =>
        v.Cluster is { HasValidInitialize: false } && v.Memory.Founding == FoundingState.None && v.Directory() is { Unfinished: false };

    private static bool IsDamaged(NodeView v) => v.Directory() is { Damaged: true } && !v.Running();

    private static Reason Unreadable(NodeView v) =>
        new(ReasonId.DirectoryUnreadable, new() { Text = ((DataDirectory.Unreadable)v.Postgres.Directory).Detail });

    private static Reason Mismatch(NodeView v, ReasonId id) =>
        new(id, new() { Text = v.Cluster?.Initialize, OtherText = v.Directory()?.SystemIdentifier });
}
