using System.Text.Json.Nodes;
using HaAgent.Testing;
using HaAgent.Testing.Cluster;
using HaAgent.Testing.Processes;

namespace HaAgent.EndToEnd.Tests;

/// <summary>An agent that may not start above a server whose agent has died.</summary>
public class A_refused_start : ClusterTest
{
    private static readonly ClusterOptions Options = new()
    {
        Nodes = 2,
        TtlSeconds = 20,
        LoopWaitSeconds = 2,
        RetryTimeoutSeconds = 3,
    };

    [Fact]
    public async Task Above_the_primary_ends_it_before_another_is_promoted() // S1, S2
    {
        var old = await StartAsync(Options);
        await using var manager = new NotifySocket(Path.Combine(Cluster.Folder, "notify"));
        await old.KillAgentAsync();
        Spoil(old);
        old.Start(manager.Environment(TimeSpan.FromSeconds(120)));

        var told = await manager.NextAsync("that it takes longer", 0, Soon, n => n["EXTEND_TIMEOUT_USEC"] is not null);
        Assert.Contains("has no agent: it is stopped when its lease ends", told["STATUS"], StringComparison.Ordinal);
        await AssertWritableAsync(old.Name);
        Assert.True(old.IsRunning, old.LastLog());

        var successor = await Cluster.WaitForLeaderAsync(Patience, otherThan: old);
        Assert.Equal(1, await old.Agent.WaitForExitAsync(Soon));
        Assert.Empty(old.PostgresProcesses());
        await AssertWritableAsync(successor.Name);
        Assert.StartsWith("scope: is not set", old.LastLog(1), StringComparison.Ordinal);
        Assert.DoesNotContain(manager.Taken, n => n.Is("READY"));
        await AssertOneWriterAtMostAsync();

        // What was ended so is a replica like any other once the mistake is mended.
        old.WriteConfiguration(old.Configuration with { MoreLocal = [] });
        old.Start();
        await Cluster.WaitUntilStreamingAsync(old, Patience);
    }

    [Fact]
    public async Task That_is_told_to_end_ends_the_primary_first_and_in_order()
    {
        var old = await StartAsync(Options with { Nodes = 1, Witness = false });
        await old.KillAgentAsync();
        Spoil(old);
        old.Start();
        await Eventually.HoldsAsync(
            "the refused start says that it waits", Soon,
            () => old.LastLog(1000).Contains("This agent cannot start: scope: is not set", StringComparison.Ordinal));
        await AssertWritableAsync(old.Name);

        Assert.Equal(1, await old.StopAsync(Soon));
        Assert.Empty(old.PostgresProcesses());
        var control = (await Command.RunAsync(
            Path.Combine(old.Configuration.BinFolder, "pg_controldata"), [old.DataDirectory], Soon)).OrThrow();
        Assert.Matches(@"Database cluster state: +shut down\n", control.Out);
    }

    [Fact]
    public async Task Above_a_replica_leaves_it_alone()
    {
        var leader = await StartAsync(Options);
        var replica = Cluster.Nodes.First(n => n != leader);
        var postmaster = replica.PostmasterPid();
        await replica.KillAgentAsync();
        Spoil(replica);
        replica.Start();
        Assert.Equal(1, await replica.Agent.WaitForExitAsync(Soon));
        Assert.Equal(postmaster, replica.PostmasterPid());
        await AssertWritableAsync(leader.Name);
    }

    [Fact]
    public async Task Beside_an_agent_that_lives_disturbs_nobody()
    {
        var leader = await StartAsync(Options with { Nodes = 1, Witness = false });
        var spoilt = Path.Combine(leader.Folder, "spoilt.yml");
        await File.WriteAllTextAsync(
            spoilt, (leader.Configuration with { MoreLocal = Mistake() }).Render(), TestContext.Current.CancellationToken);
        var second = await Command.RunAsync(
            AgentBinaries.Agent, [spoilt], Soon,
            environment: new Dictionary<string, string?> { ["RUNTIME_DIRECTORY"] = leader.Configuration.RunFolder },
            unprivileged: true);
        Assert.Equal((1, "scope: is not set"), (second.ExitCode, second.Err.Split(". ")[0]));
        await AssertWritableAsync(leader.Name);
        Assert.True(leader.IsRunning);
    }

    private static JsonObject Mistake() => new() { ["scope"] = null };

    private static void Spoil(AgentProcess node) =>
        node.WriteConfiguration(node.Configuration with { MoreLocal = Mistake() });
}
