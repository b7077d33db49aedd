using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;

namespace HaAgent.Simulation.Tests.Postgres;

public class A_bootstrapped_cluster
{
    [Fact]
    public void Streams_what_its_primary_acknowledges()
    {
        var cluster = Cluster.Founded();
        var ack = cluster.Write(cluster.A);
        Assert.NotNull(ack);
        Assert.True(cluster.A.Contains(ack));
        cluster.Run(1);
        Assert.True(cluster.B.Contains(ack) && cluster.C.Contains(ack));
        Assert.Equal("streaming", cluster.Ask(cluster.B).ReplicationState);
        Assert.Equal(2, cluster.Ask(cluster.A).WalSenders.Length);
    }

    [Fact]
    public void Is_the_same_again_with_the_same_seed()
    {
        Assert.Equal(Journal(7), Journal(7));
        Assert.NotEqual(Journal(7), Journal(8));
    }

    [Fact]
    public void Moves_to_a_new_timeline_when_a_standby_is_promoted()
    {
        var cluster = Cluster.Founded();
        cluster.A.Kill();
        var port = cluster.Port(cluster.B);
        var promoted = cluster.Await(port.PromoteAsync(cluster.Now(cluster.B) + TimeSpan.FromSeconds(1), Cluster.Never));
        Assert.True(promoted.Done);
        Assert.True(cluster.Await(port.WaitForControlStateAsync(
            [ControlState.InProduction], cluster.Now(cluster.B) + TimeSpan.FromSeconds(10), Cluster.Never)));
        Assert.True(cluster.B.IsWritable);
        Assert.Equal(2u, cluster.Ask(cluster.B).Timeline.Value);
        Assert.NotNull(cluster.Write(cluster.B));
    }

    private static string Journal(ulong seed)
    {
        var cluster = Cluster.Founded(seed);
        cluster.Write(cluster.A);
        cluster.Port(cluster.A).Signal(StopMode.Fast);
        cluster.Run(10);
        return cluster.World.Journal.Text;
    }
}
