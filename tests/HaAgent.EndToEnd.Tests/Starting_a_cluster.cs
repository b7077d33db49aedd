using HaAgent.Testing.Cluster;
using HaAgent.Testing.Processes;

namespace HaAgent.EndToEnd.Tests;

public class Starting_a_cluster : ClusterTest
{
    [Fact]
    public async Task Three_agents_on_empty_directories_found_one_cluster()
    {
        var began = TimeProvider.System.GetTimestamp();
        var leader = await StartAsync(new ClusterOptions());
        Measured.Note("three empty directories to a healthy cluster", TimeProvider.System.GetElapsedTime(began), "4 s is the goal");

        await AssertWritableAsync(leader.Name);
        var identifiers = await Task.WhenAll(
            Cluster.Nodes.Select(n => n.QueryAsync("SELECT system_identifier FROM pg_control_system()")));
        Assert.Single(identifiers.Distinct());
        Assert.Equal(identifiers[0], (await Cluster.ReadStoreAsync("initialize"))?.Value);
        Assert.Equal(leader.Name, (await Cluster.ReadStoreAsync("leader"))?.Value);
        Assert.Equal("2", await leader.QueryAsync(
            "SELECT count(*) FROM pg_roles WHERE rolname IN ('replicator', 'rewind_user') AND rolcanlogin"));
        await AssertOneWriterAtMostAsync();
    }

    [Fact]
    public async Task Paths_with_spaces_and_quotes_are_no_obstacle()
    {
        var leader = await StartAsync(new ClusterOptions { WithSpace = true });
        Assert.Contains(" it's ", leader.DataDirectory, StringComparison.Ordinal);

        await leader.QueryAsync($"INSERT INTO {WriterClient.Table} VALUES (1)");
        await TestCluster.WaitUntilCaughtUpAsync(leader, Cluster.Nodes.Where(n => n != leader), Soon);
        foreach (var node in Cluster.Nodes)
        {
            Assert.Equal("1", await node.QueryAsync($"SELECT count(*) FROM {WriterClient.Table}"));
        }

        await AssertOneWriterAtMostAsync();
    }

    [Fact]
    public async Task A_second_agent_for_the_same_data_directory_is_refused()
    {
        var leader = await StartAsync(new ClusterOptions { Nodes = 1 });
        var postmaster = leader.PostmasterPid();

        var second = Path.Combine(leader.Folder, "second.yml");
        var (rest, postgres) = (Testing.Ports.Lease(), Testing.Ports.Lease());
        await File.WriteAllTextAsync(
            second,
            (leader.Configuration with { RestPort = rest, PostgresPort = postgres }).Render(),
            TestContext.Current.CancellationToken);
        ServiceUser.Own(second);
        var result = await Command.RunAsync(
            AgentBinaries.Agent,
            [second],
            Soon,
            environment: new Dictionary<string, string?> { ["RUNTIME_DIRECTORY"] = leader.Configuration.RunFolder },
            unprivileged: true);

        Assert.Equal(1, result.ExitCode);
        Assert.Contains(leader.DataDirectory, result.Err, StringComparison.Ordinal);
        Assert.Equal(postmaster, leader.PostmasterPid());
        await AssertWritableAsync(leader.Name);
        await AssertOneWriterAtMostAsync();
    }
}
