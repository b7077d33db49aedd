using HaAgent.Core.Ports;
using HaAgent.Simulation.Postgres;

namespace HaAgent.Simulation.Tests.Postgres;

public class What_checkers_are_told
{
    [Fact]
    public void Is_who_takes_writes_who_asked_for_an_end_and_how_it_came()
    {
        var told = new List<string>();
        var cluster = Cluster.Founded(first: c =>
        {
            c.History.BecameWritable += server => told.Add($"{server.Name} takes writes");
            c.History.StopRequested += (server, mode, by) => told.Add($"{server.Name} {mode} by {by}");
            c.History.Ended += (server, how) => told.Add($"{server.Name} {how}");
            c.History.PromoteIssued += (server, by) => told.Add($"{server.Name} promote by {by}");
            c.History.Discarded += (server, why) => told.Add($"{server.Name} discarded: {why}");
        });
        cluster.Port(cluster.A).Signal(StopMode.Fast);
        cluster.Until(() => !cluster.A.AnyProcess, 10);
        cluster.B.OperatorPromote();
        cluster.Until(() => cluster.B.IsWritable, 10);
        cluster.B.Quit();
        cluster.Until(() => !cluster.B.AnyProcess, 1);
        cluster.C.Kill();
        cluster.Until(() => !cluster.C.AnyProcess, 1);
        cluster.Await(cluster.Port(cluster.C).DiscardDataDirectoryAsync(DiscardReason.DivergedTimelines, Cluster.Never));
        Assert.Equal(
            [
                "a takes writes", "a Fast by agent", "a shut down", "b promote by operator", "b takes writes",
                "b Immediate by guard", "b immediate stop", "c killed", "c discarded: DivergedTimelines",
            ],
            told);
    }

    [Fact]
    public void Is_each_acknowledgement_when_it_is_sent_whether_it_arrives_or_not()
    {
        var cluster = Cluster.Founded();
        var told = new List<Ack>();
        cluster.History.Acked += told.Add;
        cluster.World.Network.Cut("a", "client");
        Assert.Null(cluster.Write(cluster.A));
        var ack = Assert.Single(told);
        Assert.Equal((cluster.A, 0), (ack.Server, ack.Durable));
        Assert.InRange(ack.At, cluster.World.Time.Now - TimeSpan.FromSeconds(1), cluster.World.Time.Now);
    }

    [Fact]
    public void Is_no_writer_on_a_standby_or_on_a_server_that_is_not_there()
    {
        var cluster = Cluster.Founded();
        Assert.Equal((true, false, false), (cluster.A.IsWritable, cluster.B.IsWritable, cluster.C.IsWritable));
        Assert.Null(cluster.Write(cluster.B));
        cluster.A.KillEverything();
        Assert.False(cluster.A.IsWritable || cluster.A.TryWrite("client", _ => { }));
    }
}
