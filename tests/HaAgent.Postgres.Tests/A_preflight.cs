using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using HaAgent.Testing;
using HaAgent.Testing.Postgres;

namespace HaAgent.Postgres.Tests;

public class A_preflight
{
    [Fact]
    public async Task Finds_nothing_wrong_where_nothing_is() => Assert.Empty(await CheckAsync(_ => { }));

    [Fact]
    public async Task Names_missing_programs_one_by_one()
    {
        var empty = TestServer.NewFolder();
        var problems = await CheckAsync(section => section["bin_dir"] = empty);

        Assert.All((string[])["postgres", "initdb", "pg_controldata", "pg_basebackup"], program =>
            Assert.Contains($"postgresql.bin_dir = '{empty}': does not contain '{program}' in '{empty}'.", problems));
        Directory.Delete(empty);
        Assert.Contains(await CheckAsync(section => section["bin_dir"] = empty), problem =>
            problem.Contains("does not exist", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Refuses_a_data_directory_of_somebody_else_or_open_to_all()
    {
        Assert.Contains(await CheckAsync(section => section["data_dir"] = "/etc"), problem =>
            problem.Contains("belongs to user id 0", StringComparison.Ordinal));
        Assert.Contains(await CheckAsync(section => section["data_dir"] = "/nowhere/data"), problem =>
            problem.Contains("/nowhere is missing", StringComparison.Ordinal));

        var open = TestServer.NewFolder();
        await File.WriteAllTextAsync(Path.Combine(open, "PG_VERSION"), "9.6\n", TestServer.Stop);
        File.SetUnixFileMode(open, (UnixFileMode)0b111_101_101);
        Assert.Contains(await CheckAsync(section => section["data_dir"] = open), problem =>
            problem.Contains("has mode 755", StringComparison.Ordinal));
        File.SetUnixFileMode(open, (UnixFileMode)0b111_000_000);
        Assert.Contains(await CheckAsync(section => section["data_dir"] = open), problem =>
            problem.Contains("holds a cluster of PostgreSQL 9", StringComparison.Ordinal));
        Directory.Delete(open, recursive: true);
    }

    [Fact]
    public async Task Refuses_a_port_that_is_taken_and_an_address_that_is_not_here()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;

        Assert.Contains(await CheckAsync(section => section["listen"] = $"127.0.0.1:{port}"), problem =>
            problem.Contains($"Port {port} is already in use", StringComparison.Ordinal));
        Assert.Contains(await CheckAsync(section => section["listen"] = "192.0.2.1:5432"), problem =>
            problem.Contains("is not an address of this host", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Does_not_mind_that_its_own_server_runs()
    {
        await using var a = await TestServer.PrimaryAsync();
        Assert.Empty(await PostgresPreflight.CheckAsync(a.Options, [], TestServer.Clock, TestServer.Stop));
    }

    [Fact]
    public async Task Refuses_an_unsupported_version()
    {
        var folder = TestServer.NewFolder();
        foreach (var program in (string[])["postgres", "initdb", "pg_controldata", "pg_basebackup"])
        {
            var path = Path.Combine(folder, program);
            await File.WriteAllTextAsync(path, "#!/bin/sh\necho 'postgres (PostgreSQL) 12.3'\n", TestServer.Stop);
            File.SetUnixFileMode(path, (UnixFileMode)0b111_000_000);
        }

        Assert.Contains(await CheckAsync(section => section["bin_dir"] = folder), problem =>
            problem.Contains("holds PostgreSQL 12.3", StringComparison.Ordinal));
        Directory.Delete(folder, recursive: true);
    }

    private static async Task<List<string>> CheckAsync(Action<JsonObject> change)
    {
        var folder = TestServer.NewFolder();
        var section = new JsonObject
        {
            ["listen"] = $"127.0.0.1:{Ports.Lease()}",
            ["data_dir"] = Path.Combine(folder, "data"),
            ["pgpass"] = Path.Combine(folder, "pgpass"),
            ["bin_dir"] = PostgresInstallation.BinDirectory,
        };
        change(section);
        var options = PostgresOptions.Read(new JsonObject { ["postgresql"] = section }, "demo", "a");
        var problems = await PostgresPreflight.CheckAsync(options, [], TestServer.Clock, TestServer.Stop);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder));
        Directory.Delete(folder, recursive: true);
        return [.. problems.Select(problem => problem.Message)];
    }
}
