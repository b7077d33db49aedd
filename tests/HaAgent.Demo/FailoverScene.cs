using System.Globalization;
using HaAgent.Testing;
using HaAgent.Testing.Cluster;

namespace HaAgent.Demo;

/// <summary>The host of the primary is lost under a writing client. Tells what happened when, and counts the rows.</summary>
internal sealed class FailoverScene(TestCluster cluster)
{
    private static readonly TimeProvider Clock = TimeProvider.System;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly List<(TimeSpan At, string What)> _timeline = [];
    private readonly Lock _gate = new();
    private long _zero;

    /// <returns>Whether everything held: a new primary, no acknowledged row lost, the old primary back as a replica.</returns>
    public async Task<bool> PlayAsync(CancellationToken stop)
    {
        await cluster.RequireOneReplicaAsync();
        var old = await cluster.WaitForLeaderAsync(Patience, stop: stop);
        await using var writer = cluster.StartWriterThroughHaProxy(TimeSpan.FromMilliseconds(5));
        for (var i = 0; i < 5; i++)
        {
            await writer.NextAcknowledgementAsync(Patience).WaitAsync(stop);
        }

        Console.WriteLine($"A client writes through HAProxy. Killing {old.Name}: its agent and its whole PostgreSQL, with SIGKILL.\n");
        var leader = await LoseAsync(old, writer, stop);
        old.Start();
        Note($"the agent of {old.Name} is started again");
        await cluster.WaitUntilStreamingAsync(old, Patience).WaitAsync(stop);
        Note($"{old.Name} streams from {leader.Name}");
        await writer.StopAsync();

        PrintTimeline(writer);
        var held = await CountRowsAsync(writer, leader);
        await Showcase.ListAsync(cluster);
        Console.WriteLine(held ? "\nAll of it held." : "\nIt did not hold.");
        return held;
    }

    private async Task<AgentProcess> LoseAsync(AgentProcess old, WriterClient writer, CancellationToken stop)
    {
        _zero = Clock.GetTimestamp();
        await old.LoseHostAsync();
        Note($"{old.Name} is gone without a word");
        var released = WhenAsync("the leader key has expired", async () => await cluster.ReadStoreAsync("leader") is not { } key || key.Value != old.Name);
        var taken = WhenAsync("another node holds the leader key", async () => await cluster.ReadStoreAsync("leader") is { } key && key.Value != old.Name);
        var leader = await cluster.WaitForLeaderAsync(Patience, otherThan: old, stop);
        Note($"{leader.Name} accepts writes");
        await Task.WhenAll(released, taken);
        await WhenAsync(
            $"HAProxy sends writers to {leader.Name}",
            async () => (await cluster.HaProxy!.UpServersAsync(write: true)).SequenceEqual([leader.Name]));
        await writer.NextAcknowledgementAsync(Patience).WaitAsync(stop);
        return leader;
    }

    private async Task WhenAsync(string what, Func<Task<bool>> condition)
    {
        await Eventually.HoldsAsync(what, Patience, condition);
        Note(what);
    }

    private void Note(string what)
    {
        lock (_gate)
        {
            _timeline.Add((Clock.GetElapsedTime(_zero), what));
        }
    }

    private void PrintTimeline(WriterClient writer)
    {
        var gap = writer.LongestInterruption();
        _timeline.Add((Clock.GetElapsedTime(_zero, gap.Start), "the last row before the interruption is acknowledged"));
        _timeline.Add((Clock.GetElapsedTime(_zero, gap.Start) + gap.Length, "the client's next row is acknowledged"));
        foreach (var (at, what) in _timeline.OrderBy(e => e.At))
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {at.TotalSeconds,7:+0.00;-0.00} s  {what}"));
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"\nWrites were interrupted for {gap.Length.TotalSeconds:0.00} s (ttl {Showcase.Options.TtlSeconds} s).\n"));
    }

    /// <summary>Every acknowledged row must be on every node.</summary>
    private async Task<bool> CountRowsAsync(WriterClient writer, AgentProcess leader)
    {
        await TestCluster.WaitUntilCaughtUpAsync(leader, cluster.Nodes.Where(n => n != leader), Patience);
        var held = true;
        foreach (var node in cluster.Nodes)
        {
            await using var connection = await node.ConnectAsync();
            var ledger = await writer.CompareAsync(connection);
            Console.WriteLine($"  {node.Name}: {ledger}");
            held &= ledger.Lost.Count == 0;
        }

        var writable = await cluster.WritableAsync();
        Console.WriteLine($"  writable: {string.Join(", ", writable)}\n");
        return held && writable.SequenceEqual([leader.Name]);
    }
}
