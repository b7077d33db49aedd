using System.Text.Json.Nodes;
using HaAgent.Testing;
using HaAgent.Testing.Cluster;
using HaAgent.Testing.Processes;

namespace HaAgent.EndToEnd.Tests;

/// <summary>Who is not let in says so by the name of the setting, never by the password, and ends nothing that works.</summary>
public class A_wrong_password : ClusterTest
{
    private const string User = "haagent";
    private const string Right = "right: secret";
    private const string Wrong = "wrong: secret";

    private static readonly ClusterOptions Options = new()
    {
        Nodes = 1,
        Witness = false,
        TtlSeconds = 20,
        LoopWaitSeconds = 2,
        RetryTimeoutSeconds = 3,
    };

    [Theory]
    [InlineData(User, Wrong)]
    [InlineData("somebody", Right)]
    [InlineData(null, null)]
    public async Task For_etcd_ends_the_start_of_a_node_without_a_server(string? user, string? password)
    {
        await PrepareAsync(Options);
        await Cluster.Store.RequireLoginAsync(User, Right);
        UseLogin(user, password);
        var before = await Cluster.Store.RevisionAsync();

        Node.Start();
        Assert.Equal(1, await Node.Agent.WaitForExitAsync(Patience));

        var last = Node.LastLog(1);
        Assert.StartsWith(user is null ? "etcd3.username: is not set" : $"etcd3.username = '{user}': ", last, StringComparison.Ordinal);
        Assert.Contains("etcd3.password", last, StringComparison.Ordinal);
        var log = Node.LastLog(1000);
        Assert.DoesNotContain("secret", log, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", log, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Node.DataDirectory), "a data directory was created");
        Assert.Equal(before, await Cluster.Store.RevisionAsync());
    }

    [Fact]
    public async Task For_etcd_leaves_an_agent_with_its_server_until_the_lease_ends_and_is_told_in_the_log()
    {
        await PrepareAsync(Options);
        await Cluster.Store.RequireLoginAsync(User, Right);
        UseLogin(User, Right);
        Node.Start();
        await Cluster.WaitForLeaderAsync(Patience);

        await Cluster.Store.ChangePasswordAsync(User, Wrong + "er");
        await AssertSaidAsync();
        await AssertWritableAsync(Node.Name);

        // So does one that is started above a running server.
        await Node.KillAgentAsync();
        File.Delete(Node.LogFile);
        Node.Start();
        await AssertSaidAsync();
        await Eventually.HoldsAsync("the node is not writable any more", Patience, async () => !await Node.IsWritableAsync());
        Assert.True(Node.IsRunning, Node.LastLog());

        await Cluster.Store.ChangePasswordAsync(User, Right);
        await Cluster.WaitForLeaderAsync(Patience);
        Assert.DoesNotContain("secret", Node.LastLog(1000), StringComparison.Ordinal);

        Task AssertSaidAsync() => Eventually.HoldsAsync(
            "the agent says that etcd does not let it in",
            Soon,
            () => Node.LastLog(1000).Contains($"etcd3.username = '{User}': etcd does not let this user in", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Of_the_superuser_is_one_sentence_now_and_then_until_it_is_corrected()
    {
        const string Sentence = "postgresql.authentication.superuser.username = 'postgres': PostgreSQL does not let this user in";
        await PrepareAsync(Options);
        Node.Start();
        await Cluster.WaitForLeaderAsync(Patience);
        Assert.Equal(0, await Node.StopAsync(Patience));
        File.Delete(Node.LogFile);
        var right = Node.Configuration;

        Node.WriteConfiguration(right with { SuperuserPassword = Wrong });
        Node.Start();
        await Eventually.HoldsAsync(
            "the agent names the setting", Patience, () => Node.LastLog(1000).Contains(Sentence, StringComparison.Ordinal));
        await Cluster.WaitForCyclesAsync(3, Patience); // each of them asks the server again
        var log = Node.LastLog(1000);
        Assert.True(Node.IsRunning, log);
        Assert.Equal(1, log.Split(Sentence).Length - 1);
        Assert.DoesNotContain("   at ", log, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", log, StringComparison.Ordinal);

        Node.WriteConfiguration(right);
        Assert.True(Node.Agent.Send(Signal.Hangup));
        await Cluster.WaitForLeaderAsync(Patience);
        await AssertWritableAsync(Node.Name);
    }

    private AgentProcess Node => Cluster.Nodes[0];

    private void UseLogin(string? user, string? password) => Node.WriteConfiguration(Node.Configuration with
    {
        MoreLocal = new() { ["etcd3"] = new JsonObject { ["username"] = user, ["password"] = password } },
    });
}
