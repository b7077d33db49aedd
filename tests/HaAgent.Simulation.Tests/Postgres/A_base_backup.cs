using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;

namespace HaAgent.Simulation.Tests.Postgres;

public class A_base_backup
{
    [Fact]
    public void Fails_with_its_source_and_leaves_nothing()
    {
        var cluster = Found();
        var clone = Clone(cluster);
        cluster.Run(0.5);
        cluster.A.KillEverything();
        Assert.False(cluster.Await(clone).Done); // both tries
        Assert.Equal(2, cluster.World.Coverage["base backup failed"]);
        Assert.IsType<DataDirectory.Empty>(cluster.Port(cluster.B).Latest.Directory);
        Assert.False(cluster.B.Directory.IsMarked);
    }

    [Fact]
    public void Outlives_a_short_cut_of_the_network_but_not_a_long_one()
    {
        var cluster = Found();
        var clone = Clone(cluster);
        cluster.Run(0.5);
        cluster.World.Network.CutBoth("a", "b");
        cluster.Run(10);
        Assert.False(clone.IsCompleted);
        cluster.World.Network.HealAll();
        Assert.True(cluster.Await(clone).Done);
        Assert.False(cluster.World.Coverage.ContainsKey("base backup failed"));

        var cut = cluster.Port(cluster.C).CloneAsync(Cluster.Of(cluster.A), Cluster.Never);
        cluster.Run(0.5);
        cluster.World.Network.CutBoth("a", "c");
        Assert.False(cluster.Await(cut).Done);
    }

    [Fact]
    public void That_fails_once_is_tried_again()
    {
        var cluster = Found();
        cluster.B.Faults.FailNextBackup = true;
        Assert.True(cluster.Await(Clone(cluster)).Done);
        Assert.Equal(1, cluster.World.Coverage["base backup failed"]);
    }

    [Fact]
    public void Of_a_dead_agent_goes_on_until_the_next_agent_ends_it()
    {
        var cluster = Found();
        _ = Clone(cluster);
        cluster.Run(0.5);
        cluster.Agent(cluster.B).Kill();
        Assert.NotNull(cluster.B.Tool);
        var next = cluster.Port(cluster.B);
        Assert.Null(cluster.B.Tool);
        Assert.IsType<DataDirectory.Empty>(next.Latest.Directory); // marked as ours
        Assert.True(cluster.Await(next.CloneAsync(Cluster.Of(cluster.A), Cluster.Never)).Done);
    }

    [Fact]
    public void That_ends_well_without_its_agent_is_unfinished()
    {
        var cluster = Found();
        _ = Clone(cluster);
        cluster.Run(0.5);
        cluster.Agent(cluster.B).Kill();
        cluster.Until(() => cluster.B.Tool is null, 30);
        var directory = Assert.IsType<DataDirectory.Initialized>(cluster.Port(cluster.B).Latest.Directory);
        Assert.True(directory.Unfinished && directory.HasBackupLabel);
    }

    [Fact]
    public void That_is_called_off_ends_its_tool_and_leaves_nothing()
    {
        var cluster = Found();
        using var stop = new CancellationTokenSource();
        var clone = cluster.Port(cluster.B).CloneAsync(Cluster.Of(cluster.A), stop.Token);
        cluster.Run(0.5);
        stop.Cancel();
        cluster.Until(() => clone.IsCompleted, 1);
        Assert.True(clone.IsCanceled && cluster.B.Tool is null);
        Assert.IsType<DataDirectory.Empty>(cluster.B.Directory.Read());
    }

    [Fact]
    public void Takes_what_was_written_while_it_ran_and_can_be_taken_from_a_standby()
    {
        var cluster = Found();
        var clone = Clone(cluster);
        cluster.Run(0.5);
        var ack = cluster.Write(cluster.A)!;
        Assert.True(cluster.Await(clone).Done);
        Assert.True(cluster.B.Contains(ack));

        cluster.Await(cluster.Port(cluster.A).ChangeSlotsAsync(
            [new SlotChange.CreatePhysical("b"), new SlotChange.CreatePhysical("c")], Cluster.Never));
        cluster.Start(cluster.B, asPrimary: false, cluster.A);
        var copies = 0;
        cluster.History.Cloned += (copy, source) => copies += copy == cluster.C && source == cluster.B ? 1 : 0;
        Assert.True(cluster.Await(cluster.Port(cluster.C).CloneAsync(Cluster.Of(cluster.B), Cluster.Never)).Done);
        Assert.Equal(1, copies);
        cluster.Start(cluster.C, asPrimary: false, cluster.A);
        cluster.Until(() => cluster.C.Run!.Receiver.IsStreaming, 10);
    }

    [Fact]
    public void Does_not_write_over_a_data_directory()
    {
        var cluster = Cluster.Founded();
        var clone = cluster.Port(cluster.A).CloneAsync(Cluster.Of(cluster.B), Cluster.Never);
        Assert.False(cluster.Await(clone).Done);
        Assert.True(cluster.A.IsWritable);
    }

    private static Cluster Found()
    {
        var cluster = new Cluster();
        cluster.Found();
        return cluster;
    }

    private static Task<StepResult> Clone(Cluster cluster) =>
        cluster.Port(cluster.B).CloneAsync(Cluster.Of(cluster.A), Cluster.Never);
}
