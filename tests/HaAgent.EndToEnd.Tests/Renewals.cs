using System.Globalization;
using System.Text.Json.Nodes;
using HaAgent.Testing;
using HaAgent.Testing.Cluster;

namespace HaAgent.EndToEnd.Tests;

[Collection(nameof(Undisturbed))]
public class Renewals : ClusterTest
{
    private static readonly TimeProvider Clock = TimeProvider.System;

    private static readonly ClusterOptions Options = new()
    {
        CanBeHeld = true,

        // A short queue, so that a log that nobody reads is full within a moment.
        MoreLocal = new JsonObject { ["log"] = new JsonObject { ["max_queue_size"] = 1 } },
    };

    /// <summary><c>build.sh soak</c> takes ten minutes; every other run a moment.</summary>
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(int.Parse(
        Environment.GetEnvironmentVariable("HAAGENT_SOAK_SECONDS") is { Length: > 0 } given ? given : "25",
        CultureInfo.InvariantCulture));

    [Fact]
    public async Task Come_on_time_while_PostgreSQL_the_log_the_thread_pool_the_machine_and_clients_hold_up_the_agent()
    {
        var leader = await StartAsync(Options);
        var key = await Cluster.ReadStoreAsync("leader") ?? throw new InvalidOperationException("Nobody leads.");
        await using var writer = Cluster.StartWriter(Pace);
        await writer.NextAcknowledgementAsync(Soon);

        var left = new List<TimeSpan>();
        await using (var disturbances = await Disturbances.BeginAsync(leader, Cluster.Folder))
        {
            var began = Clock.GetTimestamp();
            while (Clock.GetElapsedTime(began) < Duration)
            {
                left.Add(await Cluster.Store.LeaseLeftAsync(key));
                await Eventually.ReachedAsync(Clock.GetTimestamp(), TimeSpan.FromMilliseconds(100));
            }

            disturbances.AssertInForce();
            AssertOnTime((await leader.Rest.GetAsync("/metrics")).Body, left);
            Assert.Equal(key, await Cluster.ReadStoreAsync("leader"));
        }

        await Eventually.HoldsAsync(
            "the log tells what was lost of it",
            Patience,
            () => leader.LastLog(200).Contains("QueueHandler has lost", StringComparison.Ordinal));
        await Cluster.WaitForLeaderAsync(leader, Patience);
        await writer.NextAcknowledgementAsync(Patience);
        await Cluster.WaitForReplicasAsync(2, Patience);
        await AssertWritableAsync(leader.Name);
        await AssertNothingLostAsync(writer, Cluster.Nodes);
        Assert.Equal(key, await Cluster.ReadStoreAsync("leader"));
        await AssertOneWriterAtMostAsync();
    }

    private static void AssertOnTime(string metrics, IReadOnlyCollection<TimeSpan> left)
    {
        var delays = ScrapedHistogram.Read(metrics, "haagent_lease_renewal_delay_seconds");
        var answers = ScrapedHistogram.Read(metrics, "haagent_lease_renewal_answer_seconds");
        var fewest = (long)(Duration.TotalSeconds / (Options.LoopWaitSeconds + 1));

        // Of a second's lateness, and of the whole seconds that etcd tells.
        var least = TimeSpan.FromSeconds(Options.TtlSeconds - Options.LoopWaitSeconds - 1 - 1);
        var lost = Metric(metrics, "haagent_log_records_lost_total");
        Measured.Note($"renewals over {Duration.TotalSeconds:0} s, sent after due", delays.ToString(), "none above 1 s");
        Measured.Note("renewals, latest sent after due", Metric(metrics, "haagent_lease_stall_seconds") + " s", "1 s");
        Measured.Note("renewals, answered after sent", answers.ToString(), "none: the store's part");
        Measured.Note(
            $"lease left by etcd's count, in {left.Count} looks", Distribution(left), $"at least {least.TotalSeconds:0} s");
        Measured.Note("log records lost to the blocked log", lost, "none");

        Assert.Equal(0, delays.Above(1));
        Assert.InRange(delays.Count, fewest, long.MaxValue);
        Assert.InRange(left.Min(), least, TimeSpan.FromSeconds(Options.TtlSeconds));
        Assert.NotEqual("0", lost);
    }

    /// <summary>In whole seconds, how often each.</summary>
    private static string Distribution(IEnumerable<TimeSpan> left) => string.Join(", ", left
        .CountBy(span => span.TotalSeconds)
        .OrderBy(entry => entry.Key)
        .Select(entry => string.Create(CultureInfo.InvariantCulture, $"{entry.Value} of {entry.Key:0} s")));

    private static string Metric(string metrics, string name) => metrics.Split('\n')
        .Single(line => line.StartsWith(name + "{", StringComparison.Ordinal)).Split(' ')[^1];
}
