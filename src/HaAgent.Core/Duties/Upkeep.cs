using System.Collections.Immutable;
using HaAgent.Core.Decision;
using HaAgent.Core.Election;
using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;

namespace HaAgent.Core.Duties;

/// <summary>Which upkeep is due, in order. Pure.</summary>
internal static class Upkeep
{
    public static ImmutableArray<Duty> Due(NodeView v, NodeIdentity identity)
    {
        var duties = ImmutableArray.CreateBuilder<Duty>();
        AddIf(duties, StatusRecordDuty.Due(v));
        AddIf(duties, HistoryDuty.Due(v));
        AddIf(duties, ConfigurationDuty.Due(v));
        AddIf(duties, MemberSlotsDuty.Due(v));
        if (v.Memory.PromoteCheckpoint == CheckpointState.Due && v.Sql() is { InRecovery: false })
        {
            duties.Add(new Duty.Checkpoint());
        }

        if (v.Sql() is { InRecovery: true, ReplayPaused: true } && !v.Paused() && v.Job is null)
        {
            duties.Add(new Duty.ResumeReplay());
        }

        AddIf(duties, MemberRecordDuty.Due(v, identity));
        if (!v.HasLease() && !v.StoreIsSilent() && IsSessionDue(v))
        {
            duties.Add(new Duty.KeepSession());
        }

        if (v.RequestNamesMe() && v.LeaderIsAnother() && v.Memory.WarmedUpFor != v.Cluster!.Failover.Version) // a request implies an answer
        {
            duties.Add(new Duty.WarmUp(Ballots.Electorate(v), v.Cluster.Failover.Version));
        }

        return duties.ToImmutable();
    }

    /// <summary>
    /// With each tick, also with one that comes a little sooner after the last keeping than <c>loop_wait</c>: to wait for the next would
    /// be two of them, as long as the shortest lease allowed.
    /// </summary>
    private static bool IsSessionDue(NodeView v) =>
        v.Memory.SessionKeptAt is not { } kept || v.At >= kept + v.Settings.LoopWait || (v.IsTick && v.At >= kept + (v.Settings.LoopWait / 2));

    private static void AddIf(ImmutableArray<Duty>.Builder duties, Duty? duty)
    {
        if (duty is not null)
        {
            duties.Add(duty);
        }
    }
}
