using HaAgent.Core.Authority;
using HaAgent.Core.Decision;
using HaAgent.Core.Jobs;
using HaAgent.Core.Model;
using HaAgent.Core.Snapshot;

namespace HaAgent.Core.Tests.Decision;

public class A_paused_node
{
    [Fact]
    public void Keeps_its_lock_as_primary()
    {
        Given.Primary().Paused().MustDecide<HaDecision.Wait>("U40", ReasonId.PausePrimaryWithLease);
        Given.Primary().Paused().WithLease(TimeSpan.FromSeconds(10)).MustDecide<HaDecision.RenewLease>("L30", ReasonId.RenewalDue);
    }

    [Fact]
    public void Is_never_fenced()
    {
        Given.Primary().Paused().WithLease(TimeSpan.FromMinutes(5)).StoreSilent().Remember(m => m with { RenewAt = Instant.Never })
            .MustDecide<HaDecision.Wait>("U30", ReasonId.StoreSilent);
        Given.Primary().Paused().LeadBy("b").MustDecide<HaDecision.Wait>("U50", ReasonId.PausePrimaryWithoutLease);
    }

    [Fact]
    public void Takes_a_key_that_nobody_holds_as_primary_but_does_not_ask_in_a_storm()
    {
        var given = Given.Primary().Paused().WithAuthority(new NodeAuthority.None()).NobodyLeads().Remember(m => m with { RenewAt = Given.Now });
        given.MustDecide<HaDecision.RaceForLease>("U45", ReasonId.PausePrimaryAcquires);
        var next = Given.Now + TimeSpan.FromMilliseconds(500);
        var wait = given.Remember(m => m with { RenewAt = next }).MustDecide<HaDecision.Wait>("U48", ReasonId.PausePrimaryWithoutLease);
        Assert.Equal(next, wait.Until);
    }

    [Fact]
    public void Does_not_start_a_stopped_server() => Given.Stopped().Paused().MustDecide<HaDecision.Wait>("U25", ReasonId.PauseNotRunning);

    [Fact]
    public void Gives_up_the_key_of_a_stopped_server() =>
        Given.Stopped("a").Paused().WithLease(TimeSpan.Zero).MustDecide<HaDecision.ReleaseLease>("U20", ReasonId.PauseReleaseNotRunning);

    [Fact]
    public void Does_not_race_as_a_replica() => Given.Replica().Paused().NobodyLeads().MustDecide<HaDecision.Wait>("U90", ReasonId.PauseReplica);

    [Fact]
    public void Takes_over_as_the_named_candidate()
    {
        Given.Replica().Paused().Requested("a", "b").NobodyLeads().MustDecide<HaDecision.RaceForLease>("U75", ReasonId.RequestedCandidate);
        Assert.IsType<JobSpec.Promote>(Given.Replica().Paused().Requested("", "b").LeadBy("b").WithLease(TimeSpan.Zero)
            .MustDecide<HaDecision.StartJob>("U60", ReasonId.PromoteWonTheLease).Job);
    }

    [Fact]
    public void Gives_up_a_key_it_holds_over_a_replica() =>
        Given.Replica().Paused().LeadBy("b").WithLease(TimeSpan.Zero).MustDecide<HaDecision.ReleaseLease>("U70", ReasonId.PauseReleaseNotPrimary);

    [Fact]
    public void Starts_the_old_primary_again_after_its_own_hand_over() =>
        Given.Stopped("a").Paused().LeadBy("b").Remember(m => m with { HandOver = new(new("b"), default, default, default, Given.Now, Released: true, ForShutdown: false, []) })
            .MustDecide<HaDecision.StartJob>("U10", ReasonId.PauseRestartReplica);
}

public class A_node_told_to_end
{
    private static Given Ending(Given given) => given.Remember(m => m with { ShutdownRequested = true });

    [Fact]
    public void Leaves_everything_as_it_is_under_pause() =>
        Assert.Equal((0, false), Ending(Given.Primary().Paused()).MustDecide<HaDecision.Exit>("Z10", ReasonId.EndPaused) is var exit ? (exit.Code, exit.StopFirst) : default);

    [Fact]
    public void Hands_over_as_leader() =>
        Assert.True(Assert.IsType<JobSpec.StopForHandOver>(Ending(Given.Primary()).MustDecide<HaDecision.StartJob>("Z20", ReasonId.EndStopPrimary).Job).ForShutdown);

    [Fact]
    public void Stops_its_replica() => Ending(Given.Replica()).MustDecide<HaDecision.StartJob>("Z30", ReasonId.EndStopReplica);

    [Fact]
    public void Ends_when_all_is_down() => Ending(Given.Stopped()).MustDecide<HaDecision.Exit>("Z90", ReasonId.End);
}
