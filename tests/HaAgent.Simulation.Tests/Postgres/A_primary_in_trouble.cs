using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;
using HaAgent.Simulation.Postgres;

namespace HaAgent.Simulation.Tests.Postgres;

public class A_primary_in_trouble
{
    [Fact]
    public void Leaves_backends_for_a_moment_when_its_postmaster_is_killed()
    {
        var cluster = Cluster.Founded();
        cluster.A.Kill();
        Assert.True(cluster.A.AnyProcess && !cluster.A.HasPostmaster);
        Assert.NotNull(cluster.A.Start()); // shared memory is in use
        cluster.Until(() => !cluster.A.AnyProcess, 0.05);
        Assert.False(cluster.A.IsWritable);
    }

    [Fact]
    public void Recovers_before_it_lets_anybody_in()
    {
        var cluster = Cluster.Founded();
        var ack = cluster.Write(cluster.A)!;
        cluster.A.KillEverything();
        cluster.A.Faults.SlowNextRecovery(TimeSpan.FromSeconds(10));
        var port = cluster.Port(cluster.A);
        var started = port.StartAsync(new(true, null), Core.Model.Instant.Never, TimeSpan.FromSeconds(2), Cluster.Never);
        Assert.Equal(StartOutcome.StillStarting, cluster.Await(started).Outcome);
        var reading = cluster.Await(port.ProbeAsync(cluster.Now(cluster.A) + TimeSpan.FromSeconds(1), Cluster.Never));
        Assert.IsType<SqlReading.Rejecting>(reading.Sql);
        Assert.Null(cluster.Write(cluster.A));
        cluster.Until(() => cluster.A.IsWritable, 15);
        Assert.True(cluster.A.Contains(ack));
        Assert.Equal(1u, cluster.A.Directory.Branch!.Number.Value);
    }

    [Fact]
    public void Acknowledges_after_its_thaw_what_it_was_asked_while_frozen()
    {
        var cluster = Cluster.Founded();
        cluster.A.Hang(HangKind.Everything);
        Assert.False(cluster.A.IsWritable);
        Ack? ack = null;
        Assert.True(cluster.A.TryWrite("client", answer => ack = answer));
        cluster.Run(30);
        Assert.Null(ack);
        cluster.A.Resume();
        cluster.Until(() => ack is not null, 1);
    }

    [Fact]
    public void With_a_hung_postmaster_serves_who_is_in_and_no_signal_but_the_last()
    {
        var cluster = Cluster.Founded();
        var session = cluster.A.Connect("client")!;
        cluster.A.Hang(HangKind.PostmasterOnly);
        Assert.True(cluster.A.IsWritable);
        Assert.Null(cluster.Write(cluster.A));
        Assert.True(cluster.A.Signal(StopMode.Fast, "test"));
        cluster.A.Quit();
        cluster.Run(10);
        var acknowledged = false;
        session.TryWrite(_ => acknowledged = true);
        cluster.Until(() => acknowledged, 1);
        cluster.A.KillEverything();
        Assert.False(cluster.A.AnyProcess);
        Assert.False(session.TryWrite(_ => { }));
    }

    [Fact]
    public void Nobody_who_waits_for_a_hanging_disk_dies_before_it_answers_and_nothing_is_acknowledged()
    {
        var cluster = Cluster.Founded();
        cluster.A.Hang(HangKind.Disk);
        var acks = 0;
        cluster.A.TryWrite("client", _ => acks++);
        cluster.A.KillEverything();
        cluster.Run(10);
        Assert.True(cluster.A.AnyProcess && !cluster.A.IsWritable);
        cluster.A.Resume();
        Assert.False(cluster.A.AnyProcess);
        cluster.Run(5);
        Assert.Equal(0, acks);
    }

    [Fact]
    public void Panics_on_a_full_disk_and_comes_back_only_with_room()
    {
        var cluster = Cluster.Founded();
        cluster.A.DiskFull(true);
        Assert.Null(cluster.Write(cluster.A, 10));
        Assert.False(cluster.A.AnyProcess); // it could not recover either
        Assert.Equal(1, cluster.World.Coverage["panic"]);
        Assert.Equal(StartOutcome.Failed, cluster.Start(cluster.A, asPrimary: true).Outcome);
        cluster.A.DiskFull(false);
        Assert.Equal(StartOutcome.Running, cluster.Start(cluster.A, asPrimary: true).Outcome);
    }

    [Fact]
    public void Ends_all_sessions_and_recovers_when_one_backend_dies_hard()
    {
        var cluster = Cluster.Founded();
        var pid = cluster.A.Run!.Pid;
        var session = cluster.A.Connect("client")!;
        cluster.A.CrashBackend();
        Assert.False(session.IsOpen || cluster.A.IsWritable);
        cluster.Until(() => cluster.A.IsWritable, 10);
        Assert.Equal(pid, cluster.A.Run!.Pid);
    }

    [Fact]
    public void Loses_nothing_that_it_acknowledged_in_any_kind_of_end()
    {
        for (var kind = 0; kind < 4; kind++)
        {
            var cluster = new Cluster((ulong)kind);
            cluster.Found();
            Ack? last = null;
            for (var i = 0; i < 200; i++)
            {
                cluster.World.Time.After(TimeSpan.FromMilliseconds(i * 3), () => cluster.A.TryWrite("client", ack => last = ack));
            }

            cluster.Run(0.4);
            Action end = kind switch
            {
                0 => cluster.A.Kill,
                1 => cluster.A.KillEverything,
                2 => cluster.A.PowerLoss,
                _ => cluster.A.Quit,
            };
            end();
            cluster.Until(() => !cluster.A.AnyProcess, 1);
            Assert.True(cluster.A.Contains(last!));
            cluster.Start(cluster.A, asPrimary: true);
            Assert.True(cluster.A.Contains(last!));
        }
    }

    [Fact]
    public void Goes_with_its_directory_and_is_there_again_when_it_is_mounted()
    {
        var cluster = Cluster.Founded();
        var ack = cluster.Write(cluster.A)!;
        cluster.A.UnmountDirectory(unreadable: false);
        Assert.IsType<DataDirectory.Empty>(cluster.Port(cluster.A).Latest.Directory);
        Assert.False(cluster.A.AnyProcess || cluster.A.Contains(ack));
        cluster.A.MountDirectory();
        Assert.IsType<DataDirectory.Initialized>(cluster.Port(cluster.A).Latest.Directory);
        Assert.True(cluster.A.Contains(ack));
    }
}
