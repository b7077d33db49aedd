using HaAgent.Core.Authority;
using HaAgent.Core.Decision;
using HaAgent.Core.Jobs;
using HaAgent.Core.Model;
using HaAgent.Core.Snapshot;
using static HaAgent.Core.Tests.Decision.Rows.Example;

namespace HaAgent.Core.Tests.Decision.Rows;

/// <summary>PostgreSQL runs as primary, or the cluster is paused.</summary>
internal static class Rows_of_a_running_server
{
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(5);

    private static Given Adopted() => Given.Primary().WithAuthority(new NodeAuthority.Unknown(Given.Now + Moment));

    private static Given Due(Given given) => given.Remember(m => m with { RenewAt = default });

    private static Given Scheduled(Given leader, double secondsAgo = -3600) =>
        leader.Store(c => c with { Failover = new(new("a"), new("b"), Given.Today - TimeSpan.FromSeconds(secondsAgo), new(99)) });

    public static readonly Example[] Primary =
    [
        Of<HaDecision.Wait>("P10", ReasonId.StoreSilent,
            "The store is silent and the lease holds: the primary goes on",
            Given.Primary().WithLease(Moment).StoreSilent()),
        Of<HaDecision.Fence>("P20", ReasonId.TimelineBehind,
            "A restarted agent finds its primary running, nobody leading, and a newer timeline in the history",
            Due(Adopted()).NobodyLeads().Store(c => c with { History = [new(new(1), new(1), "", null, null)] })),
        Of<HaDecision.RaceForLease>("P30", ReasonId.NoLeaderPrimary,
            "A restarted agent finds its primary running and nobody leading: it takes the key",
            Due(Adopted()).NobodyLeads()),
        Of<HaDecision.Wait>("P35", ReasonId.ConfirmAdoption,
            "A restarted agent's last try to confirm the key had no answer: the next is due in a moment",
            Adopted()),
        Of<HaDecision.ClearFailover>("P37", ReasonId.RequestStale,
            "A switchover was scheduled for a time that is long over",
            Scheduled(Given.Primary(), secondsAgo: 60)),
        Of<HaDecision.BeginScheduledSwitchover>("P38", ReasonId.RequestScheduleDue,
            "The time of a scheduled switchover has come",
            Scheduled(Given.Primary(), secondsAgo: 0)),
        .. Requests(""),
        Of<HaDecision.Wait>("P90", ReasonId.Steady,
            "The leader runs and all is well",
            Given.Primary()),
    ];

    public static readonly Example[] Paused =
    [
        Of<JobSpec.StartReplica>("U10", ReasonId.PauseRestartReplica,
            "After a switchover under pause the old primary starts again as a replica",
            Given.Stopped("a").Paused().LeadBy("b").Remember(m => m with
            {
                HandOver = new(new("b"), default, default, default, Given.Now, Released: true, ForShutdown: false, []),
            })),
        Of<HaDecision.ReleaseLease>("U20", ReasonId.PauseReleaseNotRunning,
            "Under pause the leader's server is down: the key is given up",
            Given.Stopped("a").Paused().WithLease(TimeSpan.Zero)),
        Of<HaDecision.Wait>("U25", ReasonId.PauseNotRunning,
            "Under pause a server that is down stays down",
            Given.Stopped().Paused()),
        Of<HaDecision.Wait>("U30", ReasonId.StoreSilent,
            "Under pause the store is silent: a primary runs on, whatever became of its lease",
            Given.Primary().Paused().WithLease(TimeSpan.FromMinutes(5)).StoreSilent()
                .Remember(m => m with { RenewAt = Instant.Never })),
        Of<HaDecision.ClearFailover>("U35", ReasonId.RequestNeedsCandidateInPause,
            "Under pause a switchover to nobody in particular was asked for",
            Given.Primary().Paused().Requested("a", "")),
        .. Requests("U"),
        Of<HaDecision.Wait>("U40", ReasonId.PausePrimaryWithLease,
            "Under pause the leader keeps its lock",
            Given.Primary().Paused()),
        Of<HaDecision.RaceForLease>("U45", ReasonId.PausePrimaryAcquires,
            "Under pause a primary takes the key that nobody holds",
            Given.Primary().Paused().WithAuthority(new NodeAuthority.None()).NobodyLeads().Remember(m => m with { RenewAt = default })),
        Of<HaDecision.Wait>("U48", ReasonId.PausePrimaryWithoutLease,
            "Under pause a primary was just refused the key that nobody holds: it tries again in a moment",
            Given.Primary().Paused().WithAuthority(new NodeAuthority.None()).NobodyLeads()
                .Remember(m => m with { RenewAt = Given.Now + TimeSpan.FromMilliseconds(500) })),
        Of<HaDecision.Wait>("U50", ReasonId.PausePrimaryWithoutLease,
            "Under pause a second primary runs on without the lock",
            Given.Primary().Paused().LeadBy("b")),
        Of<JobSpec.Promote>("U60", ReasonId.PromoteWonTheLease,
            "Under pause the requested candidate holds the key: it is promoted",
            Given.Replica().Paused().Requested("", "b").LeadBy("b").WithLease(TimeSpan.Zero)),
        Of<HaDecision.Wait>("U65", ReasonId.PauseWaitingToPromote,
            "Under pause the requested candidate's promotion was issued and is not seen yet",
            Given.Replica().Paused().Requested("", "b").LeadBy("b").WithLease(TimeSpan.Zero)
                .Remember(m => m with { PromoteIssued = true, LocalRole = LocalRole.Primary })),
        Of<HaDecision.ReleaseLease>("U70", ReasonId.PauseReleaseNotPrimary,
            "Under pause the key is held over a replica that nobody asked to take over",
            Given.Replica().Paused().LeadBy("b").WithLease(TimeSpan.Zero)),
        Of<HaDecision.RaceForLease>("U75", ReasonId.RequestedCandidate,
            "Under pause the old leader let go for the requested candidate: it takes the key",
            Given.Replica().Paused().Requested("a", "b").NobodyLeads()),
        Of<HaDecision.Wait>("U80", ReasonId.HeldBack,
            "Under pause the requested candidate was just refused the key: it tries again in a moment",
            Given.Replica().Paused().Requested("a", "b").NobodyLeads()
                .Remember(m => m with { RenewAt = Given.Now + TimeSpan.FromMilliseconds(500) })),
        Of<HaDecision.Wait>("U90", ReasonId.PauseReplica,
            "Under pause nobody leads: a replica stays a replica",
            Given.Replica().Paused().NobodyLeads()),
    ];

    /// <summary>A request as the leader sees it, which pause does not change.</summary>
    /// <param name="prefix">Of the rows' ids: empty, or U under pause.</param>
    private static Example[] Requests(string prefix)
    {
        return
        [
            Of<HaDecision.Wait>(prefix + "P40", ReasonId.RequestAwaitsSchedule,
                Where("A switchover is scheduled"), Scheduled(Leader())),
            Of<HaDecision.ClearFailover>(prefix + "P45", ReasonId.RequestNamesOtherLeader,
                Where("A switchover away from another node was asked for"), Leader().Requested("c", "b")),
            Of<HaDecision.ClearFailover>(prefix + "P50", ReasonId.RequestNamesSelf,
                Where("A failover to the leader itself was asked for"), Leader().Requested("", "a")),
            Of<HaDecision.ClearFailover>(prefix + "P57", ReasonId.HandOverTriedAlready,
                Where("A switchover was tried and nobody could take over"),
                Leader().Requested("a", "b").Remember(m => m with { RequestTried = new(99) })),
            Of<HaDecision.Wait>(prefix + "P60", ReasonId.SwitchoverCheckPeers,
                Where("A switchover was asked for and the candidate's answer is awaited"),
                Leader().Requested("a", "b").Remember(m => m with { AskingSince = Given.Now })),
            Of<HaDecision.AskPeers>(prefix + "P65", ReasonId.SwitchoverCheckPeers,
                Where("A switchover was asked for: the candidate is asked whether it can"),
                Leader().Requested("a", "b")),
            Of<HaDecision.ClearFailover>(prefix + "P70", ReasonId.RequestNoCandidate,
                Where("A switchover was asked for and the candidate does not answer"),
                Leader().Requested("a", "b").NoBallot("b")),
            Of<JobSpec.StopForHandOver>(prefix + "P80", ReasonId.HandingOver,
                Where("A switchover was asked for and the candidate can take over"),
                Leader().Requested("a", "b").Ballot("b", Given.Here.Value)),
        ];

        Given Leader() => prefix.Length > 0 ? Given.Primary().Paused() : Given.Primary();
        string Where(string situation) => prefix.Length > 0 ? $"{situation}, under pause" : situation;
    }
}
