using HaAgent.Simulation.Postgres;

namespace HaAgent.Simulation.Tests.Postgres;

public class Synchronous_commits
{
    [Theory]
    [InlineData("ANY 1 (b,c)", 1)]
    [InlineData("ANY 2 (b,c)", 2)]
    [InlineData("FIRST 1 (b,c)", 1)]
    [InlineData("FIRST 2 (b,c)", 2)]
    public void Are_on_so_many_standbys_when_they_are_acknowledged(string names, int standbys)
    {
        var cluster = With(names);
        var acks = 0;
        cluster.History.Acked += ack =>
        {
            acks++;
            var have = (Flushed(cluster.B, ack) ? 1 : 0) + (Flushed(cluster.C, ack) ? 1 : 0);
            Assert.True(ack.Durable >= standbys && have >= standbys);
        };
        for (var i = 0; i < 50; i++)
        {
            Assert.NotNull(cluster.Write(cluster.A));
        }

        Assert.Equal(50, acks);
    }

    [Theory]
    [InlineData("ANY 1 (b,c)", true)]
    [InlineData("ANY 2 (b,c)", false)]
    [InlineData("FIRST 1 (b,c)", true)]
    [InlineData("FIRST 1 (B)", false)]
    public void Wait_for_those_who_must_have_them(string names, bool goesOn)
    {
        var cluster = With(names);
        cluster.B.KillEverything();
        cluster.Run(1);
        Assert.Equal(goesOn, cluster.Write(cluster.A, 20) is not null);
    }

    [Fact]
    public void Wait_for_the_first_that_streams_even_when_another_has_them()
    {
        var cluster = With("FIRST 1 (b,c)");
        cluster.B.Hang(HangKind.Everything);
        Ack? ack = null;
        cluster.A.TryWrite("client", answer => ack = answer);
        cluster.Run(30);
        Assert.Null(ack);
        cluster.Until(() => ack is not null, 60); // its walsender gives b up
    }

    [Fact]
    public void Are_not_acknowledged_any_more_when_the_server_stops_while_they_wait()
    {
        var cluster = With("ANY 2 (b,c)");
        cluster.B.KillEverything();
        var acks = 0;
        cluster.A.TryWrite("client", _ => acks++);
        cluster.Run(1);
        cluster.A.Signal(Core.Ports.StopMode.Fast, "test");
        cluster.Run(10);
        Assert.Equal(0, acks);
    }

    [Fact]
    public void Are_released_when_the_rule_is_lifted()
    {
        var cluster = With("ANY 1 (x)");
        Ack? ack = null;
        cluster.A.TryWrite("client", answer => ack = answer);
        cluster.Run(5);
        Assert.Null(ack);
        cluster.A.SyncStandbys = SyncStandbys.None;
        cluster.Until(() => ack is not null, 1);
    }

    private static bool Flushed(SimServer server, Ack ack) =>
        server.Directory.Branch!.Includes(ack.Branch, ack.Lsn, server.Directory.Flushed);

    private static Cluster With(string names)
    {
        var cluster = Cluster.Founded();
        cluster.A.SyncStandbys = SyncStandbys.Parse(names);
        return cluster;
    }
}
