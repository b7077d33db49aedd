using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;
using HaAgent.Postgres.Control;
using HaAgent.Postgres.Sql;
using HaAgent.Testing;

namespace HaAgent.Postgres.Tests;

public class A_replica_that_nobody_feeds
{
    /// <summary>Its control file follows with the next restartpoint only, and whoever asks now has never seen it stream.</summary>
    [Fact]
    public async Task Tells_the_timeline_that_it_replays()
    {
        await using var a = await TestServer.PrimaryAsync();
        await using var b = await a.ReplicaAsync("b");
        await Eventually.HoldsAsync("b streams", TestServer.Soon, async () =>
            (await b.ProbeAsync()).ReplicationState == "streaming", TestServer.Stop);
        await a.StopAsync();
        TestServer.Succeeds(await b.Server.PromoteAsync(TestServer.In(5), TestServer.Stop));
        Assert.True(await b.Server.WaitForControlStateAsync([ControlState.InProduction], TestServer.In(20), TestServer.Stop));
        TestServer.Succeeds(await b.Server.ChangeSlotsAsync([new SlotChange.CreatePhysical(a.Options.Name)], TestServer.Stop));
        await a.StartAsync(asPrimary: false, b.Upstream);
        await b.AskAsync("CREATE TABLE t AS SELECT 1 AS x");
        await Eventually.HoldsAsync("a has the row", TestServer.Soon, async () =>
            (await a.ProbeAsync()).Replayed >= (await b.ProbeAsync()).Flushed, TestServer.Stop);
        await b.StopAsync();
        Assert.Equal(1u, (await a.Server.ReadControlAsync(TestServer.Stop))!.Checkpoint.Timeline.Value);

        await using var probe = a.NewProbe();
        var asked = await probe.AskAsync(PostmasterPidFile.TryRead(a.Options.DataDirectory), process: a, TestServer.In(5));
        Assert.Equal(2u, Assert.IsType<SqlReading.Answered>(asked.Reading).Timeline.Value);
    }
}
