using HaAgent.Testing.Cluster;

namespace HaAgent.EndToEnd.Tests;

public class A_full_thread_pool : ClusterTest
{
    /// <summary>As many as the agent asks for at its start.</summary>
    private const int Threads = 512;

    [Fact]
    public async Task Costs_the_lock_but_never_lets_two_nodes_write()
    {
        var old = await StartAsync(new ClusterOptions { CanBeHeld = true });
        await using var writer = Cluster.StartWriter(Pace);
        await writer.NextAcknowledgementAsync(Soon);

        await old.Hold.FillPoolWhollyAsync(Threads);
        var leader = await Cluster.WaitForLeaderAsync(Patience, otherThan: old);
        await AssertWritableAsync(leader.Name);
        await writer.NextAcknowledgementAsync(Soon);

        old.Hold.Release();
        await Cluster.WaitForReplicasAsync(2, Patience);
        await AssertWritableAsync(leader.Name);
        await AssertOneWriterAtMostAsync();
    }
}
