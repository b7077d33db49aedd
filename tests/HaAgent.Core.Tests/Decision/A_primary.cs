using HaAgent.Core.Authority;
using HaAgent.Core.Decision;
using HaAgent.Core.Jobs;
using HaAgent.Core.Model;
using HaAgent.Core.Snapshot;

namespace HaAgent.Core.Tests.Decision;

public class A_primary
{
    private static readonly TimeSpan Spent = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan NearlySpent = TimeSpan.FromSeconds(24);

    [Fact]
    public void Does_nothing_while_it_leads() =>
        Given.Primary().MustDecide<HaDecision.Wait>("P90", ReasonId.Steady);

    [Fact]
    public void Renews_when_it_is_due_before_anything_else() =>
        Given.Primary().WithLease(TimeSpan.FromSeconds(10)).Requested("a", "b").MustDecide<HaDecision.RenewLease>("L30", ReasonId.RenewalDue);

    [Fact]
    public void Fences_itself_at_once_when_its_lease_has_run_out_even_if_the_store_says_it_leads() // S2
    {
        var fence = Given.Primary().WithLease(Spent).MustDecide<HaDecision.Fence>("F50", ReasonId.AuthorityRanOut);
        Assert.Equal(Given.Now, fence.Deadline);
    }

    [Fact]
    public void Begins_an_orderly_stop_while_there_is_still_time_for_it() // S2
    {
        var given = Given.Primary().WithLease(NearlySpent).StoreSilent();
        var fence = given.MustDecide<HaDecision.Fence>("F60", ReasonId.AuthorityNearlyRanOut);
        Assert.Equal(given.Build().Authority.GuardAt, fence.Deadline);
        Assert.True(fence.Deadline > Given.Now);
    }

    [Fact]
    public void Begins_an_orderly_stop_also_when_the_store_answers_reads_but_confirms_no_renewal() =>
        Given.Primary().WithLease(NearlySpent).MustDecide<HaDecision.Fence>("F60", ReasonId.AuthorityNearlyRanOut);

    [Fact]
    public void Goes_on_while_the_store_is_silent_and_the_lease_holds() // S6
    {
        Given.Primary().WithLease(TimeSpan.FromSeconds(5)).StoreSilent().MustDecide<HaDecision.Wait>("P10", ReasonId.StoreSilent);
        Given.Primary().WithLease(TimeSpan.FromSeconds(12)).StoreSilent().MustDecide<HaDecision.RenewLease>("L20", ReasonId.StoreSilent);
    }

    [Fact]
    public void Fences_itself_when_another_leads_even_inside_its_own_deadline() =>
        Given.Primary().LeadBy("b").MustDecide<HaDecision.Fence>("F30", ReasonId.AnotherLeads);

    [Fact]
    public void Fences_itself_when_its_key_is_gone_even_inside_its_own_deadline() =>
        Given.Primary().NobodyLeads().MustDecide<HaDecision.Fence>("F40", ReasonId.LeaderKeyGone);

    [Fact]
    public void That_does_not_answer_keeps_its_lease() // hung server: the lease is not the victim
    {
        Given.Primary().NotAnswering().WithLease(TimeSpan.FromSeconds(10)).MustDecide<HaDecision.RenewLease>("L30", ReasonId.RenewalDue);
        Given.Primary().NotAnswering().MustDecide<HaDecision.Wait>("P90", ReasonId.Steady);
    }

    [Fact]
    public void That_does_not_answer_is_fenced_like_any_other() // S2, S6
    {
        Given.Primary().NotAnswering().WithLease(Spent).MustDecide<HaDecision.Fence>("F50", ReasonId.AuthorityRanOut);
        Given.Primary().NotAnswering().LeadBy("c").MustDecide<HaDecision.Fence>("F30", ReasonId.AnotherLeads);
    }

    [Fact]
    public void Is_fenced_in_the_middle_of_any_job() =>
        Given.Primary().Job(new JobSpec.StopForHandOver(new("b"), false, false, default)).WithLease(NearlySpent)
            .MustDecide<HaDecision.Fence>("F60", ReasonId.AuthorityNearlyRanOut);

    [Fact]
    public void Is_not_touched_twice_while_a_ladder_is_at_work() =>
        Given.Primary().WithLease(Spent).Remember(m => m with { Fencing = true }).MustDecide<HaDecision.Wait>("F10", ReasonId.FencingUnderWay);

    [Fact]
    public void Founding_its_cluster_needs_no_lease_yet() =>
        Given.Primary().WithAuthority(new NodeAuthority.Founding()).NobodyLeads().Remember(m => m with { Founding = FoundingState.Recording })
            .MustDecide<HaDecision.TakeLease>("B90", ReasonId.FirstLeader);
}

public class A_restarted_agent_over_a_running_primary
{
    private static Given Adopted() =>
        Given.Primary().WithAuthority(new NodeAuthority.Unknown(Given.Now + TimeSpan.FromSeconds(5))).Remember(m => m with { RenewAt = default });

    [Fact]
    public void Confirms_the_key_that_still_holds_its_name() =>
        Assert.True(Adopted().MustDecide<HaDecision.RenewLease>("L10", ReasonId.ConfirmAdoption).MayCreate);

    [Fact]
    public void Takes_a_key_that_nobody_holds() =>
        Adopted().NobodyLeads().MustDecide<HaDecision.RaceForLease>("P30", ReasonId.NoLeaderPrimary);

    [Fact]
    public void Fences_when_the_history_knows_a_newer_timeline() =>
        Adopted().NobodyLeads().Store(c => c with { History = [new(new(1), new(1), "", null, null)] })
            .MustDecide<HaDecision.Fence>("P20", ReasonId.TimelineBehind);

    [Fact]
    public void Fences_when_another_leads() =>
        Adopted().LeadBy("b").MustDecide<HaDecision.Fence>("F30", ReasonId.AnotherLeads);

    [Fact]
    public void Fences_when_nothing_was_confirmed_in_time() =>
        Adopted().StoreSilent().WithAuthority(new NodeAuthority.Unknown(Given.Now)).MustDecide<HaDecision.Fence>("F20", ReasonId.AdoptionNotConfirmed);

    [Fact]
    public void Keeps_asking_a_silent_store_until_then() =>
        Adopted().StoreSilent().MustDecide<HaDecision.RenewLease>("L10", ReasonId.ConfirmAdoption);
}

public class A_leader_asked_to_hand_over
{
    [Fact]
    public void Asks_the_candidate_first() =>
        Assert.Equal("b", Assert.Single(Given.Primary().Requested("a", "b")
            .MustDecide<HaDecision.AskPeers>("P65", ReasonId.SwitchoverCheckPeers).Peers).Name.Value);

    [Fact]
    public void Stops_for_a_candidate_that_is_close_enough()
    {
        var job = Given.Primary().Requested("a", "b").Ballot("b", 0x5000000).MustDecide<HaDecision.StartJob>("P80", ReasonId.HandingOver).Job;
        Assert.Equal("b", Assert.IsType<JobSpec.StopForHandOver>(job).Candidate.Value);
    }

    [Fact]
    public void Clears_a_request_that_no_candidate_can_meet()
    {
        Given.Primary().Requested("a", "b").NoBallot("b").MustDecide<HaDecision.ClearFailover>("P70", ReasonId.RequestNoCandidate);
        Given.Primary().Requested("a", "b").Ballot("b", 0x1000).Store(c => c with { Status = c.Status with { Optime = new(0x5000000) } })
            .MustDecide<HaDecision.ClearFailover>("P70", ReasonId.RequestNoCandidate);
    }

    [Fact]
    public void Clears_a_request_whose_candidate_is_on_another_timeline_and_does_not_stream_from_here() =>
        Given.Primary().Requested("a", "b").Ballot("b", 0x9000000, timeline: 7).MustDecide<HaDecision.ClearFailover>("P70", ReasonId.RequestNoCandidate);

    [Fact]
    public void Does_not_try_the_same_request_twice() =>
        Given.Primary().Requested("a", "b").Ballot("b", 0x5000000).Remember(m => m with { RequestTried = new(99) })
            .MustDecide<HaDecision.ClearFailover>("P57", ReasonId.HandOverTriedAlready);

    [Fact]
    public void Clears_a_request_about_somebody_else() =>
        Given.Primary().Requested("c", "b").MustDecide<HaDecision.ClearFailover>("P45", ReasonId.RequestNamesOtherLeader);

    [Fact]
    public void Clears_a_request_for_itself() =>
        Given.Primary().Requested("", "a").MustDecide<HaDecision.ClearFailover>("P50", ReasonId.RequestNamesSelf);

    [Fact]
    public void Looks_again_when_a_scheduled_request_is_due() =>
        Assert.Equal(Given.Now + TimeSpan.FromMinutes(1), Given.Primary()
            .Store(c => c with { Failover = new(new("a"), new("b"), Given.Today + TimeSpan.FromMinutes(1), new(1)) })
            .MustDecide<HaDecision.Wait>("P40", ReasonId.RequestAwaitsSchedule).Until);

    [Theory]
    [InlineData(0, "P38")]
    [InlineData(15, "P38")]
    [InlineData(15.1, "P37")] // one and a half loop_wait
    public void Begins_a_scheduled_request_at_its_time_or_never(double secondsLate, string row) =>
        Assert.Equal(row, HaDecider.Decide(Given.Primary().Store(c => c with
        {
            Failover = new(new("a"), new("b"), Given.Today - TimeSpan.FromSeconds(secondsLate), new(1)),
        })).RuleId);

    [Fact]
    public void Needs_a_named_candidate_under_pause() =>
        Given.Primary().Paused().Requested("a", "")
            .MustDecide<HaDecision.ClearFailover>("U35", ReasonId.RequestNeedsCandidateInPause);
}

public class An_old_primary_that_is_down_for_a_hand_over
{
    private static readonly Lsn Final = new(0x5000100);

    private static Given Down(bool forShutdown = false, TimeSpan downFor = default) =>
        Given.Stopped("a").WithLease(TimeSpan.Zero).Remember(m => m with
        {
            HandOver = new(new("b"), Given.Now, Final, new(1), Given.Now - downFor, Released: false, forShutdown, []),
            Ballots = m.Ballots.Clear(),
            RenewAt = Instant.Never,
        });

    [Fact]
    public void Asks_the_candidate_whether_it_has_everything() =>
        Down().MustDecide<HaDecision.AskPeers>("H50", ReasonId.HandOverAsk);

    /// <summary>More than there is: a candidate that streams from nobody may be on another timeline than it says.</summary>
    [Fact]
    public void Gives_no_key_to_a_candidate_that_did_not_stream_and_has_more_than_there_ever_was()
    {
        var down = Down().Remember(m => m with { HandOver = m.HandOver! with { End = new(Final.Value + 120) } });
        down.Ballot("b", Final.Value + 120).MustDecide<HaDecision.ReleaseLease>("H30", ReasonId.HandOverConfirmed);
        down.Ballot("b", Final.Value + 121).MustDecide<HaDecision.Wait>("H60", ReasonId.HandOverWaiting);
    }

    [Fact]
    public void Gives_the_key_to_a_candidate_that_has_everything() =>
        Assert.Equal(Final, Down().Ballot("b", Final.Value).MustDecide<HaDecision.ReleaseLease>("H30", ReasonId.HandOverConfirmed).FinalPosition);

    [Fact]
    public void Keeps_the_key_while_the_candidate_lacks_a_single_byte() =>
        Down().Ballot("b", Final.Value - 1).MustDecide<HaDecision.Wait>("H60", ReasonId.HandOverWaiting);

    [Fact]
    public void Does_not_take_another_members_word_for_the_named_candidates() =>
        Down().Ballot("c", Final.Value).MustDecide<HaDecision.AskPeers>("H50", ReasonId.HandOverAsk);

    [Fact]
    public void Keeps_the_key_from_a_candidate_of_another_timeline_however_far_it_is() =>
        Down().Ballot("b", Final.Value + 1000, timeline: 2).MustDecide<HaDecision.Wait>("H60", ReasonId.HandOverWaiting);

    [Fact]
    public void Ends_a_lingering_server_before_it_starts_again() =>
        Given.Primary().Remember(m => m with
        {
            HandOver = new(new("b"), Given.Now, Final, new(1), Given.Now - TimeSpan.FromSeconds(5), Released: false, ForShutdown: false, []),
        }).NoBallot("b").MustDecide<HaDecision.StartJob>("H38", ReasonId.HandOverEndAtOnce);

    [Fact]
    public void Starts_again_as_primary_when_nobody_confirms_in_time() =>
        Assert.IsType<JobSpec.StartPrimary>(
            Down(downFor: TimeSpan.FromSeconds(5)).NoBallot("b").MustDecide<HaDecision.StartJob>("H40", ReasonId.HandOverNobody).Job);

    [Fact]
    public void Lets_go_all_the_same_when_the_agent_is_ending() =>
        Down(forShutdown: true, downFor: TimeSpan.FromSeconds(5)).Remember(m => m with { ShutdownRequested = true })
            .MustDecide<HaDecision.ReleaseLease>("H20", ReasonId.HandOverForShutdown);

    [Fact]
    public void Is_no_danger_while_its_postmaster_only_lingers() // an archiver that takes its time
    {
        Given.Primary("a").LeadBy("b").Remember(m => m with
        {
            HandOver = new(new("b"), Given.Now, Final, new(1), Given.Now, Released: true, ForShutdown: false, []),
            Authority = new NodeAuthority.None(),
        }).MustDecide<HaDecision.Wait>("H10", ReasonId.HandOverAwaitExit);
    }
}
