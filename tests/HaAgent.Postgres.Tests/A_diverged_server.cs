using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;
using HaAgent.Testing;

namespace HaAgent.Postgres.Tests;

public class A_diverged_server
{
    [Fact]
    public async Task Is_told_by_facts_and_rewound()
    {
        await using var a = await TestServer.PrimaryAsync();
        await using var b = await a.ReplicaAsync("b");
        await ShareARowAsync(a, b);
        await PromoteAsync(b);
        await a.AskAsync("INSERT INTO t VALUES ('lost')"); // a goes on alone
        await b.AskAsync("INSERT INTO t VALUES ('kept')");
        await a.StopAsync();

        var facts = await a.Server.CompareAsync(b.Upstream, TestServer.Stop);
        Assert.Equal("", facts.Unknown);
        Assert.Equal((1u, 2u), (facts.Local.Timeline.Value, facts.LeaderTimeline.Value));
        Assert.False(facts.LocalInRecovery);
        Assert.False(facts.LeaderInRecovery);
        Assert.True(facts.LeaderCheckpointDone);
        Assert.Equal(Assert.IsType<DataDirectory.Initialized>(a.Server.Latest.Directory).SystemIdentifier,
            facts.LeaderSystemIdentifier);
        var line = Assert.Single(facts.LeaderHistory);
        Assert.Equal(1u, line.ParentTimeline.Value);
        Assert.True(facts.Local.Lsn > line.SwitchPoint);
        Assert.True(facts.LocalEndOfCheckpoint > facts.Local.Lsn);
        var history = await b.Server.ReadHistoryAsync(new(2), TestServer.Stop);
        Assert.Equal(line, Assert.Single(history!.Lines));
        Assert.Null(await b.Server.ReadHistoryAsync(new(3), TestServer.Stop));

        var own =
            await File.ReadAllTextAsync(Path.Combine(a.Options.DataDirectory, "postgresql.base.conf"), TestServer.Stop);
        var rewound = await a.Server.RewindAsync(b.Upstream, TestServer.Stop);
        Assert.True(rewound.Outcome == RewindOutcome.Done, rewound.Detail);
        Assert.Equal(own,
            await File.ReadAllTextAsync(
                Path.Combine(a.Options.DataDirectory, "postgresql.base.conf"), TestServer.Stop));

        await FollowAsync(a, b);
        Assert.Equal("kept,shared", await a.AskAsync("SELECT string_agg(x, ',' ORDER BY x) FROM t"));
        Assert.Equal(
            a.Options.Port.ToString(System.Globalization.CultureInfo.InvariantCulture), await a.AskAsync("SHOW port"));
    }

    [Fact]
    public async Task That_was_killed_is_recovered_first_and_then_rewound()
    {
        await using var a = await TestServer.PrimaryAsync();
        await using var b = await a.ReplicaAsync("b");
        await ShareARowAsync(a, b);
        await PromoteAsync(b);
        await a.AskAsync("INSERT INTO t VALUES ('lost')");
        a.Server.Kill();
        Assert.True(await a.Server.WaitForExitAsync(TestServer.In(10), TestServer.Stop));

        var unknown = await a.Server.CompareAsync(b.Upstream, TestServer.Stop);
        Assert.NotEqual("", unknown.Unknown);
        var rewound = await a.Server.RewindAsync(b.Upstream, TestServer.Stop);

        Assert.True(rewound.Outcome == RewindOutcome.Done, rewound.Detail);
        await FollowAsync(a, b);
        Assert.Equal("shared", await a.AskAsync("SELECT string_agg(x, ',' ORDER BY x) FROM t"));
    }

    [Fact]
    public async Task That_was_started_as_a_standby_tells_where_it_stands()
    {
        await using var a = await TestServer.PrimaryAsync();
        await using var b = await a.ReplicaAsync("b");
        await PromoteAsync(b);
        await a.AskAsync("CREATE TABLE lost()");
        await a.StopAsync(StopMode.Immediate);
        await a.StartAsync(asPrimary: false, b.Upstream);

        var running = await a.Server.CompareAsync(b.Upstream, TestServer.Stop);
        Assert.Equal("", running.Unknown);
        Assert.True(running.LocalInRecovery);
        Assert.Equal(1u, running.Local.Timeline.Value);
        Assert.True(running.Local.Lsn > Assert.Single(running.LeaderHistory).SwitchPoint);

        await a.StopAsync();
        var stopped = await a.Server.CompareAsync(b.Upstream, TestServer.Stop);
        Assert.Equal("", stopped.Unknown);
        Assert.True(stopped.LocalInRecovery);
        Assert.Equal(running.Local, stopped.Local);
        Assert.Equal(RewindOutcome.Done, (await a.Server.RewindAsync(b.Upstream, TestServer.Stop)).Outcome);
        await FollowAsync(a, b);
    }

    [Fact]
    public async Task That_was_promoted_and_ended_before_its_first_checkpoint_is_rewound_all_the_same()
    {
        await using var a = await TestServer.PrimaryAsync();
        await using var b = await a.ReplicaAsync("b");
        await ShareARowAsync(a, b);
        await PromoteAsync(b, checkpoint: false);
        await b.AskAsync("INSERT INTO t VALUES ('lost')");
        await b.StopAsync(StopMode.Immediate);
        await b.StartAsync(asPrimary: false, a.Upstream);
        await b.StopAsync();

        // Its checkpoint is still of the timeline before the promotion: pg_rewind before version 16 looks no further.
        var control = await b.Server.ReadControlAsync(TestServer.Stop);
        Assert.Equal((1u, 2u), (control!.Checkpoint.Timeline.Value, control.MinimumRecoveryEnd.Timeline.Value));

        var rewound = await b.Server.RewindAsync(a.Upstream, TestServer.Stop);
        Assert.True(rewound.Outcome == RewindOutcome.Done, $"{rewound.Outcome} {rewound.Detail}");
        await FollowAsync(b, a);
        Assert.Equal("shared", await b.AskAsync("SELECT string_agg(x, ',' ORDER BY x) FROM t"));
    }

    [Fact]
    public async Task Cannot_be_compared_or_rewound_while_the_leader_is_away()
    {
        await using var a = await TestServer.PrimaryAsync();
        await using var b = await a.ReplicaAsync("b");
        await PromoteAsync(b);
        await a.StopAsync();
        await b.StopAsync();

        Assert.NotEqual("", (await a.Server.CompareAsync(b.Upstream, TestServer.Stop)).Unknown);
        var rewound = await a.Server.RewindAsync(b.Upstream, TestServer.Stop);

        Assert.Equal(RewindOutcome.SourceUnreachable, rewound.Outcome);
        Assert.IsType<DataDirectory.Initialized>(a.Server.Latest.Directory);
    }

    [Fact]
    public async Task That_is_no_different_needs_no_rewind()
    {
        await using var a = await TestServer.PrimaryAsync();
        await using var b = await a.ReplicaAsync("b");
        await b.StopAsync();

        Assert.Equal(RewindOutcome.NotNeeded, (await b.Server.RewindAsync(a.Upstream, TestServer.Stop)).Outcome);

        await FollowAsync(b, a);
    }

    [Fact]
    public async Task Is_discarded_when_asked_and_only_then()
    {
        await using var a = await TestServer.PrimaryAsync();
        var refused = await a.Server.DiscardDataDirectoryAsync(DiscardReason.RewindFailed, TestServer.Stop);
        Assert.False(refused.Done); // it runs
        Assert.False((await a.Server.InitializeAsync(TestServer.Stop)).Done);
        await a.StopAsync();
        // not empty, and not marked as ours to clear
        Assert.False((await a.Server.InitializeAsync(TestServer.Stop)).Done);

        TestServer.Succeeds(await a.Server.DiscardDataDirectoryAsync(DiscardReason.CreationFailed, TestServer.Stop));

        // it has served: moved aside
        Assert.True(File.Exists(Path.Combine(a.Options.DataDirectory + ".failed", "PG_VERSION")));
        await Eventually.HoldsAsync("the directory is empty", TestServer.Soon, () => a.Server.Latest.Directory is DataDirectory.Empty, TestServer.Stop);
    }

    private static async Task ShareARowAsync(TestServer a, TestServer b)
    {
        await a.AskAsync("CREATE TABLE t AS SELECT 'shared' AS x");
        await Eventually.HoldsAsync("b has the row", TestServer.Soon, async () =>
            (await b.ProbeAsync()).Replayed >= (await a.ProbeAsync()).Flushed, TestServer.Stop);
    }

    private static async Task PromoteAsync(TestServer server, bool checkpoint = true)
    {
        TestServer.Succeeds(await server.Server.PromoteAsync(TestServer.In(5), TestServer.Stop));
        Assert.True(await server.Server.WaitForControlStateAsync(
            [ControlState.InProduction], TestServer.In(20), TestServer.Stop));
        if (checkpoint)
        {
            TestServer.Succeeds(await server.Server.CheckpointAsync(TestServer.Soon, TestServer.Stop));
        }
    }

    private static async Task FollowAsync(TestServer replica, TestServer leader)
    {
        TestServer.Succeeds(await leader.Server.ChangeSlotsAsync(
            [new SlotChange.CreatePhysical(replica.Options.Name)], TestServer.Stop));
        await replica.StartAsync(asPrimary: false, leader.Upstream);
        await Eventually.HoldsAsync($"{replica.Options.Name} streams from {leader.Options.Name}", TestServer.Soon, async () =>
            (await leader.ProbeAsync()).WalSenders.Any(sender => sender.ApplicationName == replica.Options.Name
                && sender.State == "streaming"), TestServer.Stop);
        await Eventually.HoldsAsync("it has replayed everything", TestServer.Soon, async () =>
            (await replica.ProbeAsync()).Replayed >= (await leader.ProbeAsync()).Flushed, TestServer.Stop);
    }
}
