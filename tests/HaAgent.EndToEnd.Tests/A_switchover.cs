using HaAgent.Testing;
using HaAgent.Testing.Cluster;
using HaAgent.Testing.Processes;
using Npgsql;

namespace HaAgent.EndToEnd.Tests;

[Collection(nameof(Undisturbed))]
public class A_switchover : ClusterTest
{
    [Fact]
    public async Task To_a_named_candidate_loses_no_row_and_hardly_interrupts()
    {
        var old = await StartAsync(new ClusterOptions { TtlSeconds = 30, LoopWaitSeconds = 10, RetryTimeoutSeconds = 10 });
        var candidate = Cluster.Nodes.Last(n => n != old);
        await using var writer = Cluster.StartWriter(Pace);
        await writer.NextAcknowledgementAsync(Soon);

        var switched = await Cluster.Ctl.RunAsync(["switchover", "--leader", old.Name, "--candidate", candidate.Name, "--force"]);
        Assert.True(switched.ExitCode == 0, switched.Err);
        Assert.Contains($"Successfully switched over to \"{candidate.Name}\"", switched.Out, StringComparison.Ordinal);
        await Cluster.WaitForLeaderAsync(candidate, Soon);
        await writer.NextAcknowledgementAsync(Soon);
        var interruption = writer.LongestInterruption().Length;
        Measured.Note("switchover, default settings, until the next row", interruption, "1 s; goal 0.3 s");
        Assert.True(interruption < TimeSpan.FromSeconds(8), $"interrupted for {interruption}: somebody waited for a cycle or for the lease");

        await Cluster.WaitForReplicasAsync(2, Patience);
        await AssertWritableAsync(candidate.Name);
        await AssertNothingLostAsync(writer, Cluster.Nodes);
        await AssertOneWriterAtMostAsync();
    }

    [Fact]
    public async Task And_back_and_forth_again_works_every_time()
    {
        var leader = await StartAsync(new ClusterOptions());
        await using var writer = Cluster.StartWriter(Pace);
        for (var round = 0; round < 3; round++)
        {
            await writer.NextAcknowledgementAsync(Soon);
            var answer = await leader.Rest.PostAsync("/switchover", new() { ["leader"] = leader.Name });
            Assert.True(answer.Code == 200, $"round {round}: {answer.Code} {answer.Body}");
            leader = await Cluster.WaitForLeaderAsync(Soon, otherThan: leader);
            await Cluster.WaitForReplicasAsync(2, Patience);
        }

        await AssertWritableAsync(leader.Name);
        await AssertNothingLostAsync(writer, Cluster.Nodes);
        await AssertOneWriterAtMostAsync();
    }

    [Fact]
    public async Task That_is_scheduled_comes_at_its_time()
    {
        var old = await StartAsync(new ClusterOptions());
        await Cluster.WaitForReplicasAsync(2, Patience);
        var candidate = Cluster.Nodes.Last(n => n != old);
        var later = DateTimeOffset.UtcNow.AddSeconds(3).ToString("O", System.Globalization.CultureInfo.InvariantCulture);
        var answer = await old.Rest.PostAsync("/switchover", new() { ["leader"] = old.Name, ["candidate"] = candidate.Name, ["scheduled_at"] = later });
        Assert.Equal((202, "Switchover scheduled"), (answer.Code, answer.Body));
        Assert.NotNull((await old.Rest.GetAsync("/cluster")).Json["scheduled_switchover"]?["at"]);
        await Cluster.WaitForLeaderAsync(candidate, Soon);
        Assert.Null((await old.Rest.GetAsync("/cluster")).Json["scheduled_switchover"]);
        await Cluster.WaitForReplicasAsync(2, Patience);
        await AssertWritableAsync(candidate.Name);
        await AssertOneWriterAtMostAsync();
    }

    [Fact]
    public async Task Moves_the_clients_of_HAProxy_and_cuts_their_old_sessions()
    {
        var old = await StartAsync(new ClusterOptions { HaProxy = true });
        var haproxy = Cluster.HaProxy!;
        await Eventually.HoldsAsync(
            "HAProxy sends writers to the leader and readers to the replicas",
            Soon,
            async () => (await haproxy.UpServersAsync(write: true)).SequenceEqual([old.Name])
                && (await haproxy.UpServersAsync(write: false)).Count == 2);
        await using var session = new NpgsqlConnection(Cluster.ThroughHaProxy(haproxy.WritePort));
        await session.OpenAsync();
        await using var writer = Cluster.StartWriterThroughHaProxy(Pace);
        await writer.NextAcknowledgementAsync(Soon);

        var answer = await old.Rest.PostAsync("/switchover", new() { ["leader"] = old.Name });
        Assert.True(answer.Code == 200, $"{answer.Code} {answer.Body}");
        var leader = await Cluster.WaitForLeaderAsync(Soon, otherThan: old);
        await writer.NextAcknowledgementAsync(Soon);
        Measured.Note("switchover through HAProxy, until the next row", writer.LongestInterruption().Length, "2.5 s is the goal");

        await Eventually.HoldsAsync(
            "HAProxy sends writers to the new leader and readers to the others",
            Patience,
            async () => (await haproxy.UpServersAsync(write: true)).SequenceEqual([leader.Name])
                && (await haproxy.UpServersAsync(write: false)).Order().SequenceEqual(
                    Cluster.Nodes.Where(n => n != leader).Select(n => n.Name).Order()));
        await Assert.ThrowsAnyAsync<NpgsqlException>(async () =>
        {
            await using var command = new NpgsqlCommand($"INSERT INTO {WriterClient.Table} VALUES (-2)", session);
            await command.ExecuteNonQueryAsync();
        });
        await using var reading = new NpgsqlConnection(Cluster.ThroughHaProxy(haproxy.ReadPort));
        await reading.OpenAsync();
        await using var inRecovery = new NpgsqlCommand("SELECT pg_is_in_recovery()", reading);
        Assert.Equal(true, await inRecovery.ExecuteScalarAsync());
        await AssertNothingLostAsync(writer, Cluster.Nodes);
        await AssertOneWriterAtMostAsync();
    }

    [Fact]
    public async Task Whose_stop_hangs_fails_and_the_old_primary_goes_on_with_every_row()
    {
        var old = await StartAsync(new ClusterOptions { MoreDcs = new() { ["primary_stop_timeout"] = 2 } });
        await using var writer = Cluster.StartWriter(Pace);
        await writer.NextAcknowledgementAsync(Soon);
        await using var stuck = await old.ConnectAsync();
        LinuxProcesses.Send(stuck.ProcessID, Signal.Stop); // it heeds no request to end, and the stop waits for it

        var answer = await old.Rest.PostAsync("/switchover", new() { ["leader"] = old.Name });
        Assert.True(answer.Code == 503, $"{answer.Code} {answer.Body}");
        await Cluster.WaitForLeaderAsync(old, Patience);
        await writer.NextAcknowledgementAsync(Soon);
        Assert.Contains("(rule H05)", await File.ReadAllTextAsync(old.LogFile), StringComparison.Ordinal);

        await Cluster.WaitForReplicasAsync(2, Patience);
        await AssertNothingLostAsync(writer, Cluster.Nodes);
        await AssertOneWriterAtMostAsync();
    }
}
