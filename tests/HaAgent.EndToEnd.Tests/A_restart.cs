using System.Globalization;
using System.Text.Json.Nodes;
using HaAgent.Testing;
using HaAgent.Testing.Cluster;
using HaAgent.Testing.Processes;

namespace HaAgent.EndToEnd.Tests;

public class A_restart : ClusterTest
{
    [Fact]
    public async Task Of_the_leader_keeps_its_key_and_loses_nothing()
    {
        var leader = await StartAsync(new ClusterOptions());
        await Cluster.WaitForReplicasAsync(2, Patience);
        var (postmaster, key) = (leader.PostmasterPid(), await Cluster.LeaderKeyAsync());
        await using var writer = Cluster.StartWriter(Pace);
        await writer.NextAcknowledgementAsync(Soon);

        var answer = await leader.Rest.PostAsync("/restart", []);
        Assert.Equal((200, "restarted successfully"), (answer.Code, answer.Body));
        Assert.NotEqual(postmaster, leader.PostmasterPid());
        Assert.Equal(key, await Cluster.ReadStoreAsync("leader"));
        await writer.NextAcknowledgementAsync(Soon);
        Measured.Note("restart of the leader, until the next row", writer.LongestInterruption().Length, "no limit");

        var conditions = await leader.Rest.PostAsync("/restart", new() { ["role"] = "replica" });
        Assert.Equal((503, "restart conditions are not satisfied"), (conditions.Code, conditions.Body));
        await AssertWritableAsync(leader.Name);
        await Cluster.WaitForReplicasAsync(2, Patience);
        await AssertNothingLostAsync(writer, Cluster.Nodes);
        await AssertOneWriterAtMostAsync();
    }

    [Fact]
    public async Task Under_pause_starts_what_it_stopped()
    {
        var leader = await StartAsync(new ClusterOptions { LoopWaitSeconds = 1 });
        await Cluster.WaitForReplicasAsync(2, Patience);
        Assert.Equal(0, (await Cluster.Ctl.RunAsync(["pause", "--wait"])).ExitCode);
        foreach (var node in Cluster.Nodes)
        {
            var postmaster = node.PostmasterPid();
            var answer = await node.Rest.PostAsync("/restart", []);
            Assert.Equal((200, "restarted successfully"), (answer.Code, answer.Body));
            Assert.NotEqual(postmaster, node.PostmasterPid());
        }

        await AssertWritableAsync(leader.Name);
        Assert.Equal(0, (await Cluster.Ctl.RunAsync(["resume", "--wait"])).ExitCode);
        await Cluster.WaitForReplicasAsync(2, Patience);
        await AssertOneWriterAtMostAsync();
    }

    [Fact]
    public async Task That_waits_for_a_client_is_the_only_one_and_ends_though_nobody_waits_for_its_answer()
    {
        var leader = await StartAsync(new ClusterOptions());
        var postmaster = leader.PostmasterPid();
        using var left = new RestClient(leader.Configuration.RestPort);

        // A frozen process keeps a fast stop waiting.
        var walWriter = leader.PostgresProcesses().First(p => p.Title.Contains("walwriter", StringComparison.Ordinal)).Pid;
        Assert.True(LinuxProcesses.Send(walWriter, Signal.Stop));
        var asked = left.PostAsync("/restart", []);
        await Eventually.HoldsAsync("PostgreSQL is being stopped", Soon,
            async () => (string?)(await leader.Rest.StatusAsync())?["state"] == "restarting");
        var again = await leader.Rest.PostAsync("/restart", []);
        Assert.Equal((503, "restart already in progress"), (again.Code, again.Body));
        left.Dispose();
        Assert.Equal(0, (await asked).Code);

        Assert.True(LinuxProcesses.Send(walWriter, Signal.Continue));
        await Eventually.HoldsAsync("it runs again", Soon, async () => leader.PostmasterPid() is { } pid && pid != postmaster
            && (string?)(await leader.Rest.StatusAsync())?["state"] == "running");
        await AssertWritableAsync(leader.Name);
    }

    [Fact]
    public async Task That_is_scheduled_is_seen_by_all_can_be_taken_back_and_comes_at_its_time()
    {
        var leader = await StartAsync(new ClusterOptions());
        await Cluster.WaitForReplicasAsync(2, Patience);
        var replica = Cluster.Nodes.First(node => node != leader);
        var tomorrow = Schedule(TimeSpan.FromDays(1));
        Assert.Equal((202, "Restart scheduled"), Told(await replica.Rest.PostAsync("/restart", tomorrow)));
        Assert.Equal((409, "Another restart is already scheduled"), Told(await replica.Rest.PostAsync("/restart", tomorrow)));
        Assert.NotNull((await replica.Rest.StatusAsync())?["scheduled_restart"]?["schedule"]);
        await Eventually.HoldsAsync("the members see it", Soon, async () =>
            (await leader.Rest.GetAsync("/cluster")).Json["members"]!.AsArray().Any(m => m!["scheduled_restart"]?["postmaster_start_time"] is not null));
        Assert.Equal((200, "scheduled restart deleted"), Told(await replica.Rest.DeleteAsync("/restart")));
        Assert.Equal((404, "no restarts are scheduled"), Told(await replica.Rest.DeleteAsync("/restart")));

        var postmaster = replica.PostmasterPid();
        Assert.Equal(202, (await replica.Rest.PostAsync("/restart", Schedule(TimeSpan.FromSeconds(2)))).Code);
        await Eventually.HoldsAsync("it was restarted", Soon, () => replica.PostmasterPid() is { } pid && pid != postmaster);
        await Cluster.WaitUntilStreamingAsync(replica, Patience);
        Assert.Null((await replica.Rest.StatusAsync())?["scheduled_restart"]);
        await AssertWritableAsync(leader.Name);
    }

    [Fact]
    public async Task Cut_short_by_the_death_of_its_agent_is_ended_by_the_next_one()
    {
        var leader = await StartAsync(new ClusterOptions());
        await Cluster.WaitForReplicasAsync(2, Patience);
        await using var writer = Cluster.StartWriter(Pace);
        await writer.NextAcknowledgementAsync(Soon);
        var walWriter = leader.PostgresProcesses().First(p => p.Title.Contains("walwriter", StringComparison.Ordinal)).Pid;
        Assert.True(LinuxProcesses.Send(walWriter, Signal.Stop));
        var asked = leader.Rest.PostAsync("/restart", []);
        await Eventually.HoldsAsync("PostgreSQL is being stopped", Soon,
            async () => (string?)(await leader.Rest.StatusAsync())?["state"] == "restarting");
        await leader.KillAgentAsync();
        Assert.Equal(0, (await asked).Code);
        Assert.True(LinuxProcesses.Send(walWriter, Signal.Continue));
        leader.Start();
        await Cluster.WaitForLeaderAsync(Patience);
        await Cluster.WaitForReplicasAsync(2, Patience);
        await writer.NextAcknowledgementAsync(Soon);
        await AssertNothingLostAsync(writer, Cluster.Nodes);
        await AssertOneWriterAtMostAsync();
    }

    private static (int Code, string Body) Told(RestAnswer answer) => (answer.Code, answer.Body);

    private static JsonObject Schedule(TimeSpan after) => new()
    {
        ["schedule"] = DateTimeOffset.UtcNow.Add(after).ToString("O", CultureInfo.InvariantCulture),
    };
}
