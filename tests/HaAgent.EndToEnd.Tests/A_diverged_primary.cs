using System.Globalization;
using HaAgent.Testing;
using HaAgent.Testing.Cluster;
using HaAgent.Testing.Processes;

namespace HaAgent.EndToEnd.Tests;

public class A_diverged_primary : ClusterTest
{
    [Fact]
    public async Task Is_rewound_and_follows_and_its_private_rows_are_gone()
    {
        var old = await StartAsync(new ClusterOptions { LoopWaitSeconds = 1 });
        await Cluster.RequireOneReplicaAsync();
        await using var writer = Cluster.StartWriter(Pace);
        await writer.NextAcknowledgementAsync(Soon);
        await old.LoseHostAsync();
        await Cluster.Store.EndLeaseAsync(await Cluster.LeaderKeyAsync()); // how long it runs is another test's subject
        var successor = await Cluster.WaitForLeaderAsync(Patience, otherThan: old);
        await writer.NextAcknowledgementAsync(Soon);

        // Somebody repairs the lost host by hand and writes where nobody follows any more: history has two ends now.
        await WriteInSingleUserModeAsync(old, $"INSERT INTO {WriterClient.Table} VALUES (-1)");
        var directoryMadeAt = File.GetCreationTimeUtc(Path.Combine(old.DataDirectory, "PG_VERSION"));
        old.Start();
        await Cluster.WaitUntilStreamingAsync(old, Patience);

        Assert.Equal(directoryMadeAt, File.GetCreationTimeUtc(Path.Combine(old.DataDirectory, "PG_VERSION")));
        Assert.Equal("0", await old.QueryAsync($"SELECT count(*) FROM {WriterClient.Table} WHERE id = -1"));
        await AssertWritableAsync(successor.Name);
        await AssertNothingLostAsync(writer, Cluster.Nodes);
        await AssertOneWriterAtMostAsync();
    }

    private static async Task WriteInSingleUserModeAsync(AgentProcess node, string sql)
    {
        // A killed postmaster that nobody has collected yet still has its number, and its lock file counts.
        var killed = int.Parse(File.ReadLines(Path.Combine(node.DataDirectory, "postmaster.pid")).First(), CultureInfo.InvariantCulture);
        await Eventually.HoldsAsync("the killed postmaster is collected", Patience, () => LinuxProcesses.Read(killed) is null);
        var result = await Command.RunAsync(
            Path.Combine(node.Configuration.BinFolder, "postgres"),
            ["--single", "-D", node.DataDirectory, "-c", "synchronous_standby_names=", "postgres"],
            Patience,
            input: sql + "\n",
            unprivileged: true);
        Assert.True(result.ExitCode == 0, result.Err);
    }
}
