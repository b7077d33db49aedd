using System.Text.Json.Nodes;
using HaAgent.Testing;
using HaAgent.Testing.Cluster;
using HaAgent.Testing.Processes;

namespace HaAgent.EndToEnd.Tests;

public class A_reload : ClusterTest
{
    [Fact]
    public async Task Of_the_local_file_reaches_PostgreSQL_at_once_and_tells_what_waits_for_a_restart()
    {
        var node = await StartAsync(new ClusterOptions { Nodes = 1 });
        await using var writer = Cluster.StartWriter(Pace);
        await writer.NextAcknowledgementAsync(Soon);
        var postmaster = node.PostmasterPid();
        var before = await node.QueryAsync("SHOW shared_buffers");

        Rewrite(node, new JsonObject { ["work_mem"] = "9MB", ["shared_buffers"] = "20MB" });
        await Eventually.HoldsAsync("work_mem is the file's", Soon, async () => await node.QueryAsync("SHOW work_mem") == "9MB");
        await Eventually.HoldsAsync(
            "the node says that it waits for a restart", Soon, async () => (bool?)(await node.Rest.StatusAsync())?["pending_restart"] == true);

        var reason = (await node.Rest.StatusAsync())!["pending_restart_reason"]!.ToJsonString(); // it has just answered
        Assert.Equal($$$"""{"shared_buffers":{"old_value":"{{{before}}}","new_value":"20MB"}}""", reason);
        await Eventually.HoldsAsync(
            "the operator's list says so too",
            Soon,
            async () => (await Cluster.Ctl.RunAsync(["list"])).Out.Contains($"shared_buffers: {before}->20MB", StringComparison.Ordinal));
        Assert.Equal(before, await node.QueryAsync("SHOW shared_buffers"));

        // Taken back, it waits for nothing any more.
        Rewrite(node, new JsonObject { ["work_mem"] = "9MB" });
        await Eventually.HoldsAsync(
            "no restart is waited for", Soon, async () => await node.Rest.StatusAsync() is { } status && status["pending_restart"] is null);

        Assert.Equal("9MB", await node.QueryAsync("SHOW work_mem"));
        Assert.Equal(postmaster, node.PostmasterPid());
        await writer.NextAcknowledgementAsync(Soon);
        Assert.Equal("", writer.Disturbance);
        await AssertNothingLostAsync(writer, node);
    }

    private static void Rewrite(AgentProcess node, JsonObject parameters)
    {
        node.WriteConfiguration(node.Configuration with
        {
            MoreLocal = new JsonObject { ["postgresql"] = new JsonObject { ["parameters"] = parameters } },
        });
        Assert.True(node.Agent.Send(Signal.Hangup));
    }
}
