using System.Text.Json.Nodes;
using HaAgent.Testing;
using HaAgent.Testing.Cluster;
using HaAgent.Testing.Processes;

namespace HaAgent.EndToEnd.Tests;

public class Pause : ClusterTest
{
    [Fact]
    public async Task Leaves_PostgreSQL_to_the_operator_and_resume_takes_over_what_is_there()
    {
        var leader = await StartAsync(new ClusterOptions());
        await using var writer = Cluster.StartWriter(Pace);
        await writer.NextAcknowledgementAsync(Soon);
        var paused = await Cluster.Ctl.RunAsync(["pause", "--wait"]);
        Assert.True(paused.ExitCode == 0, paused.Err);

        // The operator stops the primary: nobody may start it, and nobody may take its place.
        await PgCtlAsync(leader, "stop", "--mode=fast");
        await Eventually.HoldsAsync(
            "the agent gives the key away, for its server does not run", Soon, async () => await Cluster.ReadStoreAsync("leader") is null);
        await Eventually.KeepsHoldingAsync(
            "nobody is writable while the operator works",
            TimeSpan.FromSeconds(12),
            async () => (await Cluster.WritableAsync()).Count == 0 && leader.PostmasterPid() is null);

        await PgCtlAsync(leader, "start", $"--log={Path.Combine(leader.Folder, "by-hand.log")}");
        await Cluster.WaitForLeaderAsync(leader, Patience);
        var resumed = await Cluster.Ctl.RunAsync(["resume", "--wait"]);
        Assert.True(resumed.ExitCode == 0, resumed.Err);
        await Cluster.WaitForReplicasAsync(2, Patience);
        await writer.NextAcknowledgementAsync(Soon);
        await AssertWritableAsync(leader.Name);
        await AssertNothingLostAsync(writer, Cluster.Nodes);
        await AssertOneWriterAtMostAsync();
    }

    [Fact]
    public async Task Keeps_a_primary_writable_that_has_lost_its_store_and_its_agent()
    {
        var leader = await StartAsync(new ClusterOptions());
        await PauseAsync(leader);
        var postmaster = leader.PostmasterPid();
        await using var writer = Cluster.StartWriter(Pace);
        await writer.NextAcknowledgementAsync(Soon);

        await Cluster.Store.KillAllAsync();
        Assert.Equal(0, await leader.StopAsync(Patience));
        await Eventually.ReachedAsync(TimeProvider.System.GetTimestamp(), TimeSpan.FromSeconds(22));

        await writer.NextAcknowledgementAsync(Soon);
        Assert.Equal("", writer.Disturbance);
        Assert.Equal(postmaster, leader.PostmasterPid());
        Cluster.Store.StartAll();
        await Cluster.Store.WaitUntilHealthyAsync();
        leader.Start();
        await Cluster.WaitForLeaderAsync(leader, Patience);
        Assert.Equal(postmaster, leader.PostmasterPid());
        await AssertNothingLostAsync(writer, leader);
        await AssertOneWriterAtMostAsync();
    }

    private async Task PauseAsync(AgentProcess leader)
    {
        var answer = await leader.Rest.PatchConfigAsync(new JsonObject { ["pause"] = true });
        Assert.Equal(200, answer.Code);
        foreach (var node in Cluster.Nodes)
        {
            await Eventually.HoldsAsync(
                $"{node.Name} knows of the pause", Soon, async () => (bool?)(await node.Rest.StatusAsync())?["pause"] == true);
        }
    }

    private static async Task PgCtlAsync(AgentProcess node, string verb, params string[] options)
    {
        var result = await Command.RunAsync(
            Path.Combine(node.Configuration.BinFolder, "pg_ctl"),
            [verb, "--pgdata", node.DataDirectory, "--wait", .. options],
            Patience,
            unprivileged: true);
        Assert.True(result.ExitCode == 0, result.Out + result.Err);
    }
}
