using HaAgent.Core.Authority;
using HaAgent.Core.Decision;
using HaAgent.Core.Jobs;
using HaAgent.Core.Model;
using HaAgent.Core.Snapshot;
using static HaAgent.Core.Tests.Decision.Rows.Example;

namespace HaAgent.Core.Tests.Decision.Rows;

/// <summary>The agent was told to end, or an old primary is down for a hand-over.</summary>
internal static class Rows_of_endings
{
    private static readonly Lsn Final = new(0x5000100);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public static readonly Example[] Ending =
    [
        Of<HaDecision.Exit>("Z10", ReasonId.EndPaused,
            "Told to end under pause: everything is left as it is",
            Told(Given.Primary().Paused())),
        Of<JobSpec.StopForHandOver>("Z20", ReasonId.EndStopPrimary,
            "Told to end as leader: PostgreSQL stops so that another can take over with everything",
            Told(Given.Primary())),
        Of<JobSpec.Stop>("Z30", ReasonId.EndStopReplica,
            "Told to end as replica: PostgreSQL stops",
            Told(Given.Replica())),
        Of<HaDecision.ReleaseLease>("Z80", ReasonId.EndRelease,
            "Told to end right after the key was won over a server that is down: the key is given up",
            Told(Given.Stopped().LeadBy("b").WithLease(TimeSpan.Zero))),
        Of<HaDecision.DeleteInitialize>("Z82", ReasonId.ClaimVoid,
            "Told to end while founding the cluster: the claim is given back for others to try",
            Told(Given.EmptyDirectory().NobodyLeads().Store(c => c with { Initialize = "" })
                .Remember(m => m with { Founding = FoundingState.Making }))),
        Of<HaDecision.Wait>("Z85", ReasonId.HandOverAwaitExit,
            "Told to end, the key lost, and the postmaster lingers: its end is waited for",
            Told(HandingOver(Given.Primary()).WithAuthority(new NodeAuthority.None()))),
        Of<HaDecision.Exit>("Z90", ReasonId.End,
            "Told to end and all is down: the process ends",
            Told(Given.Stopped())),
    ];

    /// <summary>Only while the agent is not ending: then there is nothing to start again for.</summary>
    public static readonly Example[] Broken =
    [
        Of<HaDecision.Wait>("H03", ReasonId.CrashAwaitsRenewal,
            "PostgreSQL hung in its stop for a switchover and was ended, and the lease is about to end: its renewal comes first",
            Given.Stopped("a").WithLease(TimeSpan.FromSeconds(25)).Remember(m => m with { HandOverBroken = true, RenewAt = Given.Now + Patience })),
        Of<JobSpec.StartPrimary>("H05", ReasonId.HandOverBroken,
            "PostgreSQL hung in its stop for a switchover and was ended: it starts again as primary",
            Given.Stopped("a").WithLease(TimeSpan.Zero).Remember(m => m with { HandOverBroken = true })),
    ];

    public static readonly Example[] HandOver =
    [
        Of<HaDecision.Wait>("H10", ReasonId.HandOverAwaitExit,
            "The key is given away and an archiver keeps the old primary's postmaster",
            HandingOver(Given.Primary().LeadBy("b"), released: true).WithAuthority(new NodeAuthority.None())),
        Of<HaDecision.ReleaseLease>("H20", ReasonId.HandOverForShutdown,
            "The agent is ending and nobody confirmed in time: the key is given up all the same",
            HandingOver(Given.Stopped("a"), downFor: Patience, forShutdown: true).NoBallot("b")),
        Of<HaDecision.ReleaseLease>("H30", ReasonId.HandOverConfirmed,
            "The candidate says that it has everything",
            HandingOver(Given.Stopped("a")).Ballot("b", Final.Value)),
        Of<HaDecision.ReleaseLease>("H32", ReasonId.NoGuard,
            "Nobody confirmed in time, and no guard could be started for the old primary: the key goes to who is furthest",
            HandingOver(Given.Stopped("a"), downFor: Patience).NoBallot("b").Guard(g => g with { MissingSince = Given.Now - TimeSpan.FromSeconds(20) })),
        Of<HaDecision.Wait>("H34", ReasonId.NoGuard,
            "Nobody confirmed in time, and the old primary's guard is just being replaced: it starts after that",
            HandingOver(Given.Stopped("a"), downFor: Patience).NoBallot("b").Guard(g => g with { MissingSince = Given.Now })),
        Of<HaDecision.Wait>("H36", ReasonId.CrashAwaitsRenewal,
            "Nobody confirmed in time, and the lease is about to end: its renewal comes first",
            HandingOver(Given.Stopped("a"), downFor: Patience).NoBallot("b").WithLease(TimeSpan.FromSeconds(25))
                .Remember(m => m with { RenewAt = Given.Now + Patience })),
        Of<JobSpec.Stop>("H38", ReasonId.HandOverEndAtOnce,
            "Nobody confirmed in time and the postmaster lingers: it is ended before it is started again",
            HandingOver(Given.Primary(), downFor: Patience).NoBallot("b")),
        Of<JobSpec.StartPrimary>("H40", ReasonId.HandOverNobody,
            "Nobody confirmed in time: the old primary starts again under the key it still holds",
            HandingOver(Given.Stopped("a"), downFor: Patience).NoBallot("b")),
        Of<HaDecision.AskPeers>("H50", ReasonId.HandOverAsk,
            "The old primary is down: the candidate is asked whether it has everything",
            HandingOver(Given.Stopped("a"))),
        Of<HaDecision.Wait>("H60", ReasonId.HandOverWaiting,
            "The candidate lacks the last byte: it is given a moment",
            HandingOver(Given.Stopped("a")).Ballot("b", Final.Value - 1)),
    ];

    /// <summary>A hand-over that is under way is brought to its end before the agent ends.</summary>
    public static readonly Example[] HandOverWhileEnding =
    [
        .. HandOver.Select(example => example with
        {
            Situation = "Told to end. " + example.Situation,
            View = example.View with { Memory = example.View.Memory with { ShutdownRequested = true } },
        }),
    ];

    private static Given Told(Given given) => given.Remember(m => m with { ShutdownRequested = true });

    /// <summary>Down for the candidate b, with the lease as it is confirmed at this moment.</summary>
    private static Given HandingOver(
        Given given, TimeSpan downFor = default, bool released = false, bool forShutdown = false) =>
        given.WithLease(TimeSpan.Zero).Remember(m => m with
        {
            HandOver = new(new("b"), Given.Now, Final, new(1), Given.Now - downFor, released, forShutdown, []),
        });
}
