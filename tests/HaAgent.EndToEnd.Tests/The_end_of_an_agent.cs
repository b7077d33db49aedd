using HaAgent.Testing;
using HaAgent.Testing.Cluster;

namespace HaAgent.EndToEnd.Tests;

public class The_end_of_an_agent : ClusterTest
{
    [Fact]
    public async Task In_order_on_the_leader_hands_over_every_row_at_once()
    {
        var old = await StartAsync(new ClusterOptions());
        await using var writer = Cluster.StartWriter(Pace);
        await writer.NextAcknowledgementAsync(Soon);

        var exitCode = await old.StopAsync(Patience);
        var successor = await Cluster.WaitForLeaderAsync(Soon, otherThan: old);
        await writer.NextAcknowledgementAsync(Soon);
        Measured.Note("agent of the primary stopped, until the next row", writer.LongestInterruption().Length, "1 s; goal 0.4 s");

        Assert.Equal(0, exitCode);
        Assert.Empty(old.PostgresProcesses());
        await AssertWritableAsync(successor.Name);
        old.Start();
        await Cluster.WaitUntilStreamingAsync(old, Patience);
        await AssertNothingLostAsync(writer, Cluster.Nodes);
        await AssertOneWriterAtMostAsync();
    }

    [Fact]
    public async Task By_a_crash_is_not_noticed_by_clients_when_it_is_started_again()
    {
        var leader = await StartAsync(new ClusterOptions());
        await using var writer = Cluster.StartWriter(Pace);
        await writer.NextAcknowledgementAsync(Soon);
        var postmaster = leader.PostmasterPid();

        await leader.KillAgentAsync();
        leader.Start();
        await Eventually.HoldsAsync(
            "the restarted agent says that it leads", Soon, async () => await leader.Rest.CheckAsync("/primary") == 200);

        // Longer than the dead agent's lease: what the new one has taken over must be its own by now.
        var adopted = TimeProvider.System.GetTimestamp();
        await Eventually.ReachedAsync(adopted, TimeSpan.FromSeconds(22));
        await writer.NextAcknowledgementAsync(Soon);
        Measured.Note("agent killed and restarted, longest pause of a writer", writer.LongestInterruption().Length, "no gap");
        Assert.Equal("", writer.Disturbance);
        Assert.Equal(postmaster, leader.PostmasterPid());
        Assert.Equal(leader.Name, (await Cluster.ReadStoreAsync("leader"))?.Value);
        await AssertWritableAsync(leader.Name);
        await AssertNothingLostAsync(writer, Cluster.Nodes);
        await AssertOneWriterAtMostAsync();
    }

    [Fact]
    public async Task By_a_crash_on_a_replica_leaves_it_streaming_and_is_no_reason_for_anything()
    {
        var leader = await StartAsync(new ClusterOptions());
        var replica = Cluster.Nodes.First(n => n != leader);
        var postmaster = replica.PostmasterPid();
        await using var writer = Cluster.StartWriter(Pace);

        await replica.KillAgentAsync();
        replica.Start();
        await Cluster.WaitUntilStreamingAsync(replica, Soon);

        Assert.Equal(postmaster, replica.PostmasterPid());
        await AssertWritableAsync(leader.Name);
        await AssertNothingLostAsync(writer, Cluster.Nodes);
        Assert.Equal("", writer.Disturbance);
        await AssertOneWriterAtMostAsync();
    }
}
