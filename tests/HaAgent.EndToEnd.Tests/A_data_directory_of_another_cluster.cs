using HaAgent.Testing.Cluster;
using HaAgent.Testing.Processes;

namespace HaAgent.EndToEnd.Tests;

public class A_data_directory_of_another_cluster : ClusterTest
{
    [Fact]
    public async Task Is_refused_and_left_as_it_is_while_the_others_go_on()
    {
        var leader = await StartAsync(new ClusterOptions());
        var node = Cluster.Nodes.First(n => n != leader);
        await using var writer = Cluster.StartWriter(Pace);
        await writer.NextAcknowledgementAsync(Soon);
        var own = await leader.QueryAsync("SELECT system_identifier FROM pg_control_system()");

        Assert.Equal(0, await node.StopAsync(Patience));
        if (await Cluster.ReadStoreAsync($"members/{node.Name}") is { } lastWord)
        {
            await Cluster.Store.EndLeaseAsync(lastWord);
        }

        Directory.Delete(node.DataDirectory, recursive: true);
        await RunAsync(node, "initdb", "--no-sync", "--username=postgres");
        var foreign = (await RunAsync(node, "pg_controldata")).Split('\n')
            .Single(line => line.StartsWith("Database system identifier:", StringComparison.Ordinal)).Split(' ')[^1];
        var disk = FilesOf(node);
        var keys = await KeysThatNobodyRefreshesAsync();
        node.Start();

        Assert.Equal(1, await node.Agent.WaitForExitAsync(Patience));
        Assert.Contains(
            $"system ID mismatch, node {node.Name} belongs to a different cluster: {own} != {foreign}", node.LastLog(), StringComparison.Ordinal);
        Assert.Equal(disk, FilesOf(node));
        Assert.Equal(keys, await KeysThatNobodyRefreshesAsync());
        Assert.Null(await Cluster.ReadStoreAsync($"members/{node.Name}"));
        Assert.Null(node.PostmasterPid());

        await writer.NextAcknowledgementAsync(Soon);
        Assert.Equal("", writer.Disturbance);
        await AssertWritableAsync(leader.Name);
        await AssertNothingLostAsync(writer, Cluster.Nodes.Where(n => n != node));
        await AssertOneWriterAtMostAsync();
    }

    private static async Task<string> RunAsync(AgentProcess node, string program, params string[] options)
    {
        var result = await Command.RunAsync(
            Path.Combine(node.Configuration.BinFolder, program), ["--pgdata", node.DataDirectory, .. options], Patience, unprivileged: true);
        return result.OrThrow().Out;
    }

    /// <summary>Every file of the data directory, and what could tell that it was written.</summary>
    private static List<(string Path, long Length, DateTime Written)> FilesOf(AgentProcess node) =>
        [.. new DirectoryInfo(node.DataDirectory).EnumerateFiles("*", SearchOption.AllDirectories)
            .Select(file => (file.FullName, file.Length, file.LastWriteTimeUtc)).Order()];

    /// <summary>Names and revisions of all the cluster's keys but the position and the members', which the others keep writing.</summary>
    private async Task<List<(string Key, long Revision)>> KeysThatNobodyRefreshesAsync() =>
        [.. (await Cluster.Store.ReadAllAsync($"/service/{Cluster.Scope}/"))
            .Where(pair => !pair.Key.EndsWith("/status", StringComparison.Ordinal) && !pair.Key.Contains("/members/", StringComparison.Ordinal))
            .Select(pair => (pair.Key, pair.Value.ModRevision)).Order()];
}
