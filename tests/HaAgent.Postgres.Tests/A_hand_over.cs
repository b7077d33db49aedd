using HaAgent.Core.Snapshot;
using HaAgent.Testing;

namespace HaAgent.Postgres.Tests;

public class A_hand_over
{
    [Fact]
    public async Task Ends_at_the_shutdown_checkpoint_that_every_standby_has_received()
    {
        await using var a = await TestServer.PrimaryAsync();
        await using var b = await a.ReplicaAsync("b");
        await Eventually.HoldsAsync("b streams", TestServer.Soon, async () =>
            (await b.ProbeAsync()).ReplicationState == "streaming", TestServer.Stop);
        await a.AskAsync("CREATE TABLE t()"); // or the switch record of the base backup would come right before
        await a.StopAsync();

        var facts = await a.Server.ReadControlAsync(TestServer.Stop);

        Assert.Equal(ControlState.ShutDown, facts!.State);
        Assert.Equal(facts.Checkpoint.Lsn, facts.FinalPosition);
        Assert.True((await b.ProbeAsync()).Position >= facts.FinalPosition);
    }

    [Fact]
    public async Task Ends_at_the_switch_record_when_archiving_forced_a_new_file()
    {
        await using var a = await TestServer.PrimaryAsync(change: configuration =>
        {
            configuration["postgresql"]!["parameters"]!["archive_mode"] = true;
            configuration["postgresql"]!["parameters"]!["archive_command"] = "true";
        });
        await using var b = await a.ReplicaAsync("b");
        await Eventually.HoldsAsync("b streams", TestServer.Soon, async () =>
            (await b.ProbeAsync()).ReplicationState == "streaming", TestServer.Stop);
        await a.AskAsync("CREATE TABLE t()");
        await a.StopAsync();

        var facts = await a.Server.ReadControlAsync(TestServer.Stop);

        Assert.True(facts!.FinalPosition.IsKnown);
        Assert.True(facts.FinalPosition < facts.Checkpoint.Lsn, $"{facts.FinalPosition} < {facts.Checkpoint}");
        Assert.True((await b.ProbeAsync()).Position >= facts.FinalPosition);
    }
}
