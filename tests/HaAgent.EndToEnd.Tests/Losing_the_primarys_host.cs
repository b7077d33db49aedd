using HaAgent.Testing;
using HaAgent.Testing.Cluster;
using HaAgent.Testing.Etcd;

namespace HaAgent.EndToEnd.Tests;

[Collection(nameof(Undisturbed))]
public class Losing_the_primarys_host : ClusterTest
{
    private static readonly TimeProvider Clock = TimeProvider.System;

    [Fact]
    public async Task Costs_no_acknowledged_row_and_the_successor_waits_until_the_lease_has_run_out()
    {
        var options = new ClusterOptions();
        var old = await StartAsync(options);
        await Cluster.RequireOneReplicaAsync();
        await using var writer = Cluster.StartWriter(Pace);
        await writer.NextAcknowledgementAsync(Soon);

        var key = await Cluster.LeaderKeyAsync();
        var leaseLeft = await Cluster.Store.LeaseLeftAsync(key);
        var lost = Clock.GetTimestamp();
        await old.LoseHostAsync();

        var successor = await Cluster.WaitForLeaderAsync(Patience, otherThan: old);
        await writer.NextAcknowledgementAsync(Soon);
        var gap = writer.LongestInterruption();
        Measured.Note(
            $"host lost, ttl {options.TtlSeconds}, until the next row", gap.Length, $"ttl + 2 s = {options.TtlSeconds + 2} s");
        var waited = Clock.GetElapsedTime(lost, gap.Start) + gap.Length;
        Assert.True(waited >= leaseLeft, $"a row was written {waited} after the loss, but the lease had {leaseLeft} left");

        // The host comes back: its agent finds the old data and joins as a replica.
        old.Start();
        await Cluster.WaitUntilStreamingAsync(old, Patience);
        await AssertWritableAsync(successor.Name);
        await AssertNothingLostAsync(writer, Cluster.Nodes);
        await AssertOneWriterAtMostAsync();
    }

    [Fact]
    public async Task Together_with_the_leader_of_etcd_costs_no_acknowledged_row_either()
    {
        var options = new ClusterOptions { EtcdMembers = 3 };
        var old = await StartAsync(options);
        await Cluster.RequireOneReplicaAsync();
        await using var writer = Cluster.StartWriter(Pace);
        await writer.NextAcknowledgementAsync(Soon);

        var storeLeader = await Cluster.Store.LeaderAsync();
        await Task.WhenAll(storeLeader.KillAsync(), old.LoseHostAsync());

        var successor = await Cluster.WaitForLeaderAsync(Patience, otherThan: old);
        await writer.NextAcknowledgementAsync(Soon);
        Measured.Note(
            $"host lost with etcd's leader, ttl {options.TtlSeconds}, until the next row",
            writer.LongestInterruption().Length,
            $"ttl + 5 s = {options.TtlSeconds + 5} s");
        await AssertWritableAsync(successor.Name);
        await AssertNothingLostAsync(writer, Cluster.Nodes.Where(n => n != old));
        await AssertOneWriterAtMostAsync();
    }

    [Fact]
    public async Task Makes_the_replica_leader_that_is_ten_megabytes_ahead_however_old_the_published_positions_are()
    {
        // One tick of the leader every ten seconds: what the store knows of positions is then up to ten seconds old.
        var old = await StartAsync(new ClusterOptions { TtlSeconds = 20, LoopWaitSeconds = 10, RetryTimeoutSeconds = 5, Witness = false });
        var replicas = Cluster.Nodes.Where(n => n != old).ToArray();
        var (ahead, behind) = (replicas[0], replicas[1]);
        await old.QueryAsync("CREATE TABLE bulk (payload text); ALTER TABLE bulk ALTER payload SET STORAGE EXTERNAL"); // not compressed

        using var lagging = await OneIsAheadNineSecondsAfterTheTickAsync(old, ahead, behind);
        await old.LoseHostAsync();
        lagging.Dispose(); // the laggard is alive and well when the race begins; it only has less

        await Eventually.HoldsAsync(
            "the laggard has read what was still on its way",
            Soon,
            async () => await behind.QueryAsync("SELECT count(*) FROM pg_stat_wal_receiver WHERE status = 'streaming'") == "0");
        var lead = await DistanceAsync(ahead, behind);
        Assert.True(lead >= 10 * 1024 * 1024, $"{ahead.Name} is only {lead} bytes ahead: the test proves nothing");

        var successor = await Cluster.WaitForLeaderAsync(Patience, otherThan: old);
        Assert.Equal(ahead.Name, successor.Name);
        await Cluster.WaitUntilStreamingAsync(behind, Patience);
        await AssertWritableAsync(ahead.Name);
        Assert.Equal(BulkRows, await successor.QueryAsync("SELECT count(*) FROM bulk"));
    }

    private const string BulkRows = "6000";

    /// <summary>
    /// Right after the leader has published its position: stops one replica's WAL receiver, writes some 45 MB that the other one gets, and
    /// waits until nine seconds have passed. Starts over when the leader published once more meanwhile.
    /// </summary>
    private async Task<StoppedReceiver> OneIsAheadNineSecondsAfterTheTickAsync(AgentProcess old, AgentProcess ahead, AgentProcess behind)
    {
        for (var attempt = 0; attempt < 5; attempt++)
        {
            var tick = await NextTickAsync(old);
            var ticked = Clock.GetTimestamp();
            var receiver = StoppedReceiver.Of(behind);
            await old.QueryAsync("TRUNCATE bulk");
            await old.QueryAsync($"INSERT INTO bulk SELECT repeat('x', 7680) FROM generate_series(1, {BulkRows})");
            await TestCluster.WaitUntilCaughtUpAsync(old, [ahead], Soon);

            // The age of what is published is the point: as old as it can get, just before the next tick. No event marks that.
            await Eventually.ReachedAsync(ticked, TimeSpan.FromSeconds(9), TestContext.Current.CancellationToken);
            if (await Cluster.ReadStoreAsync("status") == tick)
            {
                return receiver;
            }

            receiver.Dispose();
            await TestCluster.WaitUntilCaughtUpAsync(old, [behind], Patience);
        }

        throw new InvalidOperationException("The leader published its position more often than every nine seconds, five times over.");
    }

    /// <summary>Writes a little, so that the leader has something to publish, and waits until it has.</summary>
    private async Task<StoredValue> NextTickAsync(AgentProcess leader)
    {
        var before = await Cluster.ReadStoreAsync("status");
        await leader.QueryAsync("CREATE TABLE IF NOT EXISTS tick (at timestamptz); INSERT INTO tick VALUES (clock_timestamp())");
        return await Eventually.YieldsAsync(
            "the leader publishes its position",
            Soon,
            async () => await Cluster.ReadStoreAsync("status") is { } now && now.ModRevision != before?.ModRevision ? now : null);
    }

    private static async Task<long> DistanceAsync(AgentProcess ahead, AgentProcess behind)
    {
        var position = await behind.QueryAsync("SELECT pg_last_wal_receive_lsn()");
        return long.Parse(
            (await ahead.QueryAsync($"SELECT (pg_last_wal_receive_lsn() - '{position}')::bigint"))!,
            System.Globalization.CultureInfo.InvariantCulture);
    }
}
