using System.Text.Json.Nodes;
using HaAgent.Testing;
using HaAgent.Testing.Cluster;

namespace HaAgent.EndToEnd.Tests;

/// <summary>
/// Times below the peers' minimums. That they come into force takes ten times 20 s and is tested in virtual time
/// (<c>A_cluster_with_short_times</c>); here, what real agents say to each other in a real store.
/// </summary>
public class Short_times : ClusterTest
{
    [Fact]
    public async Task Are_known_to_all_our_members_and_raised_for_one_that_has_not_said_so_with_its_name()
    {
        var leader = await StartAsync(new ClusterOptions { Nodes = 2, TtlSeconds = 5, LoopWaitSeconds = 1, RetryTimeoutSeconds = 1 });
        foreach (var node in Cluster.Nodes)
        {
            var record = JsonNode.Parse((await Cluster.ReadStoreAsync($"members/{node.Name}"))!.Value)!;
            Assert.Equal("""["short-ttl"]""", record["haagent"]!["features"]!.ToJsonString());
            Assert.Null(record["haagent"]!["ttl"]);
        }

        // Nobody has seen for 200 s that all can: until then the leader's lease is one that every peer could have.
        Assert.Contains("ttl=5, loop_wait=1, retry_timeout=1 comes into force when", leader.LastLog(1000), StringComparison.Ordinal);
        var left = await Cluster.Store.LeaseLeftAsync(await Cluster.LeaderKeyAsync());
        Assert.True(left > TimeSpan.FromSeconds(10), $"the lease has {left} left");

        await Cluster.Store.WriteAsync(
            $"/service/{Cluster.Scope}/members/peer1", """{"role":"replica","state":"stopped","version":"4.1.4"}""");
        foreach (var node in Cluster.Nodes)
        {
            await Eventually.HoldsAsync($"{node.Name} names the member", Soon, () => Notices(node.LastLog(1000)).Length > 0);
        }

        await Cluster.WaitForCyclesAsync(3, Soon);
        Assert.All(Cluster.Nodes, node => Assert.Contains(
            "peer1 has not said that it can", Assert.Single(Notices(node.LastLog(1000))), StringComparison.Ordinal));
        await AssertWritableAsync(leader.Name);
        await AssertOneWriterAtMostAsync();
    }

    private static string[] Notices(string log) =>
        [.. log.Split('\n').Where(line => line.Contains("is below what every member can keep", StringComparison.Ordinal))];
}
