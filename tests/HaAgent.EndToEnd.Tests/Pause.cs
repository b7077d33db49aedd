using System.Text.Json.Nodes;
using HaAgent.Testing;
using HaAgent.Testing.Cluster;
using HaAgent.Testing.Processes;

namespace HaAgent.EndToEnd.Tests;

public class Pause : ClusterTest
{
    /// <summary>Agents that look often: whatever one does wrong under pause, it does soon.</summary>
    private static readonly ClusterOptions Watchful = new() { LoopWaitSeconds = 1 };

    [Fact]
    public async Task Leaves_PostgreSQL_to_the_operator_and_resume_takes_over_what_is_there()
    {
        var leader = await StartAsync(Watchful);
        await using var writer = Cluster.StartWriter(Pace);
        await writer.NextAcknowledgementAsync(Soon);
        await CtlAsync("pause", "--wait");

        // The operator stops the primary: nobody may start it, and nobody may take its place.
        await PgCtlAsync(leader, "stop", "--mode=fast");
        var rows = writer.Acknowledged.Count;
        await Eventually.HoldsAsync(
            "the agent gives the key away, for its server does not run", Soon, async () => await Cluster.ReadStoreAsync("leader") is null);
        await Cluster.WaitForCyclesAsync(3, Patience);
        Assert.Empty(await Cluster.WritableAsync());
        Assert.Null(leader.PostmasterPid());
        Assert.Equal(rows, writer.Acknowledged.Count); // nor at any moment between

        await PgCtlAsync(leader, "start", $"--log={Path.Combine(leader.Folder, "by-hand.log")}");
        await Cluster.WaitForLeaderAsync(leader, Patience);
        await CtlAsync("resume", "--wait");
        await Cluster.WaitForReplicasAsync(2, Patience);
        await writer.NextAcknowledgementAsync(Soon);
        await AssertWritableAsync(leader.Name);
        await AssertNothingLostAsync(writer, Cluster.Nodes);
        await AssertOneWriterAtMostAsync();
    }

    [Fact]
    public async Task Keeps_a_primary_writable_that_has_lost_its_agent_its_lease_and_its_store()
    {
        var leader = await StartAsync(Watchful);
        await CtlAsync("pause", "--wait");
        var postmaster = leader.PostmasterPid();
        await using var writer = Cluster.StartWriter(Pace);
        await writer.NextAcknowledgementAsync(Soon);

        Assert.Equal(0, await leader.StopAsync(Patience));
        await Cluster.Store.EndLeaseAsync(await Cluster.LeaderKeyAsync());
        await Cluster.WaitForCyclesAsync(3, Patience);
        Assert.Null(await Cluster.ReadStoreAsync("leader"));
        await Cluster.Store.KillAllAsync();
        foreach (var replica in Cluster.Nodes.Where(n => n != leader))
        {
            await Eventually.HoldsAsync(
                $"{replica.Name} knows that the store is gone", Patience, async () => await replica.ReasonAsync() == "PAUSE: DCS is not accessible");
        }

        await writer.NextAcknowledgementAsync(Soon);
        await AssertWritableAsync(leader.Name);
        Cluster.Store.StartAll();
        await Cluster.Store.WaitUntilHealthyAsync();
        leader.Start();
        await Cluster.WaitForLeaderAsync(leader, Patience);
        Assert.Equal("", writer.Disturbance);
        Assert.Equal(postmaster, leader.PostmasterPid());
        await AssertNothingLostAsync(writer, leader);
        await AssertOneWriterAtMostAsync();
    }

    [Fact]
    public async Task Lets_a_replica_be_promoted_by_hand_and_resume_leaves_the_holder_of_the_lock_and_its_rows()
    {
        // No witness: two servers that accept writes are what the operator makes here.
        var leader = await StartAsync(Watchful with { Witness = false });
        var (promoted, other) = (Cluster.Nodes.First(n => n != leader), Cluster.Nodes.Last(n => n != leader));
        await leader.QueryAsync($"INSERT INTO {WriterClient.Table} VALUES (1)");
        await TestCluster.WaitUntilCaughtUpAsync(leader, [promoted, other], Soon);
        await CtlAsync("pause", "--wait");
        var key = await Cluster.LeaderKeyAsync();
        var postmasters = Cluster.Nodes.Select(n => n.PostmasterPid()).ToList();

        await PgCtlAsync(promoted, "promote");
        await leader.QueryAsync($"INSERT INTO {WriterClient.Table} VALUES (2)");
        await promoted.QueryAsync($"INSERT INTO {WriterClient.Table} VALUES (3)");
        await Cluster.WaitForCyclesAsync(3, Patience);

        string[] both = [leader.Name, promoted.Name];
        await AssertWritableAsync([.. both.Order()]);
        Assert.Equal(postmasters, Cluster.Nodes.Select(n => n.PostmasterPid()));
        Assert.Equal(key, await Cluster.ReadStoreAsync("leader"));
        Assert.Equal("PAUSE: continue to run as primary without lock", await promoted.ReasonAsync());
        Assert.Contains("Maintenance mode: on", (await CtlAsync("list")).Out, StringComparison.Ordinal);
        Assert.Equal(("Leader", "running", 1), await ListedAsync(leader));
        Assert.Equal(("Replica", "running", 2), await ListedAsync(promoted)); // not "streaming", and a timeline of its own
        Assert.Equal(("Replica", "streaming", 1), await ListedAsync(other));

        await CtlAsync("resume", "--wait");
        await Cluster.WaitForReplicasAsync(2, Patience);
        await AssertWritableAsync(leader.Name);
        Assert.Equal(postmasters[Index(leader)], leader.PostmasterPid());
        Assert.Equal(postmasters[Index(other)], other.PostmasterPid());
        await TestCluster.WaitUntilCaughtUpAsync(leader, [promoted, other], Soon);
        foreach (var node in Cluster.Nodes)
        {
            Assert.Equal("1,2", await node.QueryAsync($"SELECT string_agg(id::text, ',' ORDER BY id) FROM {WriterClient.Table}"));
        }
    }

    private int Index(AgentProcess node) => Cluster.Nodes.ToList().IndexOf(node);

    private async Task<(string? Role, string? State, int? Timeline)> ListedAsync(AgentProcess node)
    {
        var members = JsonNode.Parse((await CtlAsync("list", "-f", "json")).Out)!.AsArray();
        var member = Assert.Single(members, m => (string?)m!["Member"] == node.Name)!;
        return ((string?)member["Role"], (string?)member["State"], (int?)member["TL"]);
    }

    private async Task<CommandResult> CtlAsync(params string[] words)
    {
        var result = await Cluster.Ctl.RunAsync(words);
        Assert.True(result.ExitCode == 0, result.Out + result.Err);
        return result;
    }

    private static async Task PgCtlAsync(AgentProcess node, string verb, params string[] options)
    {
        var result = await Command.RunAsync(
            Path.Combine(node.Configuration.BinFolder, "pg_ctl"),
            [verb, "--pgdata", node.DataDirectory, "--wait", .. options],
            Patience,
            unprivileged: true);
        Assert.True(result.ExitCode == 0, result.Out + result.Err);
    }
}
