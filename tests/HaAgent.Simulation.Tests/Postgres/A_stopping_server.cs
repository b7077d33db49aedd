using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;

namespace HaAgent.Simulation.Tests.Postgres;

public class A_stopping_server
{
    [Fact]
    public void Leaves_a_final_position_that_its_standbys_have_received()
    {
        var cluster = Cluster.Founded();
        cluster.Write(cluster.A);
        cluster.Port(cluster.A).Signal(StopMode.Fast);
        cluster.Until(() => !cluster.A.AnyProcess, 10);
        var facts = cluster.Await(cluster.Port(cluster.A).ReadControlAsync(Cluster.Never));
        Assert.Equal(ControlState.ShutDown, facts!.State);
        Assert.True(facts.FinalPosition.IsKnown && facts.FinalPosition < facts.EndOfCheckpoint);
        Assert.All([cluster.B, cluster.C], standby => Assert.True(cluster.Ask(standby).Received >= facts.FinalPosition));
    }

    [Fact]
    public void Is_down_by_its_control_file_before_it_has_told_a_standby_that_does_not_answer()
    {
        var cluster = Cluster.Founded();
        cluster.B.Hang(Simulation.Postgres.HangKind.Everything);
        var port = cluster.Port(cluster.A);
        port.Signal(StopMode.Fast);
        Assert.True(cluster.Await(port.WaitForControlStateAsync(
            [ControlState.ShutDown], cluster.Now(cluster.A) + TimeSpan.FromSeconds(5), Cluster.Never)));
        cluster.Run(5);
        Assert.True(cluster.A.AnyProcess); // its walsender waits
        cluster.B.Resume();
        cluster.Until(() => !cluster.A.AnyProcess, 2);
        Assert.True(cluster.B.Directory.Written >= cluster.A.Directory.Checkpoint!.End);
    }

    [Fact]
    public void Gives_up_on_a_standby_that_is_silent_for_a_minute()
    {
        var cluster = Cluster.Founded();
        cluster.World.Network.CutBoth("a", "b");
        cluster.A.Signal(StopMode.Fast, "test");
        cluster.Run(30);
        Assert.True(cluster.A.AnyProcess);
        cluster.Until(() => !cluster.A.AnyProcess, 60);
    }

    [Fact]
    public void Lets_nobody_in_and_acknowledges_nothing_once_its_clients_have_ended()
    {
        var cluster = Cluster.Founded();
        cluster.A.Faults.SlowNextStop(TimeSpan.FromSeconds(20));
        var port = cluster.Port(cluster.A);
        port.Signal(StopMode.Fast);
        Assert.True(cluster.Await(port.WaitForNoClientBackendsAsync(
            cluster.Now(cluster.A) + TimeSpan.FromSeconds(1), Cluster.Never)));
        Assert.False(cluster.A.IsWritable);
        Assert.Null(cluster.Write(cluster.A, 5));
        var reading = cluster.Await(port.ProbeAsync(cluster.Now(cluster.A) + TimeSpan.FromSeconds(1), Cluster.Never));
        Assert.IsType<SqlReading.Rejecting>(reading.Sql);
        Assert.Equal("the shutdown checkpoint", cluster.Await(port.WhatKeepsAStopAsync(Instant(cluster), Cluster.Never)));
    }

    [Fact]
    public void Waits_for_its_clients_when_it_is_asked_smartly()
    {
        var cluster = Cluster.Founded();
        var session = cluster.A.Connect("client")!;
        cluster.A.Signal(StopMode.Smart, "test");
        cluster.Run(20);
        var acknowledged = false;
        Assert.True(session.TryWrite(_ => acknowledged = true));
        cluster.Until(() => acknowledged, 1);
        Assert.Null(cluster.Write(cluster.A));
        session.Close();
        cluster.Until(() => !cluster.A.AnyProcess, 5);
        Assert.Equal(ControlState.ShutDown, cluster.A.Directory.State);
    }

    [Fact]
    public void Ends_at_once_and_must_recover_when_it_is_stopped_immediately()
    {
        var cluster = Cluster.Founded();
        var ack = cluster.Write(cluster.A)!;
        cluster.Port(cluster.A).Signal(StopMode.Immediate);
        cluster.Until(() => !cluster.A.AnyProcess, 0.02);
        Assert.Equal(ControlState.InProduction, cluster.A.Directory.State);
        Assert.Equal(StartOutcome.Running, cluster.Start(cluster.A, asPrimary: true).Outcome);
        Assert.Equal(1, cluster.World.Coverage["crash recovery"]);
        Assert.True(cluster.A.Contains(ack));
    }

    [Fact]
    public void Is_down_in_recovery_as_a_standby_and_says_what_it_has_replayed()
    {
        var cluster = Cluster.Founded();
        cluster.Write(cluster.A);
        cluster.Run(1);
        cluster.Port(cluster.B).Signal(StopMode.Fast);
        cluster.Until(() => !cluster.B.AnyProcess, 5);
        var facts = cluster.Await(cluster.Port(cluster.B).ReadControlAsync(Cluster.Never))!;
        Assert.Equal(ControlState.ShutDownInRecovery, facts.State);
        Assert.Equal(cluster.B.Directory.Written, facts.MinimumRecoveryEnd.Lsn);
        Assert.False(facts.FinalPosition.IsKnown);
    }

    [Fact]
    public void Switches_its_last_file_first_where_there_is_an_archive()
    {
        var cluster = Cluster.Founded(first: c => c.History.Archive = new());
        cluster.Port(cluster.A).Signal(StopMode.Fast);
        cluster.Until(() => !cluster.A.AnyProcess, 10);
        var facts = cluster.Await(cluster.Port(cluster.A).ReadControlAsync(Cluster.Never))!;
        Assert.True(facts.FinalPosition < facts.Checkpoint.Lsn);
    }

    private static Core.Model.Instant Instant(Cluster cluster) => cluster.Now(cluster.A) + TimeSpan.FromSeconds(1);
}
