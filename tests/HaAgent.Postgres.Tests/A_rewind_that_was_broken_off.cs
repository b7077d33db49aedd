using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;
using HaAgent.Testing;
using HaAgent.Testing.Postgres;

namespace HaAgent.Postgres.Tests;

/// <summary>Its data directory looks whole, and holds pages of two histories.</summary>
public class A_rewind_that_was_broken_off
{
    private const string BeginsToCopy = "echo 'pg_rewind: need to copy 35 MB (total source directory size is 60 MB)' >&2";

    [Theory]
    [InlineData(BeginsToCopy + "; exit 1")]
    [InlineData(BeginsToCopy + "; kill -9 $$")]
    [InlineData("kill -9 $$")] // it is not known how far it came
    [InlineData("yes 'pg_rewind: 1/2 kB (50%) copied' | head -n 20000 >&2; echo 'pg_rewind: error: connection lost' >&2; exit 1")] // what it said first is gone
    public async Task Leaves_a_directory_that_only_a_new_copy_mends(string tool)
    {
        await using var a = await TestServer.PrimaryAsync();
        await using var b = await a.ReplicaAsync("b");
        await b.StopAsync();
        await using var c = await WithToolAsync(b, tool);
        Assert.Equal(RewindOutcome.Failed, (await c.Server.RewindAsync(a.Upstream, TestServer.Stop)).Outcome);
        await Eventually.HoldsAsync("it is seen", TestServer.Soon,
            () => c.Server.Latest.Directory is DataDirectory.Initialized { Damaged: true }, TestServer.Stop);

        // The real tool would find nothing to do, for the control file is the old one.
        var again = await b.Server.RewindAsync(a.Upstream, TestServer.Stop);
        Assert.Equal(RewindOutcome.Failed, again.Outcome);
        Assert.Contains("only a new copy helps", again.Detail, StringComparison.Ordinal);

        TestServer.Succeeds(await b.Server.DiscardDataDirectoryAsync(DiscardReason.RewindFailed, TestServer.Stop));
        TestServer.Succeeds(await b.Server.CloneAsync(a.Upstream, TestServer.Stop));
        await Eventually.HoldsAsync("the new copy is whole", TestServer.Soon,
            () => b.Server.Latest.Directory is DataDirectory.Initialized { Damaged: false }, TestServer.Stop);
    }

    [Fact]
    public async Task Before_it_had_changed_anything_leaves_none()
    {
        await using var a = await TestServer.PrimaryAsync();
        await using var b = await a.ReplicaAsync("b");
        await b.StopAsync();
        await using var c = await WithToolAsync(b, "echo 'pg_rewind: error: could not find previous WAL record' >&2; exit 1");
        Assert.Equal(RewindOutcome.Failed, (await c.Server.RewindAsync(a.Upstream, TestServer.Stop)).Outcome);
        Assert.Equal(RewindOutcome.NotNeeded, (await b.Server.RewindAsync(a.Upstream, TestServer.Stop)).Outcome);
    }

    [Fact]
    public async Task Is_told_by_what_the_tool_says_when_it_begins_to_copy()
    {
        await using var a = await TestServer.PrimaryAsync();
        await using var b = await a.ReplicaAsync("b");
        await a.StopAsync();
        TestServer.Succeeds(await b.Server.PromoteAsync(TestServer.In(5), TestServer.Stop));
        Assert.True(await b.Server.WaitForControlStateAsync([ControlState.InProduction], TestServer.In(20), TestServer.Stop));
        Assert.True((await b.Server.CheckpointAsync(TimeSpan.FromSeconds(20), TestServer.Stop)).Done);
        await a.StartAsync(asPrimary: true);
        await a.AskAsync("CREATE TABLE lost()");
        await a.StopAsync();
        var said = Path.Combine(Path.GetDirectoryName(a.Options.DataDirectory)!, "said");
        await using var c = await WithToolAsync(a, $"'{PostgresInstallation.BinDirectory}/pg_rewind' \"$@\" 2>'{said}'");
        var rewound = await c.Server.RewindAsync(b.Upstream, TestServer.Stop);
        Assert.True(rewound.Outcome == RewindOutcome.Done, rewound.Detail);
        Assert.Contains("need to copy", await File.ReadAllTextAsync(said, TestServer.Stop), StringComparison.Ordinal);
        Assert.False(((DataDirectory.Initialized)c.Server.Latest.Directory).Damaged);
    }

    /// <summary>The same server, by an agent whose <c>pg_rewind</c> is this.</summary>
    private static async Task<TestServer> WithToolAsync(TestServer server, string script)
    {
        var folder = Path.GetDirectoryName(server.Options.DataDirectory)!;
        var tool = Path.Combine(folder, $"tool-{Guid.NewGuid():N}");
        await File.WriteAllTextAsync(tool, $"#!/bin/sh\n{script}\n", TestServer.Stop);
        File.SetUnixFileMode(tool, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return await TestServer.OpenAsync(
            server.Options.Name,
            c => c["postgresql"]!["bin_name"] = new System.Text.Json.Nodes.JsonObject { ["pg_rewind"] = tool },
            folder: folder);
    }
}
