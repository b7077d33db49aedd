using HaAgent.Testing;
using HaAgent.Testing.Cluster;

namespace HaAgent.EndToEnd.Tests;

public class An_outage_of_etcd : ClusterTest
{
    [Fact]
    public async Task That_is_shorter_than_the_lease_disturbs_nobody()
    {
        var leader = await StartAsync(new ClusterOptions { EtcdMembers = 3 });
        await using var writer = Cluster.StartWriter(Pace);
        await writer.NextAcknowledgementAsync(Soon);
        var postmaster = leader.PostmasterPid();

        await Cluster.Store.KillAllAsync();
        await Eventually.ReachedAsync(TimeProvider.System.GetTimestamp(), TimeSpan.FromSeconds(3));
        Cluster.Store.StartAll();
        await Cluster.Store.WaitUntilHealthyAsync();

        // Past the end of the lease that was held before: it has been renewed since, or this would be seen.
        await Eventually.ReachedAsync(TimeProvider.System.GetTimestamp(), TimeSpan.FromSeconds(22));
        await writer.NextAcknowledgementAsync(Soon);
        Assert.Equal("", writer.Disturbance);
        Assert.Equal(postmaster, leader.PostmasterPid());
        await AssertWritableAsync(leader.Name);
        await AssertNothingLostAsync(writer, Cluster.Nodes);
        await AssertOneWriterAtMostAsync();
    }

    [Fact]
    public async Task That_outlasts_the_lease_ends_writing_in_time_and_its_return_begins_it_again()
    {
        var options = new ClusterOptions();
        var leader = await StartAsync(options);
        await using var writer = Cluster.StartWriter(Pace);
        await writer.NextAcknowledgementAsync(Soon);

        await Cluster.Store.KillAllAsync();
        var outage = TimeProvider.System.GetTimestamp();
        await Eventually.HoldsAsync(
            "nobody is writable any more", Patience, async () => (await Cluster.WritableAsync()).Count == 0);
        var writableFor = TimeProvider.System.GetElapsedTime(outage);
        Measured.Note("etcd gone until nobody is writable", writableFor, $"ttl = {options.TtlSeconds} s");
        Assert.True(writableFor < TimeSpan.FromSeconds(options.TtlSeconds), $"writable for {writableFor} without a store");
        await Eventually.KeepsHoldingAsync(
            "nobody is writable without a store",
            TimeSpan.FromSeconds(options.TtlSeconds) - writableFor + TimeSpan.FromSeconds(3),
            async () => (await Cluster.WritableAsync()).Count == 0);

        Cluster.Store.StartAll();
        await Cluster.Store.WaitUntilHealthyAsync();
        await Cluster.WaitForLeaderAsync(Patience);
        await writer.NextAcknowledgementAsync(Soon);
        await Cluster.WaitForReplicasAsync(2, Patience);
        Assert.Single(await Cluster.WritableAsync());
        await AssertNothingLostAsync(writer, Cluster.Nodes);
        await AssertOneWriterAtMostAsync();
    }

    [Fact]
    public async Task Member_after_member_disturbs_nobody()
    {
        var leader = await StartAsync(new ClusterOptions { EtcdMembers = 3 });
        await using var writer = Cluster.StartWriter(Pace);
        await writer.NextAcknowledgementAsync(Soon);
        for (var member = 0; member < Cluster.Store.Count; member++)
        {
            // Silent rather than refusing: the harder of the two for a client.
            Cluster.Store.Freeze(member);
            await Eventually.ReachedAsync(TimeProvider.System.GetTimestamp(), TimeSpan.FromSeconds(7));
            Cluster.Store.Thaw(member);
            await Cluster.Store.WaitUntilHealthyAsync();
        }

        await writer.NextAcknowledgementAsync(Soon);
        Assert.Equal("", writer.Disturbance);
        await AssertWritableAsync(leader.Name);
        await AssertNothingLostAsync(writer, Cluster.Nodes);
        await AssertOneWriterAtMostAsync();
    }
}
