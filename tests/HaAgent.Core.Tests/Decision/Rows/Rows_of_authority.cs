using HaAgent.Core.Authority;
using HaAgent.Core.Decision;
using HaAgent.Core.Snapshot;
using static HaAgent.Core.Tests.Decision.Rows.Example;

namespace HaAgent.Core.Tests.Decision.Rows;

/// <summary>Fence and lease: read before anything else, in every turn.</summary>
internal static class Rows_of_authority
{
    public static readonly Example[] Fence =
    [
        Of<HaDecision.Wait>("F10", ReasonId.FencingUnderWay,
            "A ladder is at work on the server: nothing else touches it",
            Given.Primary().Remember(m => m with { Fencing = true }).LeadBy("b")),
        Of<HaDecision.Fence>("F15", ReasonId.GuardFired,
            "The agent was frozen past its deadline: its guard has fired, and the renewal it just got counts for nothing",
            Given.Primary().Guard(g => g with { Fired = true })),
        Of<HaDecision.Fence>("F20", ReasonId.AdoptionNotConfirmed,
            "A restarted agent could not confirm the key of the primary it found by the deadline",
            Given.Primary().StoreSilent().WithAuthority(new NodeAuthority.Unknown(Given.Now))),
        Of<HaDecision.Fence>("F30", ReasonId.AnotherLeads,
            "Another node holds the key while this server is writable",
            Given.Primary().LeadBy("b")),
        Of<HaDecision.Fence>("F40", ReasonId.LeaderKeyGone,
            "The key that this primary relies on is gone from the store",
            Given.Primary().NobodyLeads()),
        Of<HaDecision.Fence>("F50", ReasonId.AuthorityRanOut,
            "The lease ran out by the own clock, whatever the store says",
            Given.Primary().WithLease(TimeSpan.FromSeconds(30))),
        Of<HaDecision.Fence>("F60", ReasonId.AuthorityNearlyRanOut,
            "No renewal was confirmed and an orderly stop must begin now to end in time",
            Given.Primary().WithLease(TimeSpan.FromSeconds(24))),
        Of<HaDecision.Fence>("F70", ReasonId.NoGuard,
            "The primary's guard has been dead for twenty seconds and no other could be started",
            Given.Primary().Guard(g => g with { MissingSince = Given.Now - TimeSpan.FromSeconds(20) })),
    ];

    public static readonly Example[] Lease =
    [
        Of<HaDecision.Wait>("L05", ReasonId.LeaseRequestUnderWay,
            "A renewal is under way: the next waits for its answer, however due it is",
            Given.Primary().WithLease(TimeSpan.FromSeconds(12))
                .Remember(m => m with { LeaseRequest = LeaseRequest.Renewing })),
        Of<HaDecision.ReleaseLease>("L07", ReasonId.GuardFired,
            "The guard has ended the server and the key is still in this node's name: others may have it",
            Given.Stopped("a").LeadBy("a").Guard(g => g with { Fired = true, NothingRuns = true })),
        Of<HaDecision.RenewLease>("L10", ReasonId.ConfirmAdoption,
            "A restarted agent found its primary running and its own name in the key",
            Given.Primary().WithAuthority(new NodeAuthority.Unknown(Given.Now + TimeSpan.FromSeconds(5)))
                .Remember(m => m with { RenewAt = default })),
        Of<HaDecision.RenewLease>("L20", ReasonId.StoreSilent,
            "The store is silent and a renewal is due: it is tried all the same",
            Given.Primary().WithLease(TimeSpan.FromSeconds(12)).StoreSilent()),
        Of<HaDecision.RenewLease>("L30", ReasonId.RenewalDue,
            "A leader's renewal is due",
            Given.Primary().WithLease(TimeSpan.FromSeconds(10))),
    ];
}
