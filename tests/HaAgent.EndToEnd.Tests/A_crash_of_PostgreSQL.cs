using HaAgent.Testing;
using HaAgent.Testing.Cluster;

namespace HaAgent.EndToEnd.Tests;

[Collection(nameof(Undisturbed))]
public class A_crash_of_PostgreSQL : ClusterTest
{
    private static readonly TimeProvider Clock = TimeProvider.System;

    [Fact]
    public async Task On_the_primary_is_seen_at_once_and_costs_no_acknowledged_row()
    {
        // The longest cycle there is: whoever waits for the next tick would be caught.
        var leader = await StartAsync(new ClusterOptions { TtlSeconds = 30, LoopWaitSeconds = 10, RetryTimeoutSeconds = 10 });
        await using var writer = Cluster.StartWriter(Pace);
        await writer.NextAcknowledgementAsync(Soon);
        var old = leader.PostmasterPid();

        var killed = Clock.GetTimestamp();
        leader.KillPostgres();
        await Eventually.HoldsAsync(
            "the agent has started another postmaster, or yielded to another node",
            Patience,
            async () => leader.PostmasterPid() is { } pid && pid != old || (await Cluster.ReadStoreAsync("leader"))?.Value != leader.Name);
        var acted = Clock.GetElapsedTime(killed);
        Measured.Note("PostgreSQL killed until the agent has acted", acted, "seen in under 0.2 s");
        Assert.True(acted < TimeSpan.FromSeconds(5), $"the agent acted {acted} after the crash: like one that waits for its next cycle");

        await Cluster.WaitForLeaderAsync(Patience);
        await writer.NextAcknowledgementAsync(Soon);
        Measured.Note("PostgreSQL killed until the next row", writer.LongestInterruption().Length, "1 s and redo is the goal");
        await Cluster.WaitForReplicasAsync(2, Patience);
        Assert.Single(await Cluster.WritableAsync());
        await AssertNothingLostAsync(writer, Cluster.Nodes);
        await AssertOneWriterAtMostAsync();
    }

    [Fact]
    public async Task On_a_replica_is_mended_without_disturbing_the_primary()
    {
        var leader = await StartAsync(new ClusterOptions());
        var replica = Cluster.Nodes.First(n => n != leader);
        await using var writer = Cluster.StartWriter(Pace);
        await writer.NextAcknowledgementAsync(Soon);

        replica.KillPostgres();
        await Cluster.WaitUntilStreamingAsync(replica, Patience);

        await AssertWritableAsync(leader.Name);
        Assert.Equal("", writer.Disturbance);
        await AssertNothingLostAsync(writer, Cluster.Nodes);
        await AssertOneWriterAtMostAsync();
    }
}
