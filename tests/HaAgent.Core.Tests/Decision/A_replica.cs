using HaAgent.Core.Decision;
using HaAgent.Core.Jobs;
using HaAgent.Core.Model;
using HaAgent.Core.Snapshot;

namespace HaAgent.Core.Tests.Decision;

public class A_replica
{
    private const ulong Here = 0x5000000;

    /// <summary>
    /// The deletion was asked for and nobody knows what came of it: the key ends with its lease at the latest. Confirmed again, it would be
    /// promoted upon without a race.
    /// </summary>
    [Fact]
    public void Does_not_take_back_a_key_that_it_gave_up_a_moment_ago()
    {
        var own = Given.Replica("a").LeadBy("a").Remember(m => m with { RenewAt = default });
        own.MustDecide<HaDecision.RenewLease>("L30", ReasonId.RenewalDue);
        var ruled = HaDecider.Decide(own.Remember(m => m with { HoldBackUntil = Given.Now + TimeSpan.FromSeconds(1) }));
        Assert.IsType<HaDecision.Wait>(ruled.Decision);
    }

    [Fact]
    public void Follows_a_leader() => Given.Replica().MustDecide<HaDecision.Wait>("R40", ReasonId.Following);

    [Fact]
    public void Does_nothing_while_the_store_is_silent() => // S3, S6
        Given.Replica().StoreSilent().MustDecide<HaDecision.Wait>("R25", ReasonId.StoreSilent);

    [Fact]
    public void Asks_everybody_where_they_stand_before_it_races()
    {
        var asked = Given.Replica().Loss().MustDecide<HaDecision.AskPeers>("R70", ReasonId.RaceAskPeers).Peers;
        Assert.Equal(["a", "c"], asked.Select(peer => peer.Name.Value));
    }

    [Fact]
    public void Does_not_use_ballots_from_before_the_loss() =>
        Given.Replica().NobodyLeads().Ballot("a", Here).Ballot("c", Here)
            .Remember(m => m with { Loss = new(Given.Now + TimeSpan.FromMilliseconds(1), new("a"), true, false) })
            .MustDecide<HaDecision.AskPeers>("R70", ReasonId.RaceAskPeers);

    [Fact]
    public void Races_when_nobody_is_ahead() =>
        Given.Replica().Loss().NoBallot("a").Ballot("c", Here).MustDecide<HaDecision.RaceForLease>("R90", ReasonId.Healthiest);

    [Fact]
    public void Yields_to_a_replica_that_is_a_single_byte_ahead() =>
        Given.Replica().Loss().NoBallot("a").Ballot("c", Here + 1).MustDecide<HaDecision.Wait>("R82", ReasonId.AnotherIsAhead);

    [Fact]
    public void Does_not_yield_to_a_replica_that_may_not_lead() =>
        Given.Replica().Loss().NoBallot("a").Ballot("c", Here + 1, tags: t => t with { NoFailover = true })
            .MustDecide<HaDecision.RaceForLease>("R90", ReasonId.Healthiest);

    [Fact]
    public void Yields_to_a_primary_that_is_still_alive() => // S1
        Given.Replica().Loss().Ballot("a", 0x1000, inRecovery: false).Ballot("c", Here).MustDecide<HaDecision.Wait>("R80", ReasonId.AnotherIsAlive);

    [Fact]
    public void Yields_at_equal_positions_to_a_higher_priority() =>
        Given.Replica().Loss().NoBallot("a").Ballot("c", Here, tags: t => t with { FailoverPriority = 2 })
            .MustDecide<HaDecision.Wait>("R84", ReasonId.AnotherHasPriority);

    [Fact]
    public void Never_races_with_nofailover() =>
        Given.Replica().Loss().Tags(t => t with { NoFailover = true }).MustDecide<HaDecision.Wait>("R52", ReasonId.NotAllowed);

    [Fact]
    public void Never_races_while_the_cluster_asks_for_a_promise_it_cannot_keep() =>
        Given.Replica().Loss().Settings(s => s with { Unsupported = [new("synchronous_mode", "true", EndangersCommits: true)] })
            .MustDecide<HaDecision.Wait>("R52", ReasonId.UnsupportedSettings);

    [Fact]
    public void Never_races_too_far_behind_the_leaders_last_word() =>
        Given.Replica().Running(inRecovery: true, Here - 1048577).Loss().MustDecide<HaDecision.Wait>("R64", ReasonId.LagTooLarge);

    [Fact]
    public void Races_at_exactly_the_allowed_lag() =>
        Given.Replica().Running(inRecovery: true, Here - 1048576).Loss().NoBallot("a").NoBallot("c").MustDecide<HaDecision.RaceForLease>("R90", ReasonId.Healthiest);

    [Fact]
    public void Leaves_a_key_that_was_given_away_to_who_may_have_everything_but_not_for_ever()
    {
        var behind = Given.Replica("c").Running(inRecovery: true, Here - 1).Loss(byExpiry: false).Ballot("b", Here - 2);
        behind.NoBallot("a").MustDecide<HaDecision.Wait>("R73", ReasonId.GivenAwayAhead);
        behind.NoBallot("a", PeerSilence.NoPosition).MustDecide<HaDecision.Wait>("R73", ReasonId.GivenAwayAhead);
        var ttl = behind.Build().Settings.Ttl;
        behind.Remember(m => m with { Loss = m.Loss! with { At = Given.Now - ttl } }).MustDecide<HaDecision.RaceForLease>("R90", ReasonId.Healthiest);
    }

    [Fact]
    public void Takes_a_key_that_was_given_away_further_on_when_everybody_has_told_that_he_has_no_more() =>
        Given.Replica("c").Running(inRecovery: true, Here - 1).Loss(byExpiry: false).Ballot("a", Here - 1).Ballot("b", Here - 2)
            .MustDecide<HaDecision.RaceForLease>("R90", ReasonId.Healthiest);

    /// <summary>Or each waits for the other: whoever could have taken over by the lag allowed has less, and sees that.</summary>
    [Fact]
    public void That_was_to_hand_over_leaves_the_key_only_to_who_has_as_much()
    {
        var given = Given.Replica("a").Requested("a", "").Loss(byExpiry: true).NoBallot("c").Remember(m => m with { RenewAt = default });
        given.Ballot("b", Here).MustDecide<HaDecision.Wait>("R76", ReasonId.CandidateShouldLead);
        given.Ballot("b", Here - 1).MustDecide<HaDecision.RaceForLease>("R90", ReasonId.Healthiest);
    }

    [Fact]
    public void Never_races_with_a_history_that_has_left_the_clusters() =>
        Given.Replica().Loss().Remember(m => m with { Rewind = RewindState.Needed }).MustDecide<HaDecision.Wait>("R50", ReasonId.RewindNeeded);

    [Fact]
    public void Compares_timelines_only_when_asked_to()
    {
        var behind = Given.Replica().Loss().NoBallot("a").NoBallot("c").Store(c => c with { History = [new(new(4), new(1), "", null, null)] });
        behind.MustDecide<HaDecision.RaceForLease>("R90", ReasonId.Healthiest);
        behind.Settings(s => s with { CheckTimeline = true }).MustDecide<HaDecision.Wait>("R66", ReasonId.TimelineBehind);
    }

    [Fact]
    public void Asks_the_old_leader_first_when_its_lease_expired_too_early()
    {
        var given = Given.Replica().Loss(early: true);
        Assert.Equal("a", Assert.Single(given.MustDecide<HaDecision.AskPeers>("R60", ReasonId.EarlyExpiryAsk).Peers).Name.Value);
        given.Remember(m => m with { AskingSince = Given.Now }).MustDecide<HaDecision.Wait>("R62", ReasonId.EarlyExpiryAsk);
    }

    [Fact]
    public void Goes_on_when_the_old_leader_of_an_early_expiry_does_not_answer() =>
        Given.Replica().Loss(early: true).NoBallot("a").Ballot("c", Here).MustDecide<HaDecision.RaceForLease>("R90", ReasonId.Healthiest);

    [Fact]
    public void That_is_named_takes_a_released_key_without_asking_anybody() =>
        Given.Replica().Requested("a", "b").NobodyLeads().MustDecide<HaDecision.RaceForLease>("R58", ReasonId.RequestedCandidate);

    [Fact]
    public void That_is_named_asks_like_any_other_when_the_key_expired_under_the_switchover() =>
        Given.Replica().Requested("a", "b").Loss(byExpiry: true).MustDecide<HaDecision.AskPeers>("R70", ReasonId.RaceAskPeers);

    [Fact]
    public void That_an_operator_named_for_a_failover_asks_nobody() =>
        Given.Replica().Requested("", "b").Loss(byExpiry: true).MustDecide<HaDecision.RaceForLease>("R58", ReasonId.RequestedCandidate);

    [Fact]
    public void That_is_named_begins_no_job() =>
        Given.Replica().Requested("a", "b").Settings(s => s with { UsePgRewind = true }).Remember(m => m with { Rewind = RewindState.CheckDue })
            .MustDecide<HaDecision.Wait>("R30", ReasonId.AwaitingHandOver);

    [Fact]
    public void That_is_named_gets_ready_while_the_old_leader_stops() =>
        Given.Replica().Requested("a", "b").MustDecide<HaDecision.Wait>("R30", ReasonId.AwaitingHandOver);

    [Fact]
    public void Leaves_the_key_to_the_named_candidate_if_that_one_answers() =>
        Given.Replica("c").Requested("a", "b").Loss(byExpiry: false).NoBallot("a").Ballot("b", Here).MustDecide<HaDecision.Wait>("R74", ReasonId.CandidateShouldLead);

    [Fact]
    public void Races_itself_when_the_named_candidate_is_gone() =>
        Given.Replica("c").Requested("a", "b").Loss(byExpiry: false).NoBallot("a").NoBallot("b").MustDecide<HaDecision.RaceForLease>("R90", ReasonId.Healthiest);

    [Fact]
    public void Promotes_only_after_it_holds_the_key_and_not_past_its_fence() // S3
    {
        var given = Given.Replica().LeadBy("b").WithLease(TimeSpan.Zero);
        var promote = Assert.IsType<JobSpec.Promote>(given.MustDecide<HaDecision.StartJob>("R20", ReasonId.PromoteWonTheLease).Job);
        Assert.Equal(given.Build().Authority.FenceAt, promote.NotAfter);
    }

    [Fact]
    public void Does_not_promote_twice() =>
        Given.Replica().LeadBy("b").WithLease(TimeSpan.Zero).Remember(m => m with { PromoteIssued = true, LocalRole = LocalRole.Primary })
            .MustDecide<HaDecision.Wait>("R10", ReasonId.PromoteStillRunning);

    [Fact]
    public void Whose_promotion_is_under_way_is_fenced_when_another_leads() => // it may become writable at any moment
        Given.Replica().WithLease(TimeSpan.Zero).Remember(m => m with { PromoteIssued = true, LocalRole = LocalRole.Primary })
            .MustDecide<HaDecision.Fence>("F30", ReasonId.AnotherLeads);

    [Fact]
    public void Gives_the_key_up_when_its_server_could_not_be_promoted() =>
        Given.Replica().LeadBy("b").WithLease(TimeSpan.Zero).Remember(m => m with { PromoteFailed = true })
            .MustDecide<HaDecision.ReleaseLease>("R17", ReasonId.PromoteFailed);

    [Fact]
    public void Does_not_race_in_a_storm_after_a_refusal() =>
        Given.Replica().Requested("a", "b").NobodyLeads().Remember(m => m with { RenewAt = Given.Now + TimeSpan.FromMilliseconds(1) })
            .MustDecide<HaDecision.Wait>("R57", ReasonId.HeldBack);

    [Fact]
    public void Is_not_held_up_by_an_old_leader_whose_host_is_silent()
    {
        var asking = Given.Replica().Loss().Ballot("c", Here).Remember(m => m with { AskingSince = Given.Now - TimeSpan.FromMilliseconds(999) });
        asking.MustDecide<HaDecision.Wait>("R72", ReasonId.RacePeersAsked);
        asking.Remember(m => m with { AskingSince = Given.Now - TimeSpan.FromSeconds(1) }).MustDecide<HaDecision.RaceForLease>("R90", ReasonId.Healthiest);
    }

    [Fact]
    public void Waits_for_every_other_replica_that_may_be_ahead() =>
        Given.Replica().Loss().NoBallot("a").Remember(m => m with { AskingSince = Given.Now - TimeSpan.FromMilliseconds(1900) })
            .MustDecide<HaDecision.Wait>("R72", ReasonId.RacePeersAsked);

    [Fact]
    public void Uses_answers_as_old_as_a_round_with_a_silent_peer_takes() => // or no round would ever be complete
        Given.Replica().Loss().NoBallot("a").Ballot("c", Here).With(v => v with { At = Given.Now + TimeSpan.FromSeconds(2) })
            .MustDecide<HaDecision.RaceForLease>("R90", ReasonId.Healthiest);

    [Fact]
    public void Does_not_judge_by_a_position_of_its_own_from_before_the_loss() =>
        Given.Replica().NobodyLeads().Remember(m => m with { Loss = new(Given.Now + TimeSpan.FromMilliseconds(1), new("a"), true, false) })
            .With(v => v with { At = Given.Now + TimeSpan.FromMilliseconds(2) }).MustDecide<HaDecision.AskPeers>("R70", ReasonId.RaceAskPeers);

    [Fact]
    public void Compares_histories_when_there_is_reason_to() =>
        Given.Replica().Settings(s => s with { UsePgRewind = true }).Remember(m => m with { Rewind = RewindState.CheckDue })
            .MustDecide<HaDecision.StartJob>("W70", ReasonId.RewindCheckDue);

    [Fact]
    public void Stops_to_be_rewound_when_its_history_has_diverged() =>
        Given.Replica().Settings(s => s with { UsePgRewind = true }).Remember(m => m with { Rewind = RewindState.Needed })
            .MustDecide<HaDecision.StartJob>("W80", ReasonId.RewindNeeded);
}
