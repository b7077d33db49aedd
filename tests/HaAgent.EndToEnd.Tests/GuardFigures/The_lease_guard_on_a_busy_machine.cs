using HaAgent.Testing;
using HaAgent.Testing.Cluster;

namespace HaAgent.EndToEnd.Tests.GuardFigures;

/// <summary>Everything competes with agent and guard for processors and memory, and nothing is wrong.</summary>
[Collection(nameof(Undisturbed))]
public class The_lease_guard_on_a_busy_machine : ClusterTest
{
    /// <summary>For what agents and servers still grow by, and for all the files that they read.</summary>
    private const long SpareMemory = 64L << 20;

    [Fact]
    public async Task Does_not_fire_while_all_processors_are_busy_and_memory_is_short()
    {
        await using var memory = MemorySqueeze.TryCreate();
        await PrepareAsync(new ClusterOptions { Nodes = 2 });
        await MemorySqueeze.ForgetAsync(AgentBinaries.Agent);
        foreach (var node in Cluster.Nodes)
        {
            node.Start();
            memory?.Add(node);
        }

        await Cluster.StartAgentsAsync();
        var leader = await Cluster.WaitForLeaderAsync(Patience);
        var (postmaster, log) = (leader.PostmasterPid(), new AgentLog(leader));
        await using var writer = Cluster.StartWriter(Pace);
        await writer.NextAcknowledgementAsync(Soon);
        using var watch = new FiringWatch(Cluster.Nodes);

        memory?.Begin(SpareMemory, Cluster.Folder);
        await using (var busy = BusyProcessors.Start(Cluster.Folder))
        {
            var before = memory?.LimitReached();
            await Boottime.ReachedAsync(Boottime.Now + (Counts.Wanted.BusySeconds * Boottime.Second));
            busy.AssertInForce();
            Assert.True(memory is null || memory.LimitReached() > before, "memory was not short");
        }

        var squeeze = memory?.Report() ?? "memory not short: no control group could be made";
        var firings = Cluster.Nodes.Sum(watch.Firings) + log.Firings().Count;
        var rows = writer.Acknowledged.Count;
        var what = $"{2 * Environment.ProcessorCount} busy loops on {Environment.ProcessorCount} processors, {Counts.Wanted.BusySeconds} s: ";
        FigureTable.Count(what + "firings", 1, firings, $"limit 0; {squeeze}");
        FigureTable.Add(what + "fences", 1, log.Fences() is { Length: > 0 } fences ? fences : "none", "no limit");
        FigureTable.Add(what + "primary kept", 1, leader.PostmasterPid() == postmaster ? "yes" : "no", $"{rows} rows written");
        FigureTable.Distribution(what + "least time to the deadline", [watch.LeastLeft(leader)], "limit above 0");
        Assert.Equal(0, firings);
        await AssertNothingLostAsync(writer, Cluster.Nodes);
        await AssertOneWriterAtMostAsync();
    }
}
