using HaAgent.Core.Authority;
using HaAgent.Core.Decision;
using HaAgent.Core.Jobs;
using HaAgent.Core.Loop;
using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;

namespace HaAgent.Core.Tests.Loop;

public class What_is_remembered
{
    private static readonly Instant Later = Given.Now + TimeSpan.FromSeconds(1);

    [Fact]
    public void A_key_that_went_with_its_members_key_went_by_expiry()
    {
        var loss = Fold.Observe(Given.Replica().NobodyLeads().Store(c => c with { Members = [.. c.Members.Where(m => m.Name.Value != "a")] })).Loss;
        Assert.Equal((new NodeName("a"), true), (loss!.Leader, loss.ByExpiry));
    }

    [Fact]
    public void A_key_that_went_alone_was_released() => Assert.False(Fold.Observe(Given.Replica().NobodyLeads()).Loss!.ByExpiry);

    [Theory]
    [InlineData(5, true)]
    [InlineData(27, true)]
    [InlineData(29, false)]
    [InlineData(40, false)]
    public void An_expiry_is_early_when_the_leader_showed_life_less_than_a_lease_ago(int secondsAgo, bool early)
    {
        var given = Given.Replica().NobodyLeads().Store(c => c with { Members = [.. c.Members.Where(m => m.Name.Value != "a")] })
            .Remember(m => m with { LeaderSignAt = Given.Now - TimeSpan.FromSeconds(secondsAgo) });
        Assert.Equal(early, Fold.Observe(given).Loss!.Early);
    }

    [Fact]
    public void A_data_directory_in_the_place_of_the_one_that_the_server_ran_from_is_somebody_elses_work()
    {
        var (first, second) = (new FileIdentity(1, 10), new FileIdentity(1, 11));
        var ran = Fold.Observe(Given.Primary().Directory(Initialized(first)));
        Assert.Equal(first, ran.Served.Directory);

        var same = Fold.Observe(Given.Stopped("a").Directory(Initialized(first)).Remember(_ => ran));
        Assert.False(same.DirectoryReplaced);

        var given = Given.Stopped("a").Directory(Initialized(second)).Remember(_ => ran);
        var replaced = Fold.Observe(given);
        Assert.Equal((true, RewindState.CheckDue), (replaced.DirectoryReplaced, replaced.Rewind));

        // Judged once, not for ever.
        var judged = Fold.Observe(given.Remember(_ => replaced with { Rewind = RewindState.Idle }));
        Assert.Equal((true, RewindState.Idle), (judged.DirectoryReplaced, judged.Rewind));
        Assert.False(Fold.Observe(Given.Primary().Directory(Initialized(second)).Remember(_ => judged)).DirectoryReplaced);
    }

    [Fact]
    public void A_data_directory_that_this_agent_makes_is_its_own_work()
    {
        var ran = Fold.Observe(Given.Primary().Directory(Initialized(new(1, 10))));
        var job = new JobSpec.BaseBackup(new Upstream(new("b"), "postgres://b"), default);
        Assert.False(Fold.Observe(Given.Stopped("a").Directory(Initialized(new(1, 11))).Remember(_ => ran).Job(job)).DirectoryReplaced);
    }

    private static DataDirectory Initialized(FileIdentity identity) =>
        Assert.IsType<DataDirectory.Initialized>(Given.Stopped("a").Build().Postgres.Directory) with { Identity = identity };

    [Fact]
    public void A_release_is_never_early() => Assert.False(Fold.Observe(Given.Replica().NobodyLeads()).Loss!.Early);

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 500)]
    [InlineData(7, 500)]
    public void A_renewal_that_nobody_answered_is_followed_by_a_pause_whatever_wakes_the_loop(int unanswered, int pauseMilliseconds)
    {
        var pauseEnds = Later + TimeSpan.FromMilliseconds(500);
        var memory = new NodeMemory
        {
            Authority = new NodeAuthority.Lease(LeaseTimes.From(Given.Now, TimeSpan.FromSeconds(20))),
            RenewAt = pauseEnds,
            RenewalsUnanswered = unanswered,
        };
        Assert.Equal(Later + TimeSpan.FromMilliseconds(pauseMilliseconds), Fold.Awake(memory, Later).RenewAt);
    }

    [Fact]
    public void Ballots_are_thrown_away_when_the_leader_is_lost() =>
        Assert.Empty(Fold.Observe(Given.Replica().NobodyLeads().Ballot("c", 1)).Ballots);

    [Fact]
    public void A_restarted_agent_over_a_primary_knows_nothing_until_its_predecessors_deadline()
    {
        var given = Given.Primary().WithAuthority(new NodeAuthority.None());
        Assert.Equal(new NodeAuthority.Unknown(Later), Fold.Adopt(given, Later).Authority);
        Assert.Equal(new NodeAuthority.Unknown(Given.Now + TimeSpan.FromSeconds(10)), Fold.Adopt(given, null).Authority);
    }

    [Fact]
    public void A_restarted_agent_over_a_replica_claims_nothing() =>
        Assert.IsType<NodeAuthority.None>(Fold.Adopt(Given.Replica(), null).Authority);

    [Fact]
    public void A_deadline_left_over_a_replica_tells_of_a_promotion_that_may_still_take_effect()
    {
        var memory = Fold.Adopt(Given.Replica(), Later);
        Assert.True(memory.MayBePromoting);
        Assert.Equal(new NodeAuthority.Unknown(Later), memory.Authority);
    }

    [Fact]
    public void A_restarted_agent_over_a_server_that_cannot_be_asked_counts_it_as_writable() // S6
    {
        var given = Given.Primary().WithAuthority(new NodeAuthority.None()).NotAnswering().Remember(m => m with { LocalRole = LocalRole.Unknown });
        Assert.IsType<NodeAuthority.Unknown>(Fold.Adopt(given, null).Authority);
    }

    [Fact]
    public void The_end_of_a_pause_gives_a_primary_without_a_lease_one_try()
    {
        var given = Given.Primary().WithAuthority(new NodeAuthority.None()).Remember(m => m with { WasPaused = true });
        Assert.Equal(new NodeAuthority.Unknown(Given.Now + TimeSpan.FromSeconds(10)), Fold.Observe(given).Authority);
    }

    [Fact]
    public void A_replica_that_lost_the_key_has_no_authority_left() =>
        Assert.IsType<NodeAuthority.None>(Fold.Observe(Given.Replica().WithLease(TimeSpan.Zero).LeadBy("c")).Authority);

    [Fact]
    public void A_primary_keeps_its_lost_authority_until_it_is_fenced() => // or the fence would not know
        Assert.IsType<NodeAuthority.Lease>(Fold.Observe(Given.Primary().LeadBy("c")).Authority);

    [Fact]
    public void A_leader_on_a_newer_timeline_is_a_reason_to_compare() =>
        Assert.Equal(RewindState.CheckDue, Fold.Observe(Given.Replica()
            .Store(c => c with { Members = [Given.Member("a", "primary") with { Timeline = new(2) }] })).Rewind);

    [Fact]
    public void An_issued_promotion_counts_as_writable_until_recovery_is_seen_to_have_ended()
    {
        var issued = Given.Replica().Remember(m => m with { PromoteIssued = true, LocalRole = LocalRole.Primary });
        Assert.Equal(LocalRole.Primary, Fold.Observe(issued).LocalRole);
        Assert.False(Fold.Observe(Given.Primary().Remember(m => m with { PromoteIssued = true })).PromoteIssued);
    }

    [Fact]
    public void A_replica_that_meets_a_store_without_a_cluster_is_refused_however_well_it_runs()
    {
        NodeView view = Given.Replica().NobodyLeads().Store(c => c with { Initialize = null, Members = [] }).Remember(_ => new NodeMemory());
        var ruled = HaDecider.Decide(view with { Memory = Fold.Observe(view) });
        Assert.Equal(ReasonId.RunningAsReplicaWithoutInitialize, ruled.Decision.Reason.Id);
    }

    [Fact]
    public void A_hand_over_ends_with_the_lease()
    {
        var down = new HandOver(new("b"), Given.Now, new(1), new(1), Given.Now, Released: false, ForShutdown: false, []);
        Assert.True(Fold.Observe(Given.Stopped("a").LeadBy("c").WithLease(TimeSpan.Zero).Remember(m => m with { HandOver = down })).HandOver!.Released);
    }

    [Fact]
    public void A_server_that_takes_no_connections_counts_its_time_from_when_that_was_first_seen()
    {
        var starting = Given.Primary().StartingUp();
        Assert.Equal(Given.Now, Fold.Observe(starting).StartingSince);
        Assert.Null(Fold.Observe(Given.Primary().Remember(m => m with { StartingSince = Given.Now - TimeSpan.FromHours(1) })).StartingSince);
    }

    [Fact]
    public void A_failed_promotion_is_not_taken_for_one_under_way()
    {
        var after = FoldOutcomes.JobEnded(new() { PromoteIssued = true }, HaSettings.Default, new JobSpec.Promote(default), new JobResult.Failed("no space left"), Later);
        Assert.Equal((false, true), (after.PromoteIssued, after.PromoteFailed));
    }

    [Fact]
    public void A_founder_whose_cluster_was_named_by_another_has_failed() =>
        Assert.Equal(FoundingState.Failed, Fold.Observe(Given.Primary().Store(c => c with { Initialize = "9999999999999" })
            .Remember(m => m with { Founding = FoundingState.Recording, Authority = new NodeAuthority.Founding() })).Founding);

    [Fact]
    public void An_unconfirmed_renewal_changes_no_authority() // S6
    {
        NodeView view = Given.Primary();
        var after = FoldOutcomes.Lease(view.Memory, view.Settings, LeaseRequest.Renewing, LeaseAnswer.Unknown("no answer"), Later);
        Assert.Equal(view.Memory.Authority, after.Authority);
        Assert.Equal(1, after.RenewalsUnanswered);
    }

    [Fact]
    public void A_refused_renewal_takes_all_authority() =>
        Assert.IsType<NodeAuthority.None>(FoldOutcomes.Lease(
            ((NodeView)Given.Primary()).Memory, HaSettings.Default, LeaseRequest.Renewing, LeaseAnswer.NotHeld("held by c"), Later).Authority);

    [Fact]
    public void A_confirmed_renewal_counts_from_the_moment_it_was_sent()
    {
        var answer = new LeaseAnswer(LeaseOutcome.Held, Given.Now, TimeSpan.FromSeconds(30), "");
        var after = FoldOutcomes.Lease(new NodeMemory(), HaSettings.Default, LeaseRequest.Renewing, answer, Given.Now + TimeSpan.FromSeconds(9));
        Assert.Equal(LeaseTimes.From(Given.Now, TimeSpan.FromSeconds(30)), Assert.IsType<NodeAuthority.Lease>(after.Authority).Times);
        Assert.Equal(Given.Now + TimeSpan.FromSeconds(10), after.RenewAt);
    }

    [Fact]
    public void A_start_that_failed_as_primary_is_told_from_one_that_failed_as_a_replica()
    {
        var failed = new JobResult.Started(StartOutcome.Failed, "no space left");
        Assert.True(FoldOutcomes.JobEnded(new(), HaSettings.Default, new JobSpec.StartPrimary(default, default, ""), failed, Later).StartFailed!.AsPrimary);
        Assert.False(FoldOutcomes.JobEnded(new(), HaSettings.Default, new JobSpec.StartReplica(null, default, ""), failed, Later).StartFailed!.AsPrimary);
    }
}
