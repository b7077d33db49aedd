using HaAgent.Core.Decision;
using HaAgent.Core.Jobs;
using HaAgent.Core.Loop;
using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;
using HaAgent.Core.Tests.Decision;

namespace HaAgent.Core.Tests.Jobs;

public class A_stop_for_a_hand_over
{
    private static readonly JobSpec.StopForHandOver Switchover =
        new(new("b"), ForShutdown: false, Manual: false, new(99));
    private static readonly JobResult.Failed NotClean = new("was ended at once");

    [Fact]
    public async Task Tells_every_10_seconds_how_long_it_takes_and_what_it_waits_for()
    {
        var server = new Running(shutsDownAfter: 35);
        Assert.IsType<JobResult.Down>(await server.StopAsync(Switchover));
        Assert.Equal([10, 20, 30], server.Told.Select(told => told.Seconds));
        Assert.All(server.Told, told => Assert.Equal("the shutdown checkpoint", told.WaitsFor));
    }

    [Fact]
    public async Task Without_a_limit_is_never_ended_at_once()
    {
        var server = new Running(shutsDownAfter: 3600);
        Assert.IsType<JobResult.Down>(await server.StopAsync(Switchover));
        Assert.Equal([StopMode.Fast], server.Signals);
    }

    [Fact]
    public async Task That_hangs_is_ended_at_once_at_its_limit_and_proves_nothing()
    {
        var server = new Running(shutsDownAfter: null);
        Assert.IsType<JobResult.Failed>(await server.StopAsync(Switchover with { Limit = TimeSpan.FromSeconds(25) }));
        Assert.Equal([StopMode.Fast, StopMode.Immediate], server.Signals);
        Assert.Equal(TimeSpan.FromSeconds(25.2), server.Took); // a last look whether it was clean after all
    }

    [Fact]
    public async Task That_ends_within_its_limit_is_a_clean_one()
    {
        var server = new Running(shutsDownAfter: 24);
        Assert.IsType<JobResult.Down>(await server.StopAsync(Switchover with { Limit = TimeSpan.FromSeconds(25) }));
        Assert.Equal([StopMode.Fast], server.Signals);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(25)]
    public void Of_a_switchover_is_limited_by_primary_stop_timeout_if_that_is_set(int seconds)
    {
        var limit = Assert.IsType<JobSpec.StopForHandOver>(
            Given.Primary().Settings(s => s with { PrimaryStopTimeout = TimeSpan.FromSeconds(seconds) })
                .Requested("a", "b").Ballot("b", Given.Here.Value)
                .Decided<HaDecision.StartJob>().Job).Limit;
        Assert.Equal(seconds > 0 ? TimeSpan.FromSeconds(seconds) : null, limit);
    }

    [Fact]
    public void Is_shown_as_stopping_while_it_takes_its_time() =>
        Assert.Equal(PostgresState.Stopping, PublishedState.State(
            Given.Primary().Job(Switchover).With(v => v with { Job = v.Job! with { Phase = "stopping" } })));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void That_was_not_clean_ends_with_the_old_primary_starting_again_and_the_key_kept(bool paused)
    {
        var given = Stopped(Switchover).Settings(s => s with { PrimaryStartTimeout = TimeSpan.Zero, Pause = paused })
            .Ballot("b", Given.Here.Value);
        Assert.IsType<JobSpec.StartPrimary>(given.Decided<HaDecision.StartJob>().Job);
    }

    [Fact]
    public void That_was_not_clean_when_the_agent_ends_gives_the_key_away() =>
        Stopped(Switchover with { ForShutdown = true }).Remember(m => m with { ShutdownRequested = true })
            .Decided<HaDecision.ReleaseLease>();

    [Fact]
    public void That_was_not_clean_and_outlived_the_lease_starts_nothing_as_primary() // S3
    {
        var given = Stopped(Switchover).WithLease(TimeSpan.FromSeconds(30)).NobodyLeads();
        var started = given.Remember(_ => Fold.Observe(given)).Decided<HaDecision.StartJob>().Job;
        Assert.IsType<JobSpec.StartReplica>(started);
    }

    /// <summary>The old primary as the stop left it, with a lease that was confirmed at this moment.</summary>
    private static Given Stopped(JobSpec.StopForHandOver stop) => Given.Stopped("a").WithLease(TimeSpan.Zero)
        .Directory(new DataDirectory.Initialized(
            Given.SystemId, ControlState.InProduction, new(new(1), Given.Here), false, false, false))
        .Remember(m => FoldOutcomes.JobEnded(m, HaSettings.Default, stop, NotClean, Given.Now));

    private sealed class Running(int? shutsDownAfter)
    {
        private readonly StoppingServer _server = new(shutsDownAfter is { } s ? TimeSpan.FromSeconds(s) : null);

        public List<(int Seconds, string WaitsFor)> Told { get; } = [];

        public List<StopMode> Signals => _server.Signals;

        public TimeSpan Took => Instant.Now(_server) - Given.Now;

        public Task<JobResult> StopAsync(JobSpec.StopForHandOver stop) => new JobSteps(_server, _server)
            .StopForHandOverAsync(
                stop, _ => { }, (took, what) => Told.Add(((int)took.TotalSeconds, what)), CancellationToken.None);
    }
}
