using System.Text.Json.Nodes;
using HaAgent.Testing;
using HaAgent.Testing.Cluster;
using HaAgent.Testing.Processes;

namespace HaAgent.EndToEnd.Tests;

/// <summary>The agent is held up or gone; what keeps its server from writing on is the process beside it.</summary>
public class The_lease_guard : ClusterTest
{
    private static readonly TimeProvider Clock = TimeProvider.System;

    [Fact]
    public async Task Ends_the_primary_of_a_frozen_agent_before_its_lease_ends()
    {
        var old = await StartAsync(new ClusterOptions());
        await using var own = WriterClient.Start([old.ConnectionString], Pace);
        await own.NextAcknowledgementAsync(Soon);
        var key = await Cluster.LeaderKeyAsync();

        Send(old.Agent.Pid, Signal.Stop);
        await ServerHasEndedAsync(old);
        var left = await Cluster.Store.LeaseLeftAsync(key);
        Assert.Equal(key, await Cluster.ReadStoreAsync("leader")); // its lease still held the key
        var successor = await Cluster.WaitForLeaderAsync(Patience, otherThan: old);
        await AssertWritableAsync(successor.Name);
        Measured.Note("agent frozen: lease left by etcd's count when its PostgreSQL was gone", left, "above 0");

        Send(old.Agent.Pid, Signal.Continue);
        await Cluster.WaitUntilStreamingAsync(old, Patience);
        Assert.Contains("lease guard has ended PostgreSQL", old.LastLog(500), StringComparison.Ordinal);
        await AssertWritableAsync(successor.Name);
        await AssertOneWriterAtMostAsync();
    }

    [Fact]
    public async Task Ends_the_primary_of_a_dead_agent_and_itself()
    {
        var old = await StartAsync(new ClusterOptions());
        var guard = Guard(old);
        var key = await Cluster.LeaderKeyAsync();

        await old.KillAgentAsync();
        await ServerHasEndedAsync(old);
        Assert.Equal(key, await Cluster.ReadStoreAsync("leader"));
        var successor = await Cluster.WaitForLeaderAsync(Patience, otherThan: old);
        await Eventually.HoldsAsync("the guard has nothing left to guard", Soon, () => !LinuxProcesses.IsAlive(guard));
        Assert.Contains("the lease was not renewed in time", old.LastLog(500), StringComparison.Ordinal);

        old.Start();
        await Cluster.WaitUntilStreamingAsync(old, Patience);
        await AssertWritableAsync(successor.Name);
        await AssertOneWriterAtMostAsync();
    }

    [Fact]
    public async Task Does_nothing_when_the_agent_comes_back_in_time_frozen_or_restarted()
    {
        var leader = await StartAsync(new ClusterOptions());
        var postmaster = leader.PostmasterPid();
        var guard = Guard(leader);
        var key = await Cluster.LeaderKeyAsync();
        await using var writer = Cluster.StartWriter(Pace);
        await writer.NextAcknowledgementAsync(Soon);

        Send(leader.Agent.Pid, Signal.Stop);
        await Eventually.HoldsAsync("half of the lease has passed", Patience,
            async () => await Cluster.Store.LeaseLeftAsync(key) < TimeSpan.FromSeconds(10));
        Send(leader.Agent.Pid, Signal.Continue);
        await Cluster.Store.WaitForRenewalAsync(key, Soon);

        await leader.KillAgentAsync();
        leader.Start();
        await Eventually.HoldsAsync(
            "the restarted agent says that it leads", Soon, async () => await leader.Rest.CheckAsync("/primary") == 200);
        await Eventually.HoldsAsync(
            "the dead agent's lease has ended", Patience, async () => await Cluster.Store.LeaseLeftAsync(key) < TimeSpan.Zero);
        Assert.Equal(postmaster, leader.PostmasterPid());
        Assert.Equal(guard, Guard(leader));
        Assert.Equal("", writer.Disturbance);
        await AssertWritableAsync(leader.Name);
        await AssertNothingLostAsync(writer, Cluster.Nodes);
        await AssertOneWriterAtMostAsync();
    }

    [Theory]
    [InlineData(Signal.Kill)]
    [InlineData(Signal.Stop)]
    public async Task Is_replaced_when_it_dies_or_hangs_and_nobody_notices(Signal signal)
    {
        var leader = await StartAsync(new ClusterOptions());
        await using var writer = Cluster.StartWriter(Pace);
        await writer.NextAcknowledgementAsync(Soon);
        var first = Guard(leader);
        var began = Clock.GetTimestamp();

        Send(first, signal);
        await Eventually.HoldsAsync("another guard watches", Soon, () => Guards(leader).SingleOrDefault(pid => pid != first) != 0);
        Measured.Note($"guard ended by {signal}, another one watched after", Clock.GetElapsedTime(began), "1 s; hanging 5 s more");
        await Eventually.HoldsAsync("the first is gone", Soon, () => !LinuxProcesses.IsAlive(first));

        // The new one guards: an agent frozen now does not outlive its lease.
        Assert.Equal("", writer.Disturbance);
        Send(leader.Agent.Pid, Signal.Stop);
        await ServerHasEndedAsync(leader);
        Send(leader.Agent.Pid, Signal.Continue);
        await AssertOneWriterAtMostAsync();
    }

    [Fact]
    public async Task That_was_left_in_another_run_directory_counts_until_a_lease_is_confirmed()
    {
        var leader = await StartAsync(new ClusterOptions { TtlSeconds = 30, LoopWaitSeconds = 10, RetryTimeoutSeconds = 10 });
        var key = await Cluster.LeaderKeyAsync();
        await leader.KillAgentAsync();
        await Eventually.HoldsAsync("the dead agent's lease has little left", Patience,
            async () => await Cluster.Store.LeaseLeftAsync(key) < TimeSpan.FromSeconds(7));
        var since = Clock.GetTimestamp();
        var left = await Cluster.Store.LeaseLeftAsync(key) + TimeSpan.FromSeconds(1); // etcd tells whole seconds, rounded down
        await Cluster.Store.KillAllAsync();

        // It finds no deadline there, and would give what it finds running ten seconds.
        var elsewhere = Directory.CreateDirectory(Path.Combine(leader.Folder, "another run")).FullName;
        ServiceUser.Own(elsewhere);
        leader.WriteConfiguration(leader.Configuration with
        {
            MoreLocal = new JsonObject { ["haagent"] = new JsonObject { ["run_dir"] = elsewhere } },
        });
        leader.Start();
        await Eventually.HoldsAsync("the agent has found its primary", Soon,
            () => leader.LastLog(500).Contains("deadline left by a predecessor: False", StringComparison.Ordinal));
        await ServerHasEndedAsync(leader);
        Assert.True(Clock.GetElapsedTime(since) < left, $"writable for {Clock.GetElapsedTime(since)} under a lease that had {left} left");

        Cluster.Store.StartAll();
        await Cluster.Store.WaitUntilHealthyAsync();
        await Cluster.WaitForLeaderAsync(Patience);
        await Eventually.HoldsAsync("one guard is left on every node, of its own agent", Patience,
            () => Guards(leader).Count == 0 && Guards(leader, elsewhere).Count == 1);
        await AssertOneWriterAtMostAsync();
    }

    [Fact]
    public async Task Lets_the_operator_decide_under_pause()
    {
        var leader = await StartAsync(new ClusterOptions { LoopWaitSeconds = 1 });
        var paused = await Cluster.Ctl.RunAsync(["pause", "--wait"]);
        Assert.Equal(0, paused.ExitCode);
        var postmaster = leader.PostmasterPid();
        await using var writer = Cluster.StartWriter(Pace);
        await writer.NextAcknowledgementAsync(Soon);

        await leader.KillAgentAsync();
        await Eventually.HoldsAsync("the dead agent's key is gone", Patience, async () => await Cluster.ReadStoreAsync("leader") is null);
        await writer.NextAcknowledgementAsync(Soon);
        Assert.Equal(postmaster, leader.PostmasterPid());
        Assert.Equal("", writer.Disturbance);
        Assert.Empty(Guards(leader));
    }

    [Fact]
    public async Task Leaves_a_switchover_alone_and_goes_with_its_agent()
    {
        var old = await StartAsync(new ClusterOptions());
        var candidate = Cluster.Nodes.First(n => n != old);
        await Cluster.WaitForReplicasAsync(2, Patience);
        var done = await Cluster.Ctl.RunAsync(["switchover", "--leader", old.Name, "--candidate", candidate.Name, "--force"]);
        Assert.Equal(0, done.ExitCode);
        await Cluster.WaitUntilStreamingAsync(old, Patience);

        // Its lease of before has long run out when this holds: had the guard stayed armed, the new replica would be gone.
        var postmaster = old.PostmasterPid();
        await Cluster.WaitForCyclesAsync(5, Patience);
        Assert.Equal(postmaster, old.PostmasterPid());
        Assert.DoesNotContain("was not renewed in time", old.LastLog(500), StringComparison.Ordinal);
        Assert.Equal(0, await old.StopAsync(Patience));
        Assert.Empty(Guards(old));
    }

    private static void Send(int pid, Signal signal) => Assert.True(LinuxProcesses.Send(pid, signal), $"no process {pid}");

    private static Task ServerHasEndedAsync(AgentProcess node) => Eventually.HoldsAsync(
        $"no process of PostgreSQL is left on {node.Name}", Patience, () => node.PostgresProcesses().Count == 0);

    private static int Guard(AgentProcess node) => Assert.Single(Guards(node));

    /// <summary>By its command line, <c>haagent guard FILE</c>, with the file in the node's run directory.</summary>
    private static IReadOnlyList<int> Guards(AgentProcess node, string? runFolder = null) =>
        [.. LinuxProcesses.WorkingBelow(node.Folder)
            .Where(p => p.Title.Contains($" guard {runFolder ?? node.Configuration.RunFolder}/", StringComparison.Ordinal))
            .Select(p => p.Pid)];
}
