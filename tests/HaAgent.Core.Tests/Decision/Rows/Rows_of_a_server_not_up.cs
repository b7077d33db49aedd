using HaAgent.Core.Decision;
using HaAgent.Core.Jobs;
using HaAgent.Core.Snapshot;
using static HaAgent.Core.Tests.Decision.Rows.Example;

namespace HaAgent.Core.Tests.Decision.Rows;

/// <summary>PostgreSQL is stopped, or up and not to be asked yet.</summary>
internal static class Rows_of_a_server_not_up
{
    private static readonly DataDirectory.Initialized Crashed = new(
        Given.SystemId, ControlState.InProduction, new(new(1), Given.Here),
        HasStandbySignal: false, HasBackupLabel: false, Unfinished: false);

    private static Given CrashedLeader() => Given.Stopped("a").Directory(Crashed).WithLease(TimeSpan.Zero);

    private static Given CrashedLeaderToldToYield() =>
        CrashedLeader().Settings(s => s with { PrimaryStartTimeout = TimeSpan.Zero });

    private static Given WithRewind(RewindState state) =>
        Given.Stopped().Settings(s => s with { UsePgRewind = true }).Remember(m => m with { Rewind = state });

    /// <summary>A leader whose recovery after a crash has taken all of primary_start_timeout.</summary>
    private static Given StartingTooLong() => Given.Primary().StartingUp()
        .Settings(s => s with { PrimaryStartTimeout = TimeSpan.FromSeconds(300) })
        .Remember(m => m with { StartingSince = Given.Now - TimeSpan.FromSeconds(300) });

    public static readonly Example[] Stopped =
    [
        Of<HaDecision.ReleaseLease>("X10", ReasonId.StartFailedAsLeader,
            "The leader's server did not start: the key is given up",
            CrashedLeader().Remember(m => m with { StartFailed = new(Given.Now, true, "no space left") })),
        Of<HaDecision.AskPeers>("X20", ReasonId.CrashYield,
            "The leader's server crashed and primary_start_timeout is 0: the others are asked",
            CrashedLeaderToldToYield()),
        Of<HaDecision.Wait>("X25", ReasonId.CrashYield,
            "The leader's server crashed, it is to yield, and the others' answers are awaited",
            CrashedLeaderToldToYield().Remember(m => m with { AskingSince = Given.Now })),
        Of<HaDecision.ReleaseLease>("X30", ReasonId.CrashYield,
            "The leader's server crashed, it is to yield, and somebody can take over",
            CrashedLeaderToldToYield().Ballot("b", Given.Here.Value).NoBallot("c")),
        Of<HaDecision.Wait>("X38", ReasonId.CrashAwaitsRenewal,
            "The leader's server crashed, and its lease has no time left for a start: it waits for the renewal",
            CrashedLeader().WithLease(TimeSpan.FromSeconds(25)).Remember(m => m with { RenewAt = Given.Now + TimeSpan.FromSeconds(1) })),
        Of<JobSpec.StartPrimary>("X40", ReasonId.CrashRestart,
            "The leader's server crashed: it starts again as primary within its lease",
            CrashedLeader()),
        Of<JobSpec.StartReplica>("X45", ReasonId.StartAsReadOnly,
            "The key is held over a replica's data: the server starts read-only first, and is promoted later",
            Given.Stopped().LeadBy("b").WithLease(TimeSpan.Zero)),
        Of<JobSpec.StartReplica>("X50", ReasonId.StartAfterSilence,
            "Fenced while the store was silent: the server serves reads again",
            Given.Stopped("a").StoreSilent().Remember(m => m with { FencedInSilence = true })),
        Of<HaDecision.Wait>("X55", ReasonId.StoreSilent,
            "The server is down and the store silent: nobody knows whom to follow", // S6
            Given.Stopped().StoreSilent()),
        Of<HaDecision.Wait>("W05", ReasonId.RewindAwaitsCheckpoint,
            "A diverged server waits for the new leader's checkpoint before it is rewound",
            WithRewind(RewindState.Needed).Store(c => c with
            {
                Members = [Given.Member("a", "primary") with { CheckpointAfterPromote = false }],
            })),
        Of<JobSpec.Rewind>("W10", ReasonId.RewindNeeded,
            "A diverged server is rewound from the running primary",
            WithRewind(RewindState.Needed)),
        Of<JobSpec.Discard>("W20", ReasonId.RewindFailedDiscard,
            "pg_rewind failed and the operator allowed to make such a replica anew",
            WithRewind(RewindState.Failed).Settings(s => s with { RemoveDataDirectoryOnRewindFailure = true })),
        Of<JobSpec.Discard>("W30", ReasonId.DivergedDiscard,
            "A diverged server may not be rewound and the operator allowed to make it anew",
            Given.Stopped().Settings(s => s with { RemoveDataDirectoryOnDivergedTimelines = true })
                .Remember(m => m with { Rewind = RewindState.Needed })),
        Of<HaDecision.Wait>("W40", ReasonId.RewindNeeded,
            "A diverged server waits for its leader to run as primary", // S5
            WithRewind(RewindState.Needed).Store(c => c with { Members = [Given.Member("a", "replica")] })),
        Of<JobSpec.Rewind>("W45", ReasonId.RewindNeeded,
            "An old primary that crashed meets a newer timeline: it is rewound before it serves anything",
            WithRewind(RewindState.CheckDue).Directory(Crashed)
                .Store(c => c with { Members = [Given.Member("a", "primary") with { Timeline = new(2) }] })),
        Of<JobSpec.Compare>("W50", ReasonId.RewindCheckDue,
            "An old primary that stopped cleanly is compared with the leader before it follows",
            WithRewind(RewindState.CheckDue).Directory(Crashed with { State = ControlState.ShutDown })),
        Of<HaDecision.Wait>("W60", ReasonId.RewindCheckDue,
            "An old primary waits a moment for a leader that is just being promoted",
            WithRewind(RewindState.CheckDue).Store(c => c with { Members = [Given.Member("a", "replica")] })),
        Of<HaDecision.Wait>("X80", ReasonId.StartFailedBackOff,
            "The last start failed a moment ago: the next waits a cycle",
            Given.Stopped().Remember(m => m with { StartFailed = new(Given.Now, false, "port in use") })),
        Of<JobSpec.StartReplica>("X90", ReasonId.StartAsReplica,
            "The server is down and another leads: it starts as its replica",
            Given.Stopped()),
    ];

    public static readonly Example[] Starting =
    [
        Of<HaDecision.AskPeers>("S10", ReasonId.StartTimedOut,
            "The leader's recovery takes longer than primary_start_timeout: the others are asked",
            StartingTooLong()),
        Of<HaDecision.Wait>("S20", ReasonId.StartTimedOut,
            "The leader's recovery takes too long and the others' answers are awaited",
            StartingTooLong().Remember(m => m with { AskingSince = Given.Now })),
        Of<HaDecision.Fence>("S30", ReasonId.StartTimedOut,
            "The leader's recovery takes too long and somebody can take over",
            StartingTooLong().Ballot("b", Given.Here.Value).NoBallot("c")),
        Of<HaDecision.Wait>("S40", ReasonId.StartTimedOutNobodyElse,
            "The leader's recovery takes too long and nobody else can take over: it goes on",
            StartingTooLong().NoBallot("b").NoBallot("c")),
        Of<HaDecision.Wait>("S50", ReasonId.StartingAsPrimary,
            "The leader's server recovers from a crash within primary_start_timeout",
            Given.Primary().StartingUp()
                .Remember(m => m with { StartingSince = Given.Now - TimeSpan.FromSeconds(299) })),
        Of<JobSpec.Compare>("W70", ReasonId.RewindCheckDue,
            "A replica takes no connections for long: perhaps it lacks WAL that its leader never had",
            Diverging(RewindState.CheckDue)),
        Of<JobSpec.Stop>("W80", ReasonId.RewindNeeded,
            "A replica that does not come up has left the leader's history: it stops to be rewound",
            Diverging(RewindState.Needed)),
        Of<JobSpec.Stop>("W90", ReasonId.RewindFailedDiscard,
            "A replica that does not come up could not be rewound and may be made anew: it stops for it",
            Diverging(RewindState.Failed).Settings(s => s with { RemoveDataDirectoryOnRewindFailure = true })),
        Of<HaDecision.Wait>("S60", ReasonId.StartingAsReplica,
            "A replica starts and takes no connections yet",
            Given.Replica().StartingUp()),
        Of<HaDecision.Wait>("S90", ReasonId.StateNotKnown,
            "A replica's server runs and does not answer: it is neither well nor dead", // S6
            Given.Replica().NotAnswering()),
    ];

    private static Given Diverging(RewindState state) =>
        Given.Replica().StartingUp().Settings(s => s with { UsePgRewind = true }).Remember(m => m with { Rewind = state });
}
