using System.Collections.Immutable;
using HaAgent.Core.Election;
using HaAgent.Core.Jobs;
using HaAgent.Core.Model;
using HaAgent.Core.Snapshot;

namespace HaAgent.Core.Decision;

/// <summary>What a node does while its PostgreSQL runs in recovery.</summary>
internal static class ReplicaRules
{
    public static readonly ImmutableArray<HaRule> Rows =
    [
        new("R10", v => v.HasLease() && v.HasKey() && v.Memory.PromoteIssued,
            v => new HaDecision.Wait(new(ReasonId.PromoteStillRunning))),
        new("R15", v => v.HasLease() && v.HasKey() && !v.MayBecomeLeader(),
            v => new HaDecision.ReleaseLease(default, v.Settings.Ttl, NotAllowed(v))),

        new("R17", v => v.HasLease() && v.HasKey() && v.Memory.PromoteFailed,
            v => new HaDecision.ReleaseLease(default, v.Settings.Ttl, new(ReasonId.PromoteFailed))),

        // S3: only the holder promotes, only after it holds the key, and not past the instant at which it would have to stop again.
        new("R20", v => v.HasLease() && v.HasKey(),
            v => new HaDecision.StartJob(new JobSpec.Promote(v.Authority.FenceAt), new(ReasonId.PromoteWonTheLease))),
        new("R25", v => v.StoreIsSilent(), _ => new HaDecision.Wait(new(ReasonId.StoreSilent))),


        // Ready, and nothing else: a job begun now would be in the way of taking over.
        new("R30", v => v.LeaderIsAnother() && v.RequestNamesMe() && !v.HasLeftHistory(),
            v => new HaDecision.Wait(new(ReasonId.AwaitingHandOver, new() { Node = v.LeaderName() }))),

        .. RewindRules.Running,

        new("R35", v => v.LeaderIsAnother() && v.Upstream() is null,
            v => new HaDecision.Wait(new(ReasonId.FollowingNobody, new() { Node = v.LeaderName() }))),
        new("R40", v => v.LeaderIsAnother(),
            v => new HaDecision.Wait(new(ReasonId.Following, new() { Node = v.LeaderName() }))),

        .. RaceRows,
    ];

    /// <summary>Nobody leads: may this node take the key?</summary>
    private static ImmutableArray<HaRule> RaceRows =>
    [
        new("R50", v => v.HasLeftHistory(), v => new HaDecision.Wait(new(ReasonId.RewindNeeded))),
        new("R52", v => !v.MayBecomeLeader(), v => new HaDecision.Wait(NotAllowed(v))),
        new("R54", v => v.Position() == Lsn.Unknown, _ => new HaDecision.Wait(new(ReasonId.PositionUnknown))),
        new("R56", v => v.At < v.Memory.HoldBackUntil && !v.RequestNamesMe(),
            v => new HaDecision.Wait(new(ReasonId.HeldBack, new() { At = v.Memory.HoldBackUntil }), v.Memory.HoldBackUntil)),

        // The last try was refused a moment ago.
        new("R57", v => !v.RenewalDue(), v => new HaDecision.Wait(new(ReasonId.HeldBack, new() { At = v.Memory.RenewAt }), v.Memory.RenewAt)),

        // A named candidate asks nobody: the old leader handed over to it, or the operator decided. A key that expired was handed
        // over by nobody, and one that was given away further on than this node is was meant for another: then a switchover's candidate
        // is a candidate like any other.
        new("R58", v => v.RequestNamesMe()
                && !(v.Request() is { IsSwitchover: true } && (v.Memory.Loss is { ByExpiry: true } || GivenAwayAhead(v) is not null)),
            v => Race(v, ReasonId.RequestedCandidate)),

        // The store dropped the lease sooner than it promised: its word alone does not prove the old leader dead.
        new("R60", v => EarlyLoss(v) is { } loss && Ballots.Of(v, loss.Leader) is not { } && v.Memory.AskingSince is null && OldLeader(v) is not null,
            v => new HaDecision.AskPeers([OldLeader(v)!.Value], v.Settings.RetryTimeout, About(v, ReasonId.EarlyExpiryAsk))), // tested
        new("R62", v => EarlyLoss(v) is { } loss && OldLeader(v) is not null && Ballots.Of(v, loss.Leader) is null && v.At < loss.At + v.Settings.RetryTimeout,
            v => new HaDecision.Wait(About(v, ReasonId.EarlyExpiryAsk), v.Memory.Loss!.At + v.Settings.RetryTimeout)), // EarlyLoss tested it

        new("R64", LagsTooMuch,
            v => new HaDecision.Wait(new(ReasonId.LagTooLarge,
                new() { Mine = v.Position(), Theirs = v.Cluster!.Status.Optime, Bound = v.Settings.MaximumLagOnFailover }))), // silence: R25
        new("R66", v => v.Settings.CheckTimeline && (!v.Timeline().IsKnown || v.Timeline() < v.Cluster!.ClusterTimeline), // silence: R25
            v => new HaDecision.Wait(new(ReasonId.TimelineBehind, new() { MyTimeline = v.Timeline(), TheirTimeline = v.Cluster!.ClusterTimeline }))),

        new("R70", v => !Ballots.AreIn(v, Since(v)) && v.Memory.AskingSince is null,
            v => new HaDecision.AskPeers(Ballots.Electorate(v), Ballots.Timeout, new(ReasonId.RaceAskPeers))),
        new("R72", v => !Ballots.AreIn(v, Since(v)),
            v => new HaDecision.Wait(new(ReasonId.RacePeersAsked), Ballots.LookAgain(v))),

        // Given away, the key is for who has all of it. As long as somebody may, whom we have not heard: not for longer than a lease.
        new("R73", v => GivenAwayAhead(v) is { } loss && v.At < loss.At + v.Settings.Ttl && Ballots.Electorate(v).Any(peer => !HasTold(v, peer.Name)),
            v => new HaDecision.Wait(new(ReasonId.GivenAwayAhead,
                new() { Node = v.Memory.Loss!.Leader, Mine = v.Position(), Theirs = v.Cluster!.Status.Optime, At = v.Memory.Loss.At + v.Settings.Ttl }), Again(v))), // tested

        // An operator asked for another node and it can: leave it the key. Not in a switchover whose candidate is behind: the key
        // ran out before it was handed over, and it will wait for us as we would for it.
        new("R74", v => v.Request() is { Candidate.IsNobody: false } request
                && Ballots.Of(v, request.Candidate)?.Answer is PeerAnswer.Answered { Tags.NoFailover: false, WatchdogFailed: false } peer
                && (!request.IsSwitchover || peer.Position >= v.Position()),
            v => new HaDecision.Wait(new(ReasonId.CandidateShouldLead, new() { Node = v.Request()!.Candidate }), Again(v))), // tested
        // Likewise this node, if it is the one that was to hand over: to who has as much as it has itself.
        new("R76", v => v.Request() is { IsSwitchover: true } request && request.Leader == v.Self
                && !CandidateRanking.Able(v, Ballots.Candidates(v, NodeName.Nobody), v.Position()).IsEmpty,
            v => new HaDecision.Wait(new(ReasonId.CandidateShouldLead), Again(v))),

        new("R80", v => Judge(v).Verdict == CandidateRanking.Verdict.AnotherIsAlive,
            v => new HaDecision.Wait(About(v, ReasonId.AnotherIsAlive), Again(v))),
        new("R82", v => Judge(v).Verdict == CandidateRanking.Verdict.AnotherIsAhead,
            v => new HaDecision.Wait(About(v, ReasonId.AnotherIsAhead), Again(v))),
        new("R84", v => Judge(v).Verdict == CandidateRanking.Verdict.AnotherHasPriority,
            v => new HaDecision.Wait(About(v, ReasonId.AnotherHasPriority), Again(v))),
        new("R90", _ => true, v => Race(v, ReasonId.Healthiest)),
    ];

    private static HaDecision Race(NodeView v, ReasonId why) =>
        new HaDecision.RaceForLease(v.Sql()?.WalPosition ?? default, new(why, new() { Mine = v.Position() }));

    /// <summary>Ballots must be from after the loss: earlier ones tell where peers were while writes still came.</summary>
    private static Instant Since(NodeView v) => v.Memory.Loss?.At ?? default;

    /// <summary>While nobody leads, look again soon: who should have taken the key may have failed to.</summary>
    private static Instant Again(NodeView v) => v.At + Ballots.Fresh;

    private static bool LagsTooMuch(NodeView v) =>
        v.Request() is null && v.Cluster!.Status.Optime.AheadOf(v.Position()) > v.Settings.MaximumLagOnFailover // silence: R25
        && v.Cluster.Status.Optime.IsKnown;

    private static CandidateRanking.Outcome Judge(NodeView v)
    {
        var former = v.Memory.Loss?.Leader ?? NodeName.Nobody;
        return CandidateRanking.Judge(
            v.Self, v.Sql()?.WalPosition ?? default, v.Settings.Tags.FailoverPriority, former,
            v.Settings.CheckTimeline ? v.Cluster?.ClusterTimeline ?? Timeline.Unknown : Timeline.Unknown,
            (name, timeline, position) => v.Cluster?.WasLeftBy(Newest(v, name, timeline), position) == true,
            Ballots.Electorate(v).Select(peer => Ballots.Of(v, peer.Name)).OfType<PeerReading>());
    }

    /// <summary>
    /// A server that streams from nobody may speak of a timeline that it left minutes ago; its record was written while it knew better.
    /// </summary>
    private static Timeline Newest(NodeView v, NodeName name, Timeline told)
    {
        var (now, before) = (v.Cluster?.Find(name)?.Timeline ?? default, v.Memory.LastLed?.Find(name)?.Timeline ?? default);
        var published = now > before ? now : before;
        return told.IsKnown && published > told ? published : told;
    }

    private static Reason About(NodeView v, ReasonId id)
    {
        var outcome = Judge(v);
        var node = id == ReasonId.EarlyExpiryAsk ? v.Memory.Loss?.Leader ?? NodeName.Nobody : outcome.Node;
        return new(id, new() { Node = node, Mine = v.Position(), Theirs = outcome.Theirs });
    }

    /// <summary>The old leader let go, and said how far it had come: further than this node.</summary>
    private static LeaderLoss? GivenAwayAhead(NodeView v) =>
        v.Memory.Loss is { ByExpiry: false } loss && v.Cluster is { Status.Optime: { IsKnown: true } optime } && optime > v.Position() ? loss : null;

    private static bool HasTold(NodeView v, NodeName peer) => Ballots.Of(v, peer)?.Answer is PeerAnswer.Answered { Position.IsKnown: true };

    private static LeaderLoss? EarlyLoss(NodeView v) => v.Memory.Loss is { Early: true } loss ? loss : null;

    private static Ports.PeerAddress? OldLeader(NodeView v) =>
        v.Memory.Loss is { } loss && v.Memory.LastLed?.Find(loss.Leader) is { ApiUrl: { } url } ? new(loss.Leader, url) : null;

    private static Reason NotAllowed(NodeView v) =>
        v.Settings.Unsupported.Any(setting => setting.EndangersCommits)
            ? new(ReasonId.UnsupportedSettings, new() { Text = string.Join(", ", v.Settings.Unsupported.Where(s => s.EndangersCommits).Select(s => s.Name)) })
            : new(ReasonId.NotAllowed);
}
