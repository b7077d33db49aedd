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
    public async Task That_lacks_a_setting_or_has_a_senseless_one_names_it(string setting, string change)
    {
        await PrepareAsync(new ClusterOptions { Nodes = 1, MoreLocal = JsonNode.Parse(change)!.AsObject() });
        await AssertRefusedAsync(await RunAsync(Node.ConfigurationFile), setting);
    }

    [Fact]
    public async Task Whose_port_somebody_else_uses_names_the_port()
    {
        await PrepareAsync(new ClusterOptions { Nodes = 1 });
        using var occupant = new TcpListener(IPAddress.Loopback, Node.Configuration.RestPort);
        occupant.Start();
        await AssertRefusedAsync(
            await RunAsync(Node.ConfigurationFile), "restapi.listen", $"127.0.0.1:{Node.Configuration.RestPort}");
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

    private AgentProcess Node => Cluster.Nodes[0];

    private async Task InitializeByHandAsync() => (await Command.RunAsync(
        Path.Combine(Node.Configuration.BinFolder, "initdb"),
        ["--pgdata", Node.DataDirectory, "--no-sync"],
        Patience,
        unprivileged: true)).OrThrow();

    private async Task<(CommandResult Result, string Before)> RunAsync(string configuration)
    {
        var before = Inventory();
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
        Assert.Equal(run.Before, Inventory());
        foreach (var key in (string[])["initialize", "config", "leader", $"members/{Node.Name}"])
        {
            Assert.Null(await Cluster.ReadStoreAsync(key));
        }
    }

    /// <summary>Every file of the node but the run directory's, with size and time: what must be the same afterwards.</summary>
    private string Inventory() => string.Join('\n', Directory
        .EnumerateFileSystemEntries(Node.Folder, "*", SearchOption.AllDirectories)
        .Where(path => !path.StartsWith(Node.Configuration.RunFolder, StringComparison.Ordinal))
        .Order(StringComparer.Ordinal)
        .Select(path => new FileInfo(path))
        .Select(file => $"{file.FullName} {(file.Exists ? file.Length : 0)} {file.LastWriteTimeUtc:O} {file.UnixFileMode}"));
}
