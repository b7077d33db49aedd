using HaAgent.Core.Authority;
using HaAgent.Core.Jobs;
using HaAgent.Core.Model;
using HaAgent.Core.Snapshot;

namespace HaAgent.Core.Tests.Authority;

public class Orders_to_the_guard
{
    [Fact]
    public void Arm_it_with_the_lease_of_a_primary()
    {
        NodeView view = Given.Primary().WithLease(TimeSpan.FromSeconds(3));
        Assert.Equal(
            new GuardOrder.Arm(view.Authority.GuardAt, view.Authority.Until, view.Memory.LeaseId), GuardOrder.For(view));
    }

    [Fact]
    public void Arm_it_with_the_deadline_by_which_a_restarted_agent_must_have_found_its_lease()
    {
        var by = Given.Now + TimeSpan.FromSeconds(7);
        NodeView view = Given.Primary().WithAuthority(new NodeAuthority.Unknown(by));
        Assert.Equal(new GuardOrder.Arm(by, by, view.Memory.LeaseId), GuardOrder.For(view));
    }

    [Fact]
    public void Disarm_it_for_a_replica_even_one_that_holds_the_key() =>
        Assert.Equal(new GuardOrder.Disarm(), GuardOrder.For(Given.Replica("a").WithLease(TimeSpan.Zero)));

    [Fact]
    public void Keep_it_armed_while_a_promotion_or_a_start_as_primary_is_under_way()
    {
        Assert.IsType<GuardOrder.Arm>(GuardOrder.For(
            Given.Replica("a").WithLease(TimeSpan.Zero).Job(new JobSpec.Promote(Given.Now))));
        Assert.IsType<GuardOrder.Arm>(GuardOrder.For(
            Given.Stopped("a").WithLease(TimeSpan.Zero).Job(new JobSpec.StartPrimary(Given.Now, default, "starting"))));
    }

    [Fact]
    public void Disarm_it_under_pause_where_the_operator_decides() =>
        Assert.Equal(new GuardOrder.Disarm(), GuardOrder.For(Given.Primary().WithLease(TimeSpan.Zero).Paused()));

    [Fact]
    public void Leave_it_armed_when_only_the_cache_on_disk_knows_of_a_pause() =>
        Assert.Equal(new GuardOrder.Leave(), GuardOrder.For(Given.Primary().Paused().StoreSilent()));

    [Fact]
    public void Disarm_it_for_a_server_that_is_gone_only_when_nothing_of_it_is_left() =>
        Assert.Equal(new GuardOrder.Disarm(OnlyIfNothingRuns: true), GuardOrder.For(Given.Stopped()));

    [Fact]
    public void Leave_it_armed_while_the_ladder_is_at_work() =>
        Assert.Equal(new GuardOrder.Leave(), GuardOrder.For(
            Given.Primary().WithLease(TimeSpan.FromSeconds(25)).Remember(m => m with { Fencing = true })));

    [Fact]
    public void Leave_it_armed_when_a_writable_server_has_no_right_any_more() =>
        Assert.Equal(new GuardOrder.Leave(), GuardOrder.For(Given.Primary().WithAuthority(new NodeAuthority.None())));

    [Fact]
    public void Disarm_it_once_the_server_of_a_hand_over_is_down_though_its_archiver_lingers() =>
        Assert.Equal(new GuardOrder.Disarm(), GuardOrder.For(
            Given.Primary().WithLease(TimeSpan.Zero).Remember(m => m with
            {
                HandOver = new(new("b"), Given.Now, new(0x5000001), new(1), DownAt: Given.Now, Released: true, false, []),
            })));

    [Fact]
    public void Watch_a_server_that_was_started_after_the_one_of_a_hand_over_was_down() =>
        Assert.IsType<GuardOrder.Arm>(GuardOrder.For(
            Given.Primary().WithLease(TimeSpan.Zero).Remember(m => m with
            {
                HandOver = new(new("b"), Given.Now, new(0x5000001), new(1), DownAt: Given.Now - TimeSpan.FromHours(2), Released: false, false, []),
            })));

    [Fact]
    public void Do_not_begin_anew_after_a_firing_while_a_start_is_under_way() =>
        Assert.Equal(new GuardOrder.Leave(), GuardOrder.For(Fired(
            Given.Stopped("a").LeadBy("b").Job(new JobSpec.StartPrimary(Given.Now, TimeSpan.FromSeconds(60), "starting primary after failure")))));

    [Fact]
    public void Begin_anew_after_a_firing_only_when_the_server_is_gone_and_the_key_is_known_to_be_given_up()
    {
        Assert.Equal(new GuardOrder.Leave(), GuardOrder.For(Given.Stopped("a").LeadBy("b").Guard(g => g with { Fired = true })));
        Assert.Equal(new GuardOrder.Leave(), GuardOrder.For(Fired(Given.Stopped("a").LeadBy("a"))));
        Assert.Equal(new GuardOrder.Leave(), GuardOrder.For(Fired(Given.Stopped().StoreSilent())));
        Assert.Equal(new GuardOrder.Reset(), GuardOrder.For(Fired(Given.Stopped("a").LeadBy("b"))));
        Assert.Equal(new GuardOrder.Reset(), GuardOrder.For(Fired(Given.Stopped().NobodyLeads())));
    }

    private static Given Fired(Given given) => given.Guard(g => g with { Fired = true, NothingRuns = true });
}
