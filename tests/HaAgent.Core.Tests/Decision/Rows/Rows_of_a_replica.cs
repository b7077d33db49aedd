using HaAgent.Core.Decision;
using HaAgent.Core.Jobs;
using HaAgent.Core.Snapshot;
using static HaAgent.Core.Tests.Decision.Rows.Example;

namespace HaAgent.Core.Tests.Decision.Rows;

/// <summary>PostgreSQL runs in recovery: it follows, or it may take over.</summary>
internal static class Rows_of_a_replica
{
    private static readonly ulong Here = Given.Here.Value;
    private static readonly UnsupportedSetting Synchronous = new("synchronous_mode", "true", EndangersCommits: true);

    private static Given Winner() => Given.Replica().LeadBy("b").WithLease(TimeSpan.Zero);

    private static Given Diverging(RewindState state) =>
        Given.Replica().Settings(s => s with { UsePgRewind = true }).Remember(m => m with { Rewind = state });

    public static readonly Example[] All =
    [
        Of<HaDecision.Wait>("R10", ReasonId.PromoteStillRunning,
            "The promotion was issued and is not seen yet: it is not issued twice",
            Winner().Remember(m => m with { PromoteIssued = true, LocalRole = LocalRole.Primary })),
        Of<HaDecision.ReleaseLease>("R15", ReasonId.NotAllowed,
            "The key is held by a node that became nofailover meanwhile: it is given up",
            Winner().Tags(t => t with { NoFailover = true })),
        Of<HaDecision.ReleaseLease>("R15", ReasonId.UnsupportedSettings,
            "The key is held by a node of a cluster that asks for a promise it cannot keep",
            Winner().Settings(s => s with { Unsupported = [Synchronous] })),
        Of<HaDecision.ReleaseLease>("R17", ReasonId.PromoteFailed,
            "The promotion failed: the key is given up for another to try",
            Winner().Remember(m => m with { PromoteFailed = true })),
        Of<JobSpec.Promote>("R20", ReasonId.PromoteWonTheLease,
            "The key is held and confirmed: the replica is promoted", // S3
            Winner()),
        Of<HaDecision.Wait>("R25", ReasonId.StoreSilent,
            "The store is silent: a replica does nothing", // S3, S6
            Given.Replica().StoreSilent()),
        Of<HaDecision.Wait>("R30", ReasonId.AwaitingHandOver,
            "A switchover names this replica: it is ready, and begins no job",
            Given.Replica().Requested("a", "b")),
        Of<JobSpec.Compare>("W70", ReasonId.RewindCheckDue,
            "A running replica has reason to compare its history with the leader's",
            Diverging(RewindState.CheckDue)),
        Of<JobSpec.Stop>("W80", ReasonId.RewindNeeded,
            "A running replica's history has diverged: it stops to be rewound",
            Diverging(RewindState.Needed)),
        Of<JobSpec.Stop>("W90", ReasonId.RewindFailedDiscard,
            "A running replica could not be rewound and may be made anew: it stops for it",
            Diverging(RewindState.Failed).Settings(s => s with { RemoveDataDirectoryOnRewindFailure = true })),
        Of<HaDecision.Wait>("R35", ReasonId.FollowingNobody,
            "A replica tagged nostream follows nobody",
            Given.Replica().Tags(t => t with { NoStream = true })),
        Of<HaDecision.Wait>("R40", ReasonId.Following,
            "A replica follows its leader",
            Given.Replica()),
        Of<HaDecision.Wait>("R50", ReasonId.RewindNeeded,
            "Nobody leads, and this replica's history has left the cluster's",
            Given.Replica().Loss().Remember(m => m with { Rewind = RewindState.Needed })),
        Of<HaDecision.Wait>("R52", ReasonId.NotAllowed,
            "Nobody leads, and this replica is tagged nofailover",
            Given.Replica().Loss().Tags(t => t with { NoFailover = true })),
        Of<HaDecision.Wait>("R52", ReasonId.UnsupportedSettings,
            "Nobody leads, and the cluster asks for a promise that this node cannot keep",
            Given.Replica().Loss().Settings(s => s with { Unsupported = [Synchronous] })),
        Of<HaDecision.Wait>("R54", ReasonId.PositionUnknown,
            "Nobody leads, and this replica does not know how far it is", // S6
            Given.Replica().Running(inRecovery: true, position: 0).Loss()),
        Of<HaDecision.Wait>("R56", ReasonId.HeldBack,
            "Nobody leads, and this replica gave the key up a moment ago",
            Given.Replica().Loss().Remember(m => m with { HoldBackUntil = Given.Now + TimeSpan.FromSeconds(1) })),
        Of<HaDecision.Wait>("R57", ReasonId.HeldBack,
            "Nobody leads, and the store refused this replica the key a moment ago",
            Given.Replica().Loss().Remember(m => m with { RenewAt = Given.Now + TimeSpan.FromMilliseconds(1) })),
        Of<HaDecision.RaceForLease>("R58", ReasonId.RequestedCandidate,
            "The old leader handed over to this replica",
            Given.Replica().Requested("a", "b").NobodyLeads()),
        Of<HaDecision.AskPeers>("R60", ReasonId.EarlyExpiryAsk,
            "The lease ended sooner than it should: the old leader is asked whether it lives", // S1
            Given.Replica().Loss(early: true)),
        Of<HaDecision.Wait>("R62", ReasonId.EarlyExpiryAsk,
            "The lease ended sooner than it should and the old leader's answer is awaited", // S1
            Given.Replica().Loss(early: true).Remember(m => m with { AskingSince = Given.Now })),
        Of<HaDecision.Wait>("R64", ReasonId.LagTooLarge,
            "Nobody leads, and this replica is too far behind the leader's last word",
            Given.Replica().Running(inRecovery: true, Here - 1048577).Loss()),
        Of<HaDecision.Wait>("R66", ReasonId.TimelineBehind,
            "Nobody leads, check_timeline is on, and this replica's timeline is behind the cluster's",
            Given.Replica().Loss().Settings(s => s with { CheckTimeline = true })
                .Store(c => c with { History = [new(new(4), new(1), "", null, null)] })),
        Of<HaDecision.AskPeers>("R70", ReasonId.RaceAskPeers,
            "Nobody leads: the others are asked how far they are",
            Given.Replica().Loss()),
        Of<HaDecision.Wait>("R72", ReasonId.RacePeersAsked,
            "Nobody leads, and the others' answers are awaited",
            Given.Replica().Loss().NoBallot("a").Remember(m => m with { AskingSince = Given.Now })),
        Of<HaDecision.Wait>("R73", ReasonId.GivenAwayAhead,
            "The old leader handed over at a position that this replica does not have, and another member, which may have it, does not answer",
            Given.Replica("c").Running(inRecovery: true, Here - 1).Loss(byExpiry: false).NoBallot("a").NoBallot("b")),
        Of<HaDecision.Wait>("R74", ReasonId.CandidateShouldLead,
            "The old leader let go for another replica, and that one answers",
            Given.Replica("c").Requested("a", "b").Loss(byExpiry: false).NoBallot("a").Ballot("b", Here)),
        Of<HaDecision.Wait>("R76", ReasonId.CandidateShouldLead,
            "This node was asked to hand over to whoever can, is a replica by now, and somebody can",
            Given.Replica("a").Requested("a", "").Loss(byExpiry: false).Ballot("b", Here).NoBallot("c")
                .Remember(m => m with { RenewAt = default })),
        Of<HaDecision.Wait>("R80", ReasonId.AnotherIsAlive,
            "Nobody leads, and a primary says that it is alive", // S1
            Given.Replica().Loss().Ballot("a", 0x1000, inRecovery: false).Ballot("c", Here)),
        Of<HaDecision.Wait>("R82", ReasonId.AnotherIsAhead,
            "Nobody leads, and another replica is a single byte ahead",
            Given.Replica().Loss().NoBallot("a").Ballot("c", Here + 1)),
        Of<HaDecision.Wait>("R84", ReasonId.AnotherHasPriority,
            "Nobody leads, and another replica is as far and has a higher priority",
            Given.Replica().Loss().NoBallot("a").Ballot("c", Here, tags: t => t with { FailoverPriority = 2 })),
        Of<HaDecision.RaceForLease>("R90", ReasonId.Healthiest,
            "Nobody leads, and nobody is ahead of this replica",
            Given.Replica().Loss().NoBallot("a").Ballot("c", Here)),
    ];
}
