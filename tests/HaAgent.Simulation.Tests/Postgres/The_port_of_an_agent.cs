using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;
using HaAgent.Simulation.Kernel;
using HaAgent.Simulation.Postgres;

namespace HaAgent.Simulation.Tests.Postgres;

public class The_port_of_an_agent
{
    [Fact]
    public void Has_seen_all_there_is_before_the_agent_begins()
    {
        var cluster = Cluster.Founded();
        var reading = cluster.Port(cluster.B).Latest;
        Assert.Equal(cluster.B.Run!.Pid, Assert.IsType<ServerProcess.Running>(reading.Process).Pid);
        Assert.True(reading.InRecovery);
        Assert.Equal(ControlState.InArchiveRecovery, Assert.IsType<DataDirectory.Initialized>(reading.Directory).State);
    }

    [Fact]
    public void Tells_at_once_that_the_postmaster_was_killed()
    {
        var cluster = Cluster.Founded();
        var port = cluster.Port(cluster.A);
        cluster.Run(1);
        var told = TimeSpan.Zero;
        port.Changed += () => told = told == TimeSpan.Zero && !port.Latest.IsRunning ? cluster.World.Time.Now : told;
        var killed = cluster.World.Time.Now;
        cluster.A.Kill();
        cluster.Run(0.001);
        Assert.InRange(told - killed, TimeSpan.FromTicks(1), TimeSpan.FromMilliseconds(0.5));
        Assert.NotNull(Assert.IsType<ServerProcess.None>(port.Latest.Process).EndedAt);
        Assert.IsType<SqlReading.Unknown>(port.Latest.Sql);
    }

    [Fact]
    public void Waits_for_a_hung_server_until_its_deadlines_and_no_longer()
    {
        var cluster = Cluster.Founded();
        var port = cluster.Port(cluster.A);
        cluster.Run(1);
        cluster.A.Hang(HangKind.Everything);
        var asked = cluster.World.Time.Now;
        port.ProbeSoon();
        var ballot = port.ProbeAsync(cluster.Now(cluster.A) + TimeSpan.FromSeconds(5), Cluster.Never);
        Assert.IsType<SqlReading.Unknown>(cluster.Await(ballot).Sql);
        Assert.InRange(cluster.World.Time.Now - asked, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1.1));
        cluster.Until(() => port.Latest.Sql is SqlReading.Unknown { Detail: "no answer within 3.0 s" }, 3);
        Assert.True(port.Latest.IsRunning);
        cluster.A.Resume();
        port.ProbeSoon();
        cluster.Until(() => port.Latest.InRecovery == false, 1);
    }

    [Fact]
    public void Still_has_its_own_connection_when_only_the_postmaster_hangs()
    {
        var cluster = Cluster.Founded();
        var port = cluster.Port(cluster.A);
        port.ProbeSoon();
        cluster.Run(1);
        cluster.A.Hang(HangKind.PostmasterOnly);
        port.ProbeSoon();
        cluster.Run(1);
        var first = ((SqlReading.Answered)port.Latest.Sql).AskedAt;
        port.ProbeSoon();
        cluster.Run(1);
        Assert.True(((SqlReading.Answered)port.Latest.Sql).AskedAt > first);
        var slots = port.ChangeSlotsAsync([new SlotChange.CreatePhysical("x")], Cluster.Never);
        Assert.False(cluster.Await(slots).Done); // that takes a new one
    }

    [Fact]
    public void Calls_a_directory_unreadable_whose_disk_is_silent_for_two_seconds()
    {
        var cluster = Cluster.Founded();
        var port = cluster.Port(cluster.A);
        cluster.Run(1);
        cluster.A.Hang(HangKind.Disk);
        port.ProbeSoon();
        cluster.Run(1.9);
        Assert.IsType<DataDirectory.Initialized>(port.Latest.Directory);
        cluster.Until(() => port.Latest.Directory is DataDirectory.Unreadable, 0.2);
        Assert.False(cluster.Await(port.WaitForControlStateAsync(
            [ControlState.InProduction], cluster.Now(cluster.A) + TimeSpan.FromSeconds(1), Cluster.Never)));
        cluster.A.Resume();
        cluster.Run(3); // the probe that hung gives up first
        port.ProbeSoon();
        cluster.Until(() => port.Latest.Directory is DataDirectory.Initialized, 1);
    }

    [Fact]
    public void Sees_nothing_while_its_agent_is_frozen_and_all_of_it_after_the_thaw()
    {
        var cluster = Cluster.Founded();
        var port = cluster.Port(cluster.A);
        cluster.Run(1);
        cluster.Agent(cluster.A).Freeze();
        var exit = port.WaitForExitAsync(Instant.Never, Cluster.Never);
        cluster.A.KillEverything();
        cluster.Run(30);
        Assert.True(port.Latest.IsRunning && !exit.IsCompleted);
        cluster.Agent(cluster.A).Thaw();
        Assert.True(cluster.Await(exit));
        Assert.False(port.Latest.IsRunning);
    }

    [Fact]
    public void Of_a_dead_agent_does_nothing_more_but_what_it_began_goes_on()
    {
        var cluster = new Cluster();
        cluster.Found();
        cluster.Port(cluster.A).Signal(StopMode.Fast);
        cluster.Until(() => !cluster.A.AnyProcess, 10);
        var port = cluster.Port(cluster.A);
        var start = port.StartAsync(new(true, null), Instant.Never, TimeSpan.FromMinutes(1), Cluster.Never);
        cluster.Until(() => cluster.A.AnyProcess, 1);
        cluster.Agent(cluster.A).Kill();
        cluster.Until(() => cluster.A.IsWritable, 5);
        cluster.Run(5);
        Assert.False(start.IsCompleted);
        Assert.True(cluster.Port(cluster.A).Latest.IsRunning); // the next one adopts it
    }

    [Fact]
    public void Does_not_start_a_server_after_the_last_moment_but_has_written_its_files()
    {
        var cluster = Cluster.Founded();
        cluster.Port(cluster.B).Signal(StopMode.Fast);
        cluster.Until(() => !cluster.B.AnyProcess, 10);
        var start = cluster.Port(cluster.B).StartAsync(
            new(true, null), cluster.Now(cluster.B), TimeSpan.FromMinutes(1), Cluster.Never);
        Assert.Equal(StartOutcome.TooLate, cluster.Await(start).Outcome);
        Assert.False(cluster.B.AnyProcess || cluster.B.Directory.HasStandbySignal);
    }

    [Fact]
    public void Starts_it_after_the_last_moment_when_it_stood_still_between_the_look_and_the_effect()
    {
        var cluster = Cluster.Founded();
        cluster.A.KillEverything();
        var port = cluster.Port(cluster.A);
        port.BeforeEffect = effect => cluster.Agent(cluster.A).Freeze();
        var start = port.StartAsync(
            new(true, null), cluster.Now(cluster.A) + TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1), Cluster.Never);
        cluster.Run(10);
        Assert.False(cluster.A.AnyProcess);
        cluster.Agent(cluster.A).Thaw();
        Assert.Equal(StartOutcome.Running, cluster.Await(start).Outcome); // the guard's to end
    }

    [Fact]
    public void Ends_a_start_that_a_fence_has_crossed()
    {
        var cluster = Cluster.Founded();
        cluster.A.KillEverything();
        var port = cluster.Port(cluster.A);
        port.BeforeEffect = _ => port.Kill();
        var start = port.StartAsync(new(true, null), Instant.Never, TimeSpan.FromMinutes(1), Cluster.Never);
        Assert.Equal(StartOutcome.TooLate, cluster.Await(start).Outcome);
        Assert.False(cluster.A.AnyProcess);
    }

    [Fact]
    public void Measures_one_ballot_for_all_who_ask_meanwhile_and_a_new_one_for_who_asks_later()
    {
        var cluster = Cluster.Founded();
        var port = cluster.Port(cluster.A);
        var until = cluster.Now(cluster.A) + TimeSpan.FromSeconds(1);
        var together = Enumerable.Range(0, 5).Select(_ => port.ProbeAsync(until, Cluster.Never)).ToList();
        var readings = together.ConvertAll(cluster.Await);
        Assert.All(readings, reading => Assert.Same(readings[0].Sql, reading.Sql));
        var now = cluster.Now(cluster.A);
        var later = (SqlReading.Answered)cluster.Await(port.ProbeAsync(until, Cluster.Never)).Sql;
        Assert.True(later.AskedAt >= now);
    }

    [Fact]
    public void Takes_no_progress_of_wal_for_news()
    {
        var cluster = Cluster.Founded();
        var port = cluster.Port(cluster.A);
        port.ProbeSoon();
        cluster.Run(2);
        var news = 0;
        port.Changed += () => news++;
        cluster.Write(cluster.A);
        port.ProbeSoon();
        cluster.Run(2);
        Assert.Equal(0, news);
        cluster.B.KillEverything();
        cluster.Run(1);
        port.ProbeSoon();
        cluster.Run(2);
        Assert.Equal(1, news); // a walsender is gone
    }

    [Fact]
    public void Remembers_the_timeline_that_a_standby_received_when_its_receiver_is_gone()
    {
        var cluster = Cluster.Founded();
        cluster.Await(cluster.Port(cluster.B).ChangeSlotsAsync([new SlotChange.CreatePhysical("c")], Cluster.Never));
        cluster.A.KillEverything();
        cluster.Promote(cluster.B);
        var port = cluster.Port(cluster.C);
        cluster.Await(port.ApplyAsync(new(false, Cluster.Of(cluster.B), false), Cluster.Never));
        cluster.Until(() => cluster.C.Directory.Branch == cluster.B.Directory.Branch, 10);
        cluster.Await(port.ProbeAsync(Soon(cluster.C, cluster), Cluster.Never));
        cluster.B.KillEverything();
        cluster.Run(1);
        var remembered = (SqlReading.Answered)cluster.Await(port.ProbeAsync(Soon(cluster.C, cluster), Cluster.Never)).Sql;
        Assert.Equal((2u, (string?)null), (remembered.Timeline.Value, remembered.ReplicationState));
        Assert.Equal(2u, cluster.Ask(cluster.C).Timeline.Value); // another agent has not seen it, and asks what is replayed
    }

    [Fact]
    public void Completes_nothing_inside_of_a_pump()
    {
        var cluster = Cluster.Founded();
        var pump = new SimContext(cluster.Agent(cluster.A));
        var port = cluster.Port(cluster.A);
        var done = false;
        pump.Begin(() => _ = JobAsync());
        cluster.Until(() => done, 60);
        Assert.Null(pump.ForeignPost);

        async Task JobAsync()
        {
            using var stop = new CancellationTokenSource();
            var wait = port.WaitForExitAsync(Instant.Never, stop.Token);
            stop.Cancel(); // in the pump, as the product does
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait);
            port.Signal(StopMode.Fast);
            Assert.True(await port.WaitForNoClientBackendsAsync(Instant.Never, Cluster.Never));
            port.Kill();
            Assert.True(await port.WaitForExitAsync(Instant.Never, Cluster.Never));
            done = SynchronizationContext.Current == pump;
        }
    }

    private static Instant Soon(SimServer server, Cluster cluster) => cluster.Now(server) + TimeSpan.FromSeconds(1);
}
