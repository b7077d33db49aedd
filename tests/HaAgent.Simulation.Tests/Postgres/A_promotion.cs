using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;

namespace HaAgent.Simulation.Tests.Postgres;

public class A_promotion
{
    [Fact]
    public void Is_too_late_after_its_last_moment()
    {
        var cluster = Cluster.Founded();
        var result = cluster.Await(cluster.Port(cluster.B).PromoteAsync(cluster.Now(cluster.B), Cluster.Never));
        Assert.False(result.Done);
        cluster.Run(70);
        Assert.False(cluster.B.IsWritable || cluster.B.Directory.HasPromoteFile);
    }

    [Fact]
    public void That_a_freeze_holds_up_at_the_last_moment_is_taken_back_at_the_thaw()
    {
        var cluster = Cluster.Founded();
        var issued = 0;
        cluster.History.PromoteIssued += (_, _) => issued++;
        var port = cluster.Port(cluster.B);
        port.BeforeEffect = effect => cluster.Agent(cluster.B).Freeze();
        var promotion = port.PromoteAsync(cluster.Now(cluster.B) + TimeSpan.FromSeconds(1), Cluster.Never);
        cluster.Run(5);
        Assert.Equal(0, issued);
        port.BeforeEffect = null;
        cluster.Agent(cluster.B).Thaw();
        Assert.False(cluster.Await(promotion).Done);
        Assert.Equal(1, issued); // the file was there for a moment, and might have been seen
        cluster.Run(70);
        Assert.False(cluster.B.IsWritable);
    }

    [Fact]
    public void Never_comes_from_an_agent_that_dies_at_the_last_moment()
    {
        var cluster = Cluster.Founded();
        var port = cluster.Port(cluster.B);
        port.BeforeEffect = _ => cluster.Agent(cluster.B).Kill();
        var promotion = port.PromoteAsync(Instant.Never, Cluster.Never);
        cluster.Run(70);
        Assert.False(promotion.IsCompleted || cluster.B.IsWritable);
    }

    [Fact]
    public void Goes_on_when_the_agent_dies_between_the_file_and_the_signal()
    {
        var cluster = Cluster.Founded();
        var port = cluster.Port(cluster.B);
        port.BeforeEffect = effect =>
        {
            if (effect == "signal the promotion")
            {
                cluster.Agent(cluster.B).Kill();
            }
        };
        _ = port.PromoteAsync(Instant.Never, Cluster.Never);
        cluster.Until(() => cluster.B.IsWritable, 61);
    }

    [Fact]
    public void Takes_writes_first_and_checkpoints_afterwards()
    {
        var cluster = Cluster.Founded();
        cluster.B.Faults.SlowNextPromote(TimeSpan.FromSeconds(40));
        cluster.B.Faults.SlowNextCheckpoint(TimeSpan.FromSeconds(5));
        var port = cluster.Port(cluster.B);
        Assert.True(cluster.Await(port.PromoteAsync(Instant.Never, Cluster.Never)).Done);
        cluster.Run(39);
        Assert.True(cluster.Ask(cluster.B).InRecovery);
        cluster.Until(() => cluster.B.IsWritable, 2);
        var reading = cluster.Ask(cluster.B);
        Assert.True(!reading.InRecovery && !reading.CheckpointOnCurrentTimeline);
        cluster.Run(10);
        Assert.True(cluster.Ask(cluster.B).CheckpointOnCurrentTimeline);
        Assert.Equal(1, cluster.World.Coverage["promotion slow"]);
    }

    [Fact]
    public void Of_two_at_once_makes_two_timelines_of_one_number_that_share_nothing()
    {
        var cluster = Cluster.Founded();
        cluster.A.KillEverything();
        cluster.B.OperatorPromote();
        cluster.C.OperatorPromote();
        cluster.Until(() => cluster.B.IsWritable && cluster.C.IsWritable, 5);
        Assert.Equal(cluster.B.Directory.Branch!.Number, cluster.C.Directory.Branch!.Number);
        var ack = cluster.Write(cluster.B)!;
        Assert.False(cluster.C.Contains(ack));
    }

    [Fact]
    public void Keeps_all_that_was_received()
    {
        var cluster = Cluster.Founded();
        var ack = cluster.Write(cluster.A)!;
        cluster.Until(() => cluster.B.Contains(ack), 1);
        cluster.Promote(cluster.B);
        Assert.True(cluster.B.Contains(ack));
        var history = cluster.Await(cluster.Port(cluster.B).ReadHistoryAsync(new(2), Cluster.Never));
        Assert.Equal(new Timeline(1), Assert.Single(history!.Lines).ParentTimeline);
        Assert.True(history.Lines[0].SwitchPoint >= ack.Lsn);
        Assert.Null(cluster.Await(cluster.Port(cluster.A).ReadHistoryAsync(new(1), Cluster.Never)));
    }

    [Fact]
    public void Takes_the_next_number_after_those_that_the_archive_knows()
    {
        var cluster = Cluster.Founded(first: c => c.History.Archive = new());
        cluster.A.KillEverything();
        cluster.World.Network.CutBoth("b", "c");
        cluster.Promote(cluster.B);
        cluster.Promote(cluster.C);
        Assert.Equal((2u, 3u), (cluster.Ask(cluster.B).Timeline.Value, cluster.Ask(cluster.C).Timeline.Value));
    }

    [Fact]
    public void Before_its_server_is_consistent_ends_it()
    {
        var cluster = Cluster.Founded();
        cluster.Port(cluster.B).Signal(StopMode.Fast);
        cluster.Until(() => !cluster.B.AnyProcess, 5);
        cluster.B.Directory.MinimumRecoveryEnd = (cluster.A.Directory.Branch!, new(cluster.B.Directory.Written.Value + 8));
        cluster.World.Network.CutBoth("a", "b");
        var start = cluster.Port(cluster.B).StartAsync(
            new(false, Cluster.Of(cluster.A)), Instant.Never, TimeSpan.FromSeconds(5), Cluster.Never);
        Assert.Equal(StartOutcome.StillStarting, cluster.Await(start).Outcome);
        cluster.B.OperatorPromote();
        cluster.Until(() => !cluster.B.AnyProcess, 5);
        Assert.False(cluster.World.Coverage.ContainsKey("promoted"));
    }

    [Fact]
    public void Of_a_running_primary_is_refused()
    {
        var cluster = Cluster.Founded();
        Assert.False(cluster.Await(cluster.Port(cluster.A).PromoteAsync(Instant.Never, Cluster.Never)).Done);
    }

    [Fact]
    public void Is_over_when_the_server_is_stopped_in_the_middle()
    {
        var cluster = Cluster.Founded();
        cluster.B.Faults.SlowNextPromote(TimeSpan.FromSeconds(10));
        var port = cluster.Port(cluster.B);
        cluster.Await(port.PromoteAsync(Instant.Never, Cluster.Never));
        port.Signal(StopMode.Fast);
        Assert.False(cluster.Await(port.WaitForControlStateAsync([ControlState.InProduction], Instant.Never, Cluster.Never)));
        Assert.Equal(ControlState.ShutDownInRecovery, cluster.B.Directory.State);
        Assert.Equal(StartOutcome.Running, cluster.Start(cluster.B, asPrimary: false, cluster.A).Outcome);
        Assert.True(cluster.Ask(cluster.B).InRecovery);
    }
}
