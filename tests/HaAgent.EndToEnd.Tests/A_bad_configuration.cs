using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using HaAgent.Testing.Cluster;
using HaAgent.Testing.Processes;

namespace HaAgent.EndToEnd.Tests;

/// <summary>What an operator gets wrong is said once, with the setting, its value and the remedy; and nothing is touched.</summary>
public class A_bad_configuration : ClusterTest
{
    [Fact]
    public async Task That_is_not_there_is_named()
    {
        await PrepareAsync(new ClusterOptions { Nodes = 1 });
        var missing = Path.Combine(Cluster.Folder, "no such file.yml");
        await AssertRefusedAsync(await RunAsync(missing), missing);
    }

    [Theory]
    [InlineData("scope: [unclosed\nname: a\n")]
    [InlineData("just a sentence\n")]
    [InlineData("")]
    public async Task That_is_no_map_in_YAML_is_refused(string text)
    {
        await PrepareAsync(new ClusterOptions { Nodes = 1 });
        await File.WriteAllTextAsync(Node.ConfigurationFile, text, TestContext.Current.CancellationToken);
        await AssertRefusedAsync(await RunAsync(Node.ConfigurationFile), Node.ConfigurationFile);
    }

    [Theory]
    [InlineData("scope", """{ "scope": null }""")]
    [InlineData("name", """{ "name": null }""")]
    [InlineData("etcd3", """{ "etcd3": null }""")]
    [InlineData("postgresql.data_dir", """{ "postgresql": { "data_dir": null } }""")]
    [InlineData("restapi.listen", """{ "restapi": { "listen": null } }""")]
    [InlineData("postgresql.listen", """{ "postgresql": { "listen": "127.0.0.1:notaport" } }""")]
    [InlineData("restapi.listen", """{ "restapi": { "listen": "no-such-host.invalid:8008" } }""")]
    [InlineData("etcd3.hosts", """{ "etcd3": { "hosts": ["no-such-host.invalid:2379"] } }""", "no-such-host.invalid")]
    [InlineData("etcd3.host", """{ "etcd3": { "hosts": null, "host": "no-such-host.invalid" } }""", "no-such-host.invalid")]
    [InlineData("bootstrap.dcs.ttl", """{ "bootstrap": { "dcs": { "ttl": "soon" } } }""", "'soon'")]
    public async Task That_lacks_a_setting_or_has_a_senseless_one_names_it(string setting, string change, string value = "")
    {
        await PrepareAsync(new ClusterOptions { Nodes = 1, MoreLocal = JsonNode.Parse(change)!.AsObject() });
        await AssertRefusedAsync(await RunAsync(Node.ConfigurationFile), setting, value);
    }

    [Theory]
    [InlineData("restapi.listen")]
    [InlineData("postgresql.listen")]
    public async Task Whose_port_somebody_else_uses_names_the_port(string setting)
    {
        await PrepareAsync(new ClusterOptions { Nodes = 1 });
        var port = setting == "restapi.listen" ? Node.Configuration.RestPort : Node.Configuration.PostgresPort;
        using var occupant = new TcpListener(IPAddress.Loopback, port);
        occupant.Start();
        await AssertRefusedAsync(
            await RunAsync(Node.ConfigurationFile),
            setting, $"127.0.0.1:{port}", "is already in use by another process. Stop that one, or choose another port.");
    }

    [Fact]
    public async Task Whose_programs_are_missing_names_the_folder()
    {
        await PrepareAsync(new ClusterOptions { Nodes = 1 });
        Node.WriteConfiguration(Node.Configuration with { BinFolder = "/nonexistent/bin" });
        await AssertRefusedAsync(await RunAsync(Node.ConfigurationFile), "postgresql.bin_dir", "/nonexistent/bin");
    }

    [Fact]
    public async Task Whose_data_directory_others_may_read_names_its_mode()
    {
        await PrepareAsync(new ClusterOptions { Nodes = 1 });
        await InitializeByHandAsync();
        File.SetUnixFileMode(Node.DataDirectory, (UnixFileMode)0b111_101_101);
        await AssertRefusedAsync(await RunAsync(Node.ConfigurationFile), Node.DataDirectory, "mode 755");
    }

    [Fact]
    public async Task Whose_data_directory_belongs_to_somebody_else_names_the_owner()
    {
        await PrepareAsync(new ClusterOptions { Nodes = 1 });
        if (ServiceUser.IsRoot)
        {
            await InitializeByHandAsync();
            (await Command.RunAsync("chown", ["-R", "root:root", Node.DataDirectory], Soon)).OrThrow();
        }
        else
        {
            Node.WriteConfiguration(Node.Configuration with { DataDirectory = "/var/lib/dpkg" });
        }

        await AssertRefusedAsync(await RunAsync(Node.ConfigurationFile), Node.DataDirectory, "user id 0");
    }

    [Fact]
    public async Task Whose_times_break_the_rule_between_them_is_adjusted_and_told_with_all_values()
    {
        await PrepareAsync(new ClusterOptions
        {
            Nodes = 1,
            Witness = false,
            TtlSeconds = 20,
            LoopWaitSeconds = 10,
            RetryTimeoutSeconds = 10,
        });
        Node.Start();
        await Cluster.WaitForLeaderAsync(Patience);
        Assert.Contains(
            "WARNING: Violated the rule \"loop_wait + 2*retry_timeout <= ttl\", where ttl=20, loop_wait=10 and retry_timeout=10. "
                + "Using loop_wait=1 and retry_timeout=9.",
            Node.LastLog(1000),
            StringComparison.Ordinal);

        // In this agent's memory alone: what the operator has written stays as it was written.
        var stored = JsonNode.Parse((await Cluster.ReadStoreAsync("config"))!.Value)!;
        Assert.Equal((20, 10, 10), ((int)stored["ttl"]!, (int)stored["loop_wait"]!, (int)stored["retry_timeout"]!));
        await AssertWritableAsync(Node.Name);
    }

    private AgentProcess Node => Cluster.Nodes[0];

    private async Task InitializeByHandAsync() => (await Command.RunAsync(
        Path.Combine(Node.Configuration.BinFolder, "initdb"),
        ["--pgdata", Node.DataDirectory, "--no-sync"],
        Patience,
        unprivileged: true)).OrThrow();

    private async Task<(CommandResult Result, string Before)> RunAsync(string configuration)
    {
        var before = await StateAsync();
        var result = await Command.RunAsync(
            AgentBinaries.Agent,
            [configuration],
            Soon,
            environment: new Dictionary<string, string?> { ["RUNTIME_DIRECTORY"] = Node.Configuration.RunFolder },
            unprivileged: true);
        return (result, before);
    }

    private async Task AssertRefusedAsync((CommandResult Result, string Before) run, params string[] mentions)
    {
        Assert.Equal(1, run.Result.ExitCode);
        var said = run.Result.Err.Trim();
        Assert.All(mentions, mention => Assert.Contains(mention, said, StringComparison.Ordinal));
        Assert.DoesNotContain("   at HaAgent.", said, StringComparison.Ordinal);
        Assert.InRange(said.Split('\n').Length, 1, 3);
        Assert.Equal(run.Before, await StateAsync());
    }

    /// <summary>Every file of the node with size, time and mode, and how often the store was written to: what must be the same afterwards.</summary>
    private async Task<string> StateAsync()
    {
        var files = Directory
            .EnumerateFileSystemEntries(Node.Folder, "*", SearchOption.AllDirectories)
            .Order(StringComparer.Ordinal)
            .Select(path => new FileInfo(path))
            .Select(file => $"{file.FullName} {(file.Exists ? file.Length : 0)} {file.LastWriteTimeUtc:O} {file.UnixFileMode}");
        return string.Join('\n', files.Prepend($"store: revision {await Cluster.Store.RevisionAsync()}"));
    }
}
