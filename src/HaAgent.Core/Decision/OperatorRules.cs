using System.Collections.Immutable;
using HaAgent.Core.Contracts.Records;
using HaAgent.Core.Jobs;
using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Requests;
using HaAgent.Core.Snapshot;

namespace HaAgent.Core.Decision;

/// <summary>What operators asked for and was admitted: a restart, now or at its time; a new copy.</summary>
/// <remarks>A job runs no more, or the rows for it would have decided. The server's end is followed up by the rows for a stopped one.</remarks>
internal static class OperatorRules
{
    public static readonly ImmutableArray<HaRule> Rows =
    [
        new("O10", v => v.Memory.ScheduledRestart is not null && WhyDropped(v) is not null,
            v => new HaDecision.EndSchedule(Restart: false, new(ReasonId.ScheduledRestartDropped, new() { Text = When(v), OtherText = WhyDropped(v) }))),
        new("O15", v => v.Memory.ScheduledRestart is { } plan && v.Utc >= plan.At && MayRestart(v),
            v => new HaDecision.EndSchedule(Restart: true, new(ReasonId.ScheduledRestartDue, new() { Text = When(v) }))),

        new("O20", v => v.Memory.Restart is { Stopped: false } && v.Running() && v.Directory() is not null && !v.Guard.Fired,
            v => new HaDecision.StartJob(new JobSpec.StopForRestart(Checkpoint: v.IsPrimary(), v.IsPrimary() ? PrimaryRules.StopLimit(v) : null), new(ReasonId.RestartBegins))),

        // Pause starts nothing unasked: this was asked for. As primary only under a lease, as ever (S3).
        new("O25", v => IsToStartInPause(v) && v.Memory.Restart is { AsPrimary: true } && v.HasLease() && v.At < v.Memory.Authority.FenceAt,
            v => new HaDecision.StartJob(
                new JobSpec.StartPrimary(v.Memory.Authority.FenceAt, v.StartTimeout(), JobSpec.Restart, v.LedFrom()), new(ReasonId.RestartStarts))),
        new("O27", v => IsToStartInPause(v) && v.Memory.Restart is { AsPrimary: true } && v.HasLease(), HandOverRules.AwaitRenewal),

        // The lease was lost on the way. As a standby it does no harm, and the operator can have it promoted; not while the store is silent.
        new("O30", v => IsToStartInPause(v) && (v.Memory.Restart is { AsPrimary: false } || !v.StoreIsSilent()),
            v => new HaDecision.StartJob(new JobSpec.StartReplica(v.Upstream(), v.StartTimeout(), JobSpec.Restart), new(ReasonId.RestartStarts))),

        // S5: not before another node is the running primary; and that node itself is asked before anything is removed.
        new("O50", v => IsToCopy(v) && v.Running() && !v.MayBeWritable() && v.LeaderIsRunningPrimary(),
            v => new HaDecision.StartJob(
                new JobSpec.Stop(JobSpec.Reinitialize, AtOnce: true), new(ReasonId.ReinitBegins, new() { Node = v.LeaderName() }))),
        new("O60", v => IsToCopy(v) && IsToRemove(v) && v.LeaderIsRunningPrimary() && !v.BackingOff(v.Memory.RepairFailedAt),
            v => new HaDecision.StartJob(
                new JobSpec.Discard(DiscardReason.Requested, v.LeaderUpstream(), v.Cluster!.Initialize ?? ""), // LeaderIsRunningPrimary implies an answer
                new(ReasonId.ReinitDiscards, new() { Node = v.LeaderName() }))),
        new("O65", v => IsToCopy(v) && IsToRemove(v),
            v => new HaDecision.Wait(new(ReasonId.ReinitAwaitsLeader, new() { Node = v.LeaderName() }))),
        new("O70", v => IsToCopy(v) && v.Postgres.Directory is DataDirectory.Empty && !v.Running() && !v.BackingOff(v.Memory.RepairFailedAt)
                && EmptyDirectoryRules.Source(v, v.Memory.Reinit!.FromLeader) is { Member: not null },
            v => EmptyDirectoryRules.Copy(EmptyDirectoryRules.Source(v, v.Memory.Reinit!.FromLeader), asked: true)),
    ];

    /// <summary>It is not to be carried out any more; null: it is, or it may be yet.</summary>
    private static string? WhyDropped(NodeView v)
    {
        var plan = v.Memory.ScheduledRestart!; // rows test for one
        return plan.PostmasterStart is { } then && v.Sql()?.PostmasterStartTime is { } now && now != then ? "PostgreSQL was restarted meanwhile"
            : v.Utc > plan.At + v.ScheduleSlack() ? "it is late by more than one and a half loop_wait"
            : v.Utc >= plan.At && MayRestart(v) && !plan.Filter.Matches(v) ? "restart conditions are not satisfied"
            : null;
    }

    /// <summary>Not while nobody leads: this node may be needed. Nor by the clock alone during a pause.</summary>
    private static bool MayRestart(NodeView v) =>
        !v.Paused() && !v.LeaderName().IsNobody && v.Running() && v.Memory is { Restart: null, Reinit: null, HandOver: null, Fencing: false }
        && (!v.MayBeWritable() || v.HasLease());

    private static string When(NodeView v) => IsoTime.Text(v.Memory.ScheduledRestart!.At); // rows test for one

    private static bool IsToStartInPause(NodeView v) =>
        v.Memory.Restart is { Stopped: true } && v.Paused() && !v.Running() && v.MayBeStarted() && !v.Guard.Fired && !v.GuardIsGone();

    private static bool IsToCopy(NodeView v) => v.Memory.Reinit is not null && v.LeaderIsAnother() && !v.Guard.Fired;

    private static bool IsToRemove(NodeView v) => !v.Running() && v.Postgres.Directory is DataDirectory.Initialized or DataDirectory.Foreign;
}
