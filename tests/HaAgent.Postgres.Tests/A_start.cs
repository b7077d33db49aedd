using System.Diagnostics;
using System.Text.Json.Nodes;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;
using HaAgent.Postgres.Control;

namespace HaAgent.Postgres.Tests;

public class A_start
{
    [Fact]
    public async Task That_comes_too_late_starts_nothing()
    {
        await using var a = await TestServer.PrimaryAsync();
        await a.StopAsync();

        var result =
            await a.Server.StartAsync(new(true, null), TestServer.In(-0.001), TestServer.Soon, TestServer.Stop);

        Assert.Equal(StartOutcome.TooLate, result.Outcome);
        Assert.IsType<ServerProcess.None>(a.Server.Latest.Process);
    }

    [Fact]
    public async Task Of_another_directory_than_the_one_that_was_meant_fails_and_writes_nothing_there()
    {
        await using var a = await TestServer.PrimaryAsync();
        var ranFrom = Assert.IsType<DataDirectory.Initialized>(a.Server.Latest.Directory).Identity;
        Assert.True(ranFrom.IsKnown);
        await a.StopAsync();
        var (path, aside) = (a.Options.DataDirectory, a.Options.DataDirectory + ".aside");
        Directory.Move(path, aside);
        var copied = await new ProcessRunner(TimeProvider.System).RunAsync(new Command("/bin/cp", ["-a", aside, path]), TestServer.Soon, TestServer.Stop);
        Assert.True(copied.Succeeded, copied.Complaint);
        File.Delete(Path.Combine(path, "postgresql.conf"));

        var result = await a.Server.StartAsync(new(true, null, ranFrom), TestServer.In(30), TestServer.Soon, TestServer.Stop);

        Assert.Equal(StartOutcome.Failed, result.Outcome);
        Assert.Contains("is not the directory that PostgreSQL ran from", result.Detail, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(path, "postgresql.conf")));
        Directory.Delete(path, recursive: true);
        Directory.Move(aside, path);
        Assert.Equal(StartOutcome.Running, (await a.Server.StartAsync(new(true, null, ranFrom), TestServer.In(30), TestServer.Soon, TestServer.Stop)).Outcome);
    }

    [Fact]
    public async Task That_fails_says_what_the_server_said_without_waiting()
    {
        await using var a = await TestServer.PrimaryAsync();
        await a.StopAsync();
        await File.AppendAllTextAsync(Path.Combine(a.Options.DataDirectory, "postgresql.base.conf"),
            "nonsense = here = there\n", TestServer.Stop);
        var began = Stopwatch.GetTimestamp();

        var result = await a.Server.StartAsync(new(true, null), TestServer.In(30), TestServer.Soon, TestServer.Stop);

        Assert.Equal(StartOutcome.Failed, result.Outcome);
        Assert.Contains("syntax error", result.Detail, StringComparison.Ordinal);
        Assert.InRange(Stopwatch.GetElapsedTime(began).TotalSeconds, 0, 5);
    }

    [Fact]
    public async Task Leaves_out_what_a_server_never_asked_before_refuses()
    {
        await using var a = await TestServer.OpenAsync(change: configuration =>
            configuration["postgresql"]!["parameters"]!["work_mem"] = "1 parsec");
        TestServer.Succeeds(await a.Server.InitializeAsync(TestServer.Stop));

        await a.StartAsync(asPrimary: true);

        Assert.Equal("4MB", await a.AskAsync("SHOW work_mem"));
        Assert.Contains(a.Log.Lines, line => line.Contains("work_mem", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Clamps_and_drops_once_the_server_has_told_what_it_takes()
    {
        await using var a = await TestServer.PrimaryAsync();
        await a.StopAsync();
        a.Server.Configure(a.Options, new JsonObject
        {
            ["postgresql"] = new JsonObject
            {
                ["parameters"] =
                    new JsonObject
                    {
                        ["work_mem"] = "1kB",
                        ["no_such_thing"] = 1,
                        ["wal_compression"] = "perhaps",
                        ["my.extension"] = "x"
                    },
            },
        });
        await a.StartAsync(asPrimary: true);

        Assert.Equal("64kB", await a.AskAsync("SHOW work_mem"));
        Assert.Equal("x", await a.AskAsync("SHOW my.extension"));
        Assert.Contains(a.Log.Lines, line =>
            line.Contains(
                "Removing unexpected parameter=no_such_thing value=1 from the config", StringComparison.Ordinal));
        Assert.Contains(a.Log.Lines, line =>
            line.Contains("Removing enum parameter=wal_compression", StringComparison.Ordinal));
    }

    [Fact]
    public async Task In_recovery_keeps_the_limits_its_primary_had()
    {
        await using var a = await TestServer.PrimaryAsync(dynamicConfig: MaxConnections(120));
        await using var b = await a.ReplicaAsync("b", dynamicConfig: MaxConnections(50));

        Assert.Equal("120", await b.AskAsync("SHOW max_connections"));
        var applied = await b.Server.ApplyAsync(new(IsPrimary: false, a.Upstream, Force: false), TestServer.Stop);
        Assert.Contains(new PendingParameter("max_connections", "120", "50"), applied.PendingRestart);
    }

    [Fact]
    public async Task Follows_nobody_when_told_so_and_stays_read_only()
    {
        await using var a = await TestServer.PrimaryAsync();
        await a.StopAsync();

        await a.StartAsync(asPrimary: false);

        var sql = await a.ProbeAsync();
        Assert.True(sql.InRecovery);
        Assert.Null(sql.ReplicationState);
        Assert.Equal("", await a.AskAsync("SHOW primary_conninfo"));
        var late = await a.Server.PromoteAsync(TestServer.In(-0.001), TestServer.Stop);
        Assert.False(late.Done);
        Assert.False(File.Exists(Path.Combine(a.Options.DataDirectory, "promote")));
        TestServer.Succeeds(await a.Server.PromoteAsync(TestServer.In(5), TestServer.Stop));
        Assert.True(await a.Server.WaitForControlStateAsync(
            [ControlState.InProduction], TestServer.In(20), TestServer.Stop));
    }

    private static JsonObject MaxConnections(int number) => new()
    {
        ["postgresql"] = new JsonObject { ["parameters"] = new JsonObject { ["max_connections"] = number } },
    };
}
