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

        var key = await Cluster.LeaderKeyAsync();
        await Cluster.Store.KillAllAsync();
        await Eventually.HoldsAsync(
            "the leader has tried to renew in vain", Soon, () => RenewalsInVain(leader) > 0);
        Cluster.Store.StartAll();
        await Cluster.Store.WaitUntilHealthyAsync();

        // Two renewals: nothing is left then of the time that was held before the outage.
        await Cluster.Store.WaitForRenewalAsync(key, Patience);
        await Cluster.Store.WaitForRenewalAsync(key, Patience);
        Assert.Equal(key, await Cluster.ReadStoreAsync("leader"));
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
        var options = new ClusterOptions { EtcdMembers = 3 };
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
        Assert.InRange(RenewalsInVain(leader), 1, MostRenewalsInVain);

        // Nothing announces the end of a lease whose store is gone: the replicas would have to go by the clock alone, and must not.
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

    /// <summary>Some in the rhythm of <c>retry_timeout</c>, and a few with what little time is left in the end.</summary>
    private const int MostRenewalsInVain = 20;

    private static int RenewalsInVain(AgentProcess leader) =>
        File.ReadLines(leader.LogFile).Count(line => line.Contains("did not confirm the leader lock", StringComparison.Ordinal));

    [Fact]
    public async Task Member_after_member_disturbs_nobody()
    {
        var leader = await StartAsync(new ClusterOptions { EtcdMembers = 3 });
        await using var writer = Cluster.StartWriter(Pace);
        await writer.NextAcknowledgementAsync(Soon);
        var key = await Cluster.LeaderKeyAsync();
        foreach (var member in Cluster.Store.Members)
        {
            // Silent rather than refusing: the harder of the two for a client.
            member.Freeze();
            await Cluster.Store.WaitForRenewalAsync(key, Patience);
            member.Thaw();
            await Cluster.Store.WaitUntilHealthyAsync();
        }

        Assert.Equal(key, await Cluster.ReadStoreAsync("leader"));

        await writer.NextAcknowledgementAsync(Soon);
        Assert.Equal("", writer.Disturbance);
        await AssertWritableAsync(leader.Name);
        await AssertNothingLostAsync(writer, Cluster.Nodes);
        await AssertOneWriterAtMostAsync();
    }
}
