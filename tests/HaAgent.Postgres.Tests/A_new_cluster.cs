using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;
using HaAgent.Testing;

namespace HaAgent.Postgres.Tests;

public class A_new_cluster
{
    [Fact]
    public async Task Is_created_started_probed_and_stopped()
    {
        await using var a = await TestServer.OpenAsync();
        Assert.IsType<DataDirectory.Empty>(a.Server.Latest.Directory);
        Assert.IsType<ServerProcess.None>(a.Server.Latest.Process);

        TestServer.Succeeds(await a.Server.InitializeAsync(TestServer.Stop));
        await a.StartAsync(asPrimary: true);
        TestServer.Succeeds(await a.Server.FinishInitializeAsync(TestServer.Stop));

        var sql = await a.ProbeAsync();
        Assert.False(sql.InRecovery);
        Assert.Equal(1u, sql.Timeline.Value);
        Assert.True(sql.Flushed.IsKnown);
        Assert.True(sql.CheckpointOnCurrentTimeline);
        Assert.Equal(
            "t", await a.AskAsync("SELECT rolreplication::text::char(1) FROM pg_roles WHERE rolname = 'replicator'"));

        await a.StopAsync();
        var facts = await a.Server.ReadControlAsync(TestServer.Stop);
        Assert.Equal(ControlState.ShutDown, facts!.State);
        Assert.Equal(facts.Checkpoint.Lsn, facts.FinalPosition);
        Assert.True(facts.EndOfCheckpoint > facts.FinalPosition);
        Assert.True(facts.ChecksumsOrHints);
    }

    [Fact]
    public async Task Gets_a_replica_that_follows_and_can_be_promoted()
    {
        await using var a = await TestServer.PrimaryAsync();
        await a.AskAsync("CREATE TABLE t AS SELECT 1 AS x");
        await using var b = await a.ReplicaAsync("b");
        await Eventually.HoldsAsync("b streams", TestServer.Soon, async () =>
            (await b.ProbeAsync()).ReplicationState == "streaming", TestServer.Stop);
        var replica = await b.ProbeAsync();
        Assert.True(replica.InRecovery);
        Assert.Equal(1u, replica.Timeline.Value);
        Assert.True(replica.Received.IsKnown);
        var sender = Assert.Single((await a.ProbeAsync()).WalSenders);
        Assert.Equal(("b", "replicator", "streaming"), (sender.ApplicationName, sender.User, sender.State));
        Assert.True((await a.ProbeAsync()).Slots.Single(slot => slot.Name == "b").Active);

        await a.StopAsync();
        TestServer.Succeeds(await b.Server.PromoteAsync(TestServer.In(5), TestServer.Stop));
        Assert.True(await b.Server.WaitForControlStateAsync(
            [ControlState.InProduction], TestServer.In(20), TestServer.Stop));
        await Eventually.HoldsAsync("b is primary", TestServer.Soon, async () => !(await b.ProbeAsync()).InRecovery, TestServer.Stop);
        Assert.Equal(2u, (await b.ProbeAsync()).Timeline.Value);
        Assert.Equal("1", await b.AskAsync("SELECT x FROM t"));
    }
}
