using System.Text.Json.Nodes;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;
using HaAgent.Postgres.Config;
using HaAgent.Testing;

namespace HaAgent.Postgres.Tests;

public class A_creation
{
    [Fact]
    public async Task That_fails_leaves_nothing_behind_and_says_why()
    {
        await using var a = await TestServer.OpenAsync(change: configuration =>
            configuration["bootstrap"]!["initdb"] = new JsonArray(new JsonObject { ["encoding"] = "NOSUCH" }));

        var result = await a.Server.InitializeAsync(TestServer.Stop);

        Assert.False(result.Done);
        Assert.Contains("NOSUCH", result.Detail, StringComparison.Ordinal);
        Assert.Empty(LeftIn(a.Folder));
    }

    [Fact]
    public async Task Of_a_replica_with_a_wrong_password_names_the_reason_and_leaves_nothing_behind()
    {
        await using var a = await TestServer.PrimaryAsync();
        await using var b = await TestServer.OpenAsync("b", folder: a.Folder, change: configuration =>
            configuration["postgresql"]!["authentication"]!["replication"]!["password"] = "wrong");

        var result = await b.Server.CloneAsync(a.Upstream, TestServer.Stop);

        Assert.False(result.Done);
        Assert.Contains("password authentication failed", result.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain("wrong", result.Detail, StringComparison.Ordinal);
        Assert.False(Directory.Exists(b.Options.DataDirectory)
            && Directory.EnumerateFileSystemEntries(b.Options.DataDirectory).Any());
        Assert.False(File.Exists(b.Options.DataDirectory + ".haagent-creating"));
    }

    [Fact]
    public async Task That_was_interrupted_is_recognised_by_the_next_agent()
    {
        await using var a = await TestServer.PrimaryAsync();
        await a.StopAsync();
        await File.WriteAllTextAsync(a.Options.DataDirectory + ".haagent-creating", "basebackup\n", TestServer.Stop);
        await a.RestartAgentAsync();
        Assert.True(Assert.IsType<DataDirectory.Initialized>(a.Server.Latest.Directory).Unfinished);

        // Broken off before the control file: nothing is there to lose, and the next attempt clears it.
        File.Delete(Path.Combine(a.Options.DataDirectory, "global", "pg_control"));
        await a.RestartAgentAsync();
        Assert.IsType<DataDirectory.Empty>(a.Server.Latest.Directory);

        // Without the marker the same directory is somebody's, and is left alone.
        File.Delete(a.Options.DataDirectory + ".haagent-creating");
        await a.RestartAgentAsync();
        Assert.IsType<DataDirectory.Foreign>(a.Server.Latest.Directory);
        Assert.False((await a.Server.InitializeAsync(TestServer.Stop)).Done);
        Assert.True(File.Exists(Path.Combine(a.Options.DataDirectory, "PG_VERSION")));
    }

    [Fact]
    public async Task Is_unfinished_until_the_users_are_there_and_moved_aside_once_it_has_served()
    {
        await using var a = await TestServer.OpenAsync();
        TestServer.Succeeds(await a.Server.InitializeAsync(TestServer.Stop));
        await a.StartAsync(asPrimary: true);
        await Eventually.HoldsAsync("the directory is known", TestServer.Soon, () =>
            a.Server.Latest.Directory is DataDirectory.Initialized { Unfinished: true }, TestServer.Stop);
        await a.StopAsync();

        TestServer.Succeeds(await a.Server.InitializeAsync(TestServer.Stop)); // a new attempt

        Assert.True(File.Exists(Path.Combine(a.Options.DataDirectory + ".failed", "PG_VERSION")));
    }

    [Fact]
    public async Task Runs_the_operators_script_with_a_connection_that_needs_no_password()
    {
        var marker = Path.Combine(TestServer.NewFolder(), "done by post bootstrap");
        await using var a = await TestServer.PrimaryAsync(fresh: true, change: configuration =>
            configuration["bootstrap"]!["post_bootstrap"] =
                $"/bin/sh -c 'psql \"$1\" -Atc \"CREATE DATABASE app\" && echo \"$1\" > \"$0\"' \"{marker}\"");

        Assert.Equal("app", await a.AskAsync("SELECT datname FROM pg_database WHERE datname = 'app'"));
        Assert.DoesNotContain("secret", await File.ReadAllTextAsync(marker, TestServer.Stop), StringComparison.Ordinal);
        Directory.Delete(Path.GetDirectoryName(marker)!, recursive: true);
    }

    [Fact]
    public async Task Puts_no_password_into_the_servers_log()
    {
        await using var a = await TestServer.PrimaryAsync(fresh: true, change: configuration =>
            configuration["postgresql"]!["parameters"]!["log_statement"] = "all");

        var log = await File.ReadAllTextAsync(a.Options.PostmasterLog, TestServer.Stop);

        Assert.Contains("log_statement", log, StringComparison.Ordinal); // statements do get there
        foreach (var user in (UserCredentials[])[a.Options.Superuser, a.Options.Replication, a.Options.Rewind])
        {
            Assert.DoesNotContain(user.Password!, log, StringComparison.Ordinal);
            Assert.DoesNotContain(user.Password!, a.Log.ToString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Keeps_secrets_in_files_of_the_owner_alone()
    {
        await using var a = await TestServer.PrimaryAsync();
        await using var b = await a.ReplicaAsync("b");

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(b.Options.PassFile));
        Assert.Contains("repl\\:se\\\\cret", await File.ReadAllTextAsync(b.Options.PassFile, TestServer.Stop),
            StringComparison.Ordinal);
        var configuration =
            await File.ReadAllTextAsync(Path.Combine(b.Options.DataDirectory, "postgresql.conf"), TestServer.Stop);
        Assert.Contains("application_name=b", configuration, StringComparison.Ordinal);
        Assert.DoesNotContain("cret", configuration, StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(b.Options.PostmasterLog));
    }

    [Fact]
    public async Task Leaves_a_place_for_the_last_dynamic_configuration()
    {
        await using var a = await TestServer.PrimaryAsync();
        Assert.Null(DynamicConfigurationCache.Read(a.Options.DataDirectory));
        Assert.Null(DynamicConfigurationCache.Write(a.Options.DataDirectory, new JsonObject { ["ttl"] = 30 }));
        Assert.Equal(30, DynamicConfigurationCache.Read(a.Options.DataDirectory)!["ttl"]!.GetValue<int>());
        await File.WriteAllTextAsync(
            Path.Combine(a.Options.DataDirectory, "patroni.dynamic.json"), "{", TestServer.Stop);
        Assert.Null(DynamicConfigurationCache.Read(a.Options.DataDirectory));
    }

    private static IEnumerable<string> LeftIn(string folder) =>
        Directory.EnumerateFileSystemEntries(folder)
            .Where(path => !Directory.Exists(path) || Directory.EnumerateFileSystemEntries(path).Any());
}
