using HaAgent.Core.Decision;
using HaAgent.Core.Jobs;
using HaAgent.Core.Loop;
using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Requests;
using HaAgent.Core.Snapshot;
using HaAgent.Core.Tests.Decision;

namespace HaAgent.Core.Tests.Requests;

public class A_restart_request
{
    private static readonly OperatorRequest.Restart Any = new(default, null);
    private static readonly JobSpec.StopForRestart Stop = new(Checkpoint: true);

    [Theory]
    [InlineData(PostgresRole.Primary, 0, false, true)]
    [InlineData(PostgresRole.Replica, 0, false, false)]
    [InlineData(null, 150019, false, true)] // the server is 15.18
    [InlineData(null, 150018, false, false)]
    [InlineData(null, 0, true, false)]
    public void Is_for_servers_that_match(PostgresRole? role, int olderThan, bool pending, bool matches)
    {
        var decision = HaDecider.Decide(Given.Primary().Asked(new OperatorRequest.Restart(new(role, olderThan, pending), null))).Decision;
        Assert.Equal(matches, decision is HaDecision.Admit);
        Assert.True(matches || decision is HaDecision.Refuse { Code: 503, Text: "restart conditions are not satisfied" });
    }

    [Fact]
    public void Is_refused_while_a_job_runs() => Assert.Equal((503, "running pg_rewind from a already in progress"), Refused(
        Given.Stopped().Job(new JobSpec.Rewind(new(new("a"), "postgres://a:5432/postgres"))).Asked(Any)));

    [Fact]
    public void Is_refused_while_another_is_under_way() => Assert.Equal(
        (503, "restart already in progress"), Refused(Given.Primary().Remember(m => m with { Restart = new(7, true, null, false) }).Asked(Any)));

    [Fact]
    public void Is_not_taken_for_a_crash_that_is_to_fail_over()
    {
        var given = Given.Stopped("a").WithLease(TimeSpan.Zero).Settings(s => s with { PrimaryStartTimeout = TimeSpan.Zero })
            .Directory(((DataDirectory.Initialized)Given.Stopped().Build().Postgres.Directory) with { HasStandbySignal = false, State = ControlState.ShutDown });
        Assert.IsType<HaDecision.AskPeers>(HaDecider.Decide(given.Copy()).Decision);
        var start = Assert.IsType<JobSpec.StartPrimary>(given.Remember(m => m with { Restart = new(1, true, TimeSpan.FromSeconds(17), true) })
            .Decided<HaDecision.StartJob>().Job);
        Assert.Equal(("restart", TimeSpan.FromSeconds(17)), (start.Label, start.Timeout));
    }

    [Theory]
    [InlineData(true, StartOutcome.Running, RestartOutcome.Done)]
    [InlineData(true, StartOutcome.StillStarting, RestartOutcome.StillStarting)]
    [InlineData(true, StartOutcome.Failed, RestartOutcome.Failed)]
    [InlineData(false, StartOutcome.Running, RestartOutcome.Failed)] // what was a primary came back as a replica: the lease was lost
    public void Ends_with_the_start(bool startedAsPrimary, StartOutcome outcome, RestartOutcome ended)
    {
        var memory = OperatorFold.RestartAdmitted(Given.Primary(), requestId: 5, timeout: null);
        memory = OperatorFold.JobEnded(memory, Stop, new JobResult.Done());
        Assert.True(memory.Restart is { Stopped: true, AsPrimary: true });
        JobSpec start = startedAsPrimary
            ? new JobSpec.StartPrimary(default, default, "restart")
            : new JobSpec.StartReplica(null, default, "restart");
        memory = OperatorFold.JobEnded(memory, start, new JobResult.Started(outcome, ""));
        Assert.Null(memory.Restart);
        Assert.Equal((5, ended), memory.RestartEnded);
    }

    [Fact]
    public void Is_tried_again_when_the_lease_was_too_short_for_the_start()
    {
        var memory = OperatorFold.JobEnded(OperatorFold.RestartAdmitted(Given.Primary(), 5, null), Stop, new JobResult.Done());
        Assert.NotNull(OperatorFold.JobEnded(memory, new JobSpec.StartPrimary(default, default, ""), new JobResult.Started(StartOutcome.TooLate, "")).Restart);
    }

    [Fact]
    public void Is_not_done_because_the_old_postmaster_is_still_seen() => Assert.NotNull(OperatorFold.Observe(Given.Primary().Remember(
        m => m with { Restart = OperatorFold.RestartAdmitted(Given.Primary(), 5, null).Restart! with { Stopped = true } })).Restart);

    [Fact]
    public void Ends_when_nothing_may_be_started_from_what_lies_there() => Assert.Equal((5, RestartOutcome.Failed), OperatorFold.Observe(
        Given.Stopped().Directory(new DataDirectory.Foreign("no control file")).Remember(m => m with { Restart = new(5, false, null, true) })).RestartEnded);

    [Fact]
    public void Of_a_paused_primary_that_is_down_without_the_key_is_refused() => Assert.Equal(503, Refused(
        Given.Stopped("a").Paused().NobodyLeads().With(v => v with
        {
            Postgres = v.Postgres with { Directory = ((DataDirectory.Initialized)v.Postgres.Directory) with { HasStandbySignal = false, State = ControlState.ShutDown } },
        }).Asked(Any)).Code);

    [Fact]
    public void Ends_with_a_fence() => Assert.Equal((5, RestartOutcome.Failed), OperatorFold.Observe(
        Given.Primary().Remember(m => m with { Restart = new(5, true, null, false), Fencing = true })).RestartEnded);

    [Theory]
    [InlineData(false, false, "PostgreSQL was restarted meanwhile")]
    [InlineData(true, true, "restart conditions are not satisfied")]
    public void That_was_scheduled_is_forgotten_when_it_would_do_harm(bool sameServer, bool due, string why)
    {
        var started = Given.Today - TimeSpan.FromDays(1);
        var given = Given.Primary().With(v => v with { Postgres = v.Postgres with { Sql = ((SqlReading.Answered)v.Postgres.Sql) with { PostmasterStartTime = started } } })
            .Remember(m => m with
            {
                ScheduledRestart = new(
                    Given.Today + TimeSpan.FromHours(due ? 0 : 1), new(null, 0, Pending: true), null, "{}", sameServer ? started : started - TimeSpan.FromHours(1)),
            });
        Assert.Equal(why, given.MustDecide<HaDecision.EndSchedule>("O10", ReasonId.ScheduledRestartDropped).Reason.Facts.OtherText);
    }

    private static (int Code, string Text) Refused(Given given) =>
        HaDecider.Decide(given).Decision is HaDecision.Refuse refuse ? (refuse.Code, refuse.Text) : default;
}
