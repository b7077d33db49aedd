using System.Text.Json.Nodes;
using HaAgent.Testing;
using HaAgent.Testing.Cluster;

namespace HaAgent.EndToEnd.Tests;

public class A_new_copy : ClusterTest
{
    [Fact]
    public async Task Of_a_replica_is_made_when_asked_for_and_not_of_a_leader()
    {
        var leader = await StartAsync(new ClusterOptions());
        await Cluster.WaitForReplicasAsync(2, Patience);
        var replica = Cluster.Nodes.First(node => node != leader);
        await using var writer = Cluster.StartWriter(Pace);
        await writer.NextAcknowledgementAsync(Soon);
        var refused = await leader.Rest.PostAsync("/reinitialize", new() { ["force"] = true });
        Assert.Equal((503, "I am the leader, can not reinitialize"), (refused.Code, refused.Body));

        var mark = Path.Combine(replica.DataDirectory, "left behind");
        await File.WriteAllTextAsync(mark, "", TestContext.Current.CancellationToken);
        var answer = await replica.Rest.PostAsync("/reinitialize", []);
        Assert.Equal((200, "reinitialize started"), (answer.Code, answer.Body));
        await Eventually.HoldsAsync("the old copy is gone", Patience, () => !File.Exists(mark));
        await Cluster.WaitUntilStreamingAsync(replica, Patience);
        await AssertWritableAsync(leader.Name);
        await AssertNothingLostAsync(writer, Cluster.Nodes);
        await AssertOneWriterAtMostAsync();
    }

    [Fact]
    public async Task In_place_of_what_is_no_database_is_made_when_asked_for()
    {
        var leader = await StartAsync(new ClusterOptions());
        await Cluster.WaitForReplicasAsync(2, Patience);
        var replica = Cluster.Nodes.First(node => node != leader);
        Assert.Equal(0, await replica.StopAsync(Patience));
        File.Delete(Path.Combine(replica.DataDirectory, "global", "pg_control"));
        replica.Start();
        await Eventually.HoldsAsync("it says what is wrong and leaves it alone", Patience,
            async () => await replica.ReasonAsync() is { } reason && reason.Contains("consider doing reinitialize", StringComparison.Ordinal));

        var answer = await replica.Rest.PostAsync("/reinitialize", new() { ["from_leader"] = true });
        Assert.Equal((200, "reinitialize started"), (answer.Code, answer.Body));
        await Cluster.WaitUntilStreamingAsync(replica, Patience);
        await AssertWritableAsync(leader.Name);
    }

    [Fact]
    public async Task That_is_being_made_is_begun_again_only_by_force()
    {
        var leader = await StartAsync(new ClusterOptions());
        await Cluster.WaitForReplicasAsync(2, Patience);
        var replica = Cluster.Nodes.First(node => node != leader);
        Assert.Equal(200, (await replica.Rest.PostAsync("/reinitialize", [])).Code);
        var again = await replica.Rest.PostAsync("/reinitialize", []);
        Assert.Equal((503, "reinitialize already in progress"), (again.Code, again.Body));
        await Eventually.HoldsAsync("the copy is being made", Patience,
            async () => (string?)(await replica.Rest.StatusAsync())?["state"] == "creating replica");
        await Cluster.WaitUntilStreamingAsync(replica, Patience);
        Assert.Equal(200, (await replica.Rest.PostAsync("/reinitialize", new JsonObject { ["force"] = true })).Code);
        await Eventually.HoldsAsync("the new copy is being made", Patience,
            async () => (string?)(await replica.Rest.StatusAsync())?["state"] == "creating replica");
        await Cluster.WaitUntilStreamingAsync(replica, Patience);
        await AssertWritableAsync(leader.Name);
    }
}
