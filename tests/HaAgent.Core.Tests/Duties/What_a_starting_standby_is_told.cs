using HaAgent.Core.Duties;
using HaAgent.Core.Jobs;
using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;

namespace HaAgent.Core.Tests.Duties;

/// <summary>It may have been started when nobody could tell whom to follow, and take no connection before it has that node's WAL.</summary>
public class What_a_starting_standby_is_told
{
    private static readonly Upstream Leader = new(new("a"), "postgres://10.0.0.1:5432/a");

    [Fact]
    public void Is_whom_to_follow()
    {
        var duty = Due(Starting());
        Assert.Equal(new ApplyPlan(IsPrimary: false, Leader, Force: false, Starting: true), duty?.Plan);
    }

    [Fact]
    public void Is_told_by_a_restarted_agent_that_knows_the_role_by_the_signal_file_alone() =>
        Assert.Equal(Leader, Due(Starting().Remember(_ => new NodeMemory()))?.Plan.Follow);

    [Fact]
    public void Is_told_once() => Assert.Null(Due(Told(Starting())));

    [Fact]
    public void Is_told_to_another_postmaster_too() =>
        Assert.NotNull(Due(Told(Starting()).With(v => v with { Postgres = v.Postgres with { Process = new ServerProcess.Running(4712, v.At) } })));

    [Fact]
    public void Changes_with_the_leader() => Assert.Equal("c", Due(Told(Starting()).LeadBy("c"))?.Plan.Follow?.Name.Value);

    [Fact]
    public void Is_to_be_reloaded_whatever_the_files_say_when_the_settings_changed() =>
        Assert.True(Due(Told(Starting()).Settings(s => s with { Serial = s.Serial + 1 }))?.Plan.Force);

    [Fact]
    public void Is_told_again_fully_once_it_answers()
    {
        var told = ((NodeView)Told(Starting())).Memory.Applied;

        var duty = Due(Given.Replica().Remember(m => m with { Applied = told }));

        Assert.Equal(new ApplyPlan(IsPrimary: false, Leader, Force: false, Starting: false), duty?.Plan);
        Assert.Null(Due(Given.Replica().Remember(m => m with { Applied = duty!.Applied }))); // asserted just now
    }

    [Fact]
    public void Is_nothing_while_it_is_not_known_who_leads() // S6
    {
        Assert.Null(Due(Starting().NobodyLeads()));
        Assert.Null(Due(Starting().StoreSilent()));
    }

    [Fact]
    public void Is_nothing_while_the_leader_publishes_no_address() =>
        Assert.Null(Due(Starting().Store(c => c with { Members = [Given.Member("a", "primary") with { ConnUrl = null }] })));

    [Fact]
    public void Is_nothing_when_the_key_is_its_own_or_it_is_to_follow_nobody()
    {
        Assert.Null(Due(Starting().LeadBy("b").Tags(tags => tags with { ReplicateFrom = new("c") })));
        Assert.Null(Due(Starting().Tags(tags => tags with { NoStream = true })));
    }

    [Fact]
    public void Is_nothing_when_it_may_be_promoting() // S1: it would be told to follow in the middle of it
    {
        Assert.Null(Due(Starting().Remember(m => m with { MayBePromoting = true })));
        Assert.Null(Due(Starting().Remember(m => m with { PromoteIssued = true })));
    }

    [Fact]
    public void Is_nothing_when_it_was_started_as_primary_whatever_files_lie_about() =>
        Assert.Null(Due(Starting().Remember(m => m with { LocalRole = LocalRole.Primary })));

    [Fact]
    public void Is_nothing_when_no_signal_file_says_that_it_is_a_standby() // S6
    {
        Assert.Null(Due(Starting().With(v => v with
        {
            Postgres = v.Postgres with { Directory = (DataDirectory.Initialized)v.Postgres.Directory with { HasStandbySignal = false } },
        })));
        Assert.Null(Due(Starting().Directory(new DataDirectory.Unreadable("the disk does not answer"))));
    }

    [Fact]
    public void Is_nothing_while_a_job_or_a_fence_or_a_hand_over_has_the_server()
    {
        Assert.Null(Due(Starting().Job(new JobSpec.Stop(""))));
        Assert.Null(Due(Starting().Remember(m => m with { Fencing = true })));
        Assert.Null(Due(Starting().Remember(m => m with
        {
            HandOver = new(new("c"), Given.Now, new(1), new(1), Given.Now, Released: true, ForShutdown: false, []),
        })));
    }

    /// <summary>Whom the start was told to follow may have gone since.</summary>
    [Fact]
    public void Comes_while_the_start_itself_is_waited_for() => Assert.NotNull(Due(Starting().Job(new JobSpec.StartReplica(null, default, ""))));

    [Fact]
    public void Is_nothing_when_it_is_silent_for_another_reason_or_not_there() // S6
    {
        Assert.Null(Due(Starting().NotAnswering()));
        Assert.Null(Due(Given.Stopped()));
    }

    private static Given Starting() => Given.Replica().StartingUp();

    private static Given Told(Given given) => given.Remember(m => m with { Applied = Due(given)!.Applied }); // a duty as long as it is starting

    private static Duty.Apply? Due(NodeView view) => (Duty.Apply?)ConfigurationDuty.Due(view);
}
