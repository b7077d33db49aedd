using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;
using HaAgent.Simulation.Postgres;

namespace HaAgent.Simulation.Tests.Postgres;

public class A_rewind
{
    [Fact]
    public void Makes_an_old_primary_that_crashed_follow_the_new_one()
    {
        var cluster = Diverged(clean: false, out var lost);
        var rewound = new List<(SimServer, SimServer)>();
        cluster.History.RewindBegun += (target, source) => rewound.Add((target, source));
        Assert.Equal(RewindOutcome.Done, Rewind(cluster).Outcome);
        Assert.Equal([(cluster.A, cluster.B)], rewound);
        Assert.Equal(1, cluster.World.Coverage["single-user recovery"]);
        Assert.False(cluster.A.Contains(lost));

        Slot(cluster);
        Assert.Equal(StartOutcome.Running, cluster.Start(cluster.A, asPrimary: false, cluster.B).Outcome);
        var ack = cluster.Write(cluster.B)!;
        cluster.Until(() => cluster.A.Contains(ack), 10);
        Assert.Equal(2u, cluster.Ask(cluster.A).Timeline.Value);
    }

    [Fact]
    public void Is_needed_also_after_a_clean_stop_with_something_that_nobody_has()
    {
        var cluster = Diverged(clean: true, out _);
        var facts = cluster.Await(cluster.Port(cluster.A).CompareAsync(Cluster.Of(cluster.B), Cluster.Never));
        Assert.True(facts.Local.Lsn >= facts.LeaderHistory[0].SwitchPoint);
        Assert.Equal(RewindOutcome.Done, Rewind(cluster).Outcome);
    }

    [Fact]
    public void Is_not_needed_by_one_that_stopped_cleanly_and_was_heard_to_the_end()
    {
        var cluster = Cluster.Founded();
        cluster.Port(cluster.A).Signal(StopMode.Fast);
        cluster.Until(() => !cluster.A.AnyProcess, 10);
        cluster.Promote(cluster.B);
        cluster.Run(10);
        var facts = cluster.Await(cluster.Port(cluster.A).CompareAsync(Cluster.Of(cluster.B), Cluster.Never));
        Assert.Equal(facts.LocalEndOfCheckpoint, facts.LeaderHistory[0].SwitchPoint);
        Assert.Equal(RewindOutcome.NotNeeded, Rewind(cluster).Outcome);
        Slot(cluster);
        cluster.Start(cluster.A, asPrimary: false, cluster.B);
        cluster.Until(() => cluster.A.Run!.Receiver.IsStreaming, 10);
    }

    [Theory]
    [InlineData(15, RewindOutcome.NotNeeded)]
    [InlineData(16, RewindOutcome.Done)]
    public void Before_the_sources_first_checkpoint_does_nothing_in_versions_before_16(int version, RewindOutcome outcome)
    {
        var cluster = Diverged(clean: true, out _, c =>
        {
            c.History.MajorVersion = version;
            c.B.Faults.SlowNextCheckpoint(TimeSpan.FromMinutes(5));
        });
        var facts = cluster.Await(cluster.Port(cluster.A).CompareAsync(Cluster.Of(cluster.B), Cluster.Never));
        Assert.False(facts.LeaderCheckpointDone);
        Assert.Equal(outcome, Rewind(cluster).Outcome);
    }

    [Fact]
    public void Whose_source_goes_away_leaves_nothing_that_starts()
    {
        var cluster = Diverged(clean: true, out _);
        cluster.History.RewindBegun += (_, source) => source.KillEverything();
        Assert.Equal(RewindOutcome.SourceUnreachable, Rewind(cluster).Outcome);
        Assert.Equal(StartOutcome.Failed, cluster.Start(cluster.A, asPrimary: true).Outcome);
    }

    [Fact]
    public void Cannot_begin_from_a_standby_or_on_a_running_server()
    {
        var cluster = Diverged(clean: true, out _);
        var fromStandby = cluster.Port(cluster.A).RewindAsync(Cluster.Of(cluster.C), Cluster.Never);
        Assert.Equal(RewindOutcome.SourceUnreachable, cluster.Await(fromStandby).Outcome);
        var onRunning = cluster.Port(cluster.B).RewindAsync(Cluster.Of(cluster.A), Cluster.Never);
        Assert.Equal(RewindOutcome.NotPossible, cluster.Await(onRunning).Outcome);
    }

    [Fact]
    public void Fails_for_want_of_the_wal_since_the_divergence()
    {
        var cluster = Diverged(clean: true, out _, c => c.History.WalKeep = 0, apart: c =>
        {
            c.Write(c.A);
            c.Await(c.Port(c.A).CheckpointAsync(TimeSpan.FromMinutes(1), Cluster.Never));
        });
        var result = Rewind(cluster);
        Assert.Equal((RewindOutcome.Failed, "pg_rewind: could not find previous WAL record"), (result.Outcome, result.Detail));
    }

    [Fact]
    public void That_is_called_off_ends_its_tool()
    {
        var cluster = Diverged(clean: true, out _);
        using var stop = new CancellationTokenSource();
        cluster.History.RewindBegun += (_, _) => cluster.World.Time.After(TimeSpan.FromMilliseconds(10), stop.Cancel);
        var rewind = cluster.Port(cluster.A).RewindAsync(Cluster.Of(cluster.B), stop.Token);
        cluster.Until(() => rewind.IsCompleted, 10);
        Assert.True(rewind.IsCanceled && cluster.A.Tool is null);
    }

    /// <summary>a wrote what nobody else has, b was promoted, a is down.</summary>
    private static Cluster Diverged(bool clean, out Ack lost, Action<Cluster>? first = null, Action<Cluster>? apart = null)
    {
        var cluster = Cluster.Founded();
        first?.Invoke(cluster);
        cluster.World.Network.CutBoth("a", "b");
        cluster.World.Network.CutBoth("a", "c");
        apart?.Invoke(cluster);
        lost = cluster.Write(cluster.A)!;
        if (clean)
        {
            cluster.A.OperatorStop(StopMode.Fast);
        }
        else
        {
            cluster.A.Kill();
        }

        cluster.Until(() => !cluster.A.AnyProcess, 100);
        cluster.World.Network.HealAll();
        cluster.Promote(cluster.B);
        cluster.Run(5);
        return cluster;
    }

    private static RewindResult Rewind(Cluster cluster) =>
        cluster.Await(cluster.Port(cluster.A).RewindAsync(Cluster.Of(cluster.B), Cluster.Never));

    private static void Slot(Cluster cluster) =>
        cluster.Await(cluster.Port(cluster.B).ChangeSlotsAsync([new SlotChange.CreatePhysical("a")], Cluster.Never));
}
