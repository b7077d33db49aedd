using System.Collections.Immutable;
using HaAgent.Core.Authority;
using HaAgent.Core.Election;
using HaAgent.Core.Jobs;
using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;

namespace HaAgent.Core.Decision;

/// <summary>What a node does while its PostgreSQL runs as primary. Whether it may go on at all is decided before (F, L rows).</summary>
internal static class PrimaryRules
{
    public static readonly ImmutableArray<HaRule> Rows =
    [
        new("P10", v => v.StoreIsSilent(), v => new HaDecision.Wait(new(ReasonId.StoreSilent, new() { At = v.Authority.Until }))),

        // A restarted agent, or the end of a pause: nobody holds the key. A primary that knows of no newer timeline may take it.
        new("P20", v => v.Memory.Authority is NodeAuthority.Unknown && v.Unlocked() && IsBehindHistory(v),
            v => new HaDecision.Fence(v.At, new(ReasonId.TimelineBehind,
                new() { MyTimeline = v.Timeline(), TheirTimeline = v.Cluster!.ClusterTimeline }))), // Unlocked implies an answer
        new("P30", v => v.Memory.Authority is NodeAuthority.Unknown && v.Unlocked() && v.RenewalDue(),
            v => new HaDecision.RaceForLease(v.Sql()?.WalPosition ?? default, new(ReasonId.NoLeaderPrimary))),
        new("P35", v => v.Memory.Authority is NodeAuthority.Unknown,
            v => new HaDecision.Wait(new(ReasonId.ConfirmAdoption, new() { At = v.Authority.Until }), v.Memory.RenewAt)),

        // Under pause nothing begins by the clock.
        new("P37", v => ScheduledAt(v) is { } at && v.Utc > at + v.ScheduleSlack(), v => Clear(v, ReasonId.RequestStale)),
        new("P38", v => ScheduledAt(v) is { } at && v.Utc >= at,
            v => new HaDecision.BeginScheduledSwitchover(new(ReasonId.RequestScheduleDue, new() { Text = When(v) }))),
        .. SwitchoverRows,

        new("P90", _ => true, v => new HaDecision.Wait(new(ReasonId.Steady, new() { Node = v.Self }))),
    ];

    /// <summary>A switchover or failover request, as the leader sees it. Also part of the pause table.</summary>
    public static ImmutableArray<HaRule> SwitchoverRows =>
    [
        new("P40", v => ScheduledAt(v) is not null,
            v => new HaDecision.Wait(new(ReasonId.RequestAwaitsSchedule, new() { Text = When(v) }), v.Paused() ? null : v.InstantOf(ScheduledAt(v)!.Value))), // tested
        new("P45", v => v.Request() is { IsSwitchover: true } request && request.Leader != v.Self,
            v => Clear(v, ReasonId.RequestNamesOtherLeader)),
        new("P50", v => v.RequestNamesMe(), v => Clear(v, ReasonId.RequestNamesSelf)),
        new("P57", v => v.Request() is { } request && request.Version == v.Memory.RequestTried, v => Clear(v, ReasonId.HandOverTriedAlready)),
        new("P60", v => v.Request() is not null && v.Memory.AskingSince is { } since && v.At < since + Ballots.Timeout,
            v => new HaDecision.Wait(new(ReasonId.SwitchoverCheckPeers), v.Memory.AskingSince + Ballots.Timeout)),
        new("P65", v => v.Request() is { } request && !Candidates(v, request).IsEmpty && !Ballots.AreFresh(v, Candidates(v, request), default),
            v => new HaDecision.AskPeers(Candidates(v, v.Request()!), Ballots.Timeout, new(ReasonId.SwitchoverCheckPeers))), // tested
        new("P70", v => v.Request() is { } request && !CandidateRanking.Able(v, Candidates(v, request), default).Any(name => SharesHistory(v, name)),
            v => Clear(v, ReasonId.RequestNoCandidate)),
        new("P80", v => v.Request() is not null,
            v => new HaDecision.StartJob(
                new JobSpec.StopForHandOver(
                    v.Request()!.Candidate, ForShutdown: false, // tested in the predicate
                    !v.Request()!.IsSwitchover, v.Request()!.Version, StopLimit(v)),
                new(ReasonId.HandingOver, new() { Node = v.Request()!.Candidate }))),
    ];

    private static DateTimeOffset? ScheduledAt(NodeView v) => v.Cluster is { Failover: { IsPresent: true } request } ? request.ScheduledAt : null;

    private static string When(NodeView v) => Contracts.Records.IsoTime.Text(ScheduledAt(v)!.Value); // rows test for it

    /// <summary>A position proves something only on the same timeline: it streams from here, or says that it is on ours.</summary>
    private static bool SharesHistory(NodeView v, NodeName candidate) =>
        v.Sql() is not { } sql
        || sql.WalSenders.Any(sender => sender.State == "streaming" && sender.ApplicationName == candidate.Value)
        || (Ballots.Of(v, candidate)?.Answer is PeerAnswer.Answered peer && peer.Timeline == sql.Timeline);

    /// <summary>Without a limit the stop takes as long as it takes, and the operator reads what it waits for.</summary>
    public static TimeSpan? StopLimit(NodeView v) =>
        v.Settings.PrimaryStopTimeout > TimeSpan.Zero ? v.Settings.PrimaryStopTimeout : null;

    private static ImmutableArray<PeerAddress> Candidates(NodeView v, FailoverRequest request) => Ballots.Candidates(v, request.Candidate);

    public static HaDecision Clear(NodeView v, ReasonId why) =>
        new HaDecision.ClearFailover(v.Cluster!.Failover.Version, NodeName.Nobody, // only rows with a request come here
            new(why, new() { Node = v.Cluster.Failover.Leader, Text = v.Cluster.Failover.Action }));

    private static bool IsBehindHistory(NodeView v) =>
        v.Timeline().IsKnown && v.Timeline() < v.Cluster!.ClusterTimeline; // asked only when unlocked: the store answered
}
