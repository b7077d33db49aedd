using HaAgent.Ctl.Tests.Doubles;
using HaAgent.Testing;
using HaAgent.Testing.Etcd;
using HaAgent.Testing.Processes;

namespace HaAgent.Ctl.Tests;

/// <summary>The program as a process: an operator types <c>list</c> all day, and it should not cost what only <c>query</c> needs.</summary>
public sealed class The_program : IAsyncLifetime
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    private readonly TempFolder _folder = TempFolder.Create("ctl");
    private EtcdServers _etcd = null!; // made before the first test

    public async ValueTask InitializeAsync()
    {
        _etcd = await EtcdServers.StartAsync();
        await EtcdCtl.RunAsync(_etcd.Hosts, "put", "/service/batman/leader", "n0");
        await EtcdCtl.RunAsync(
            _etcd.Hosts, "put", "/service/batman/members/n0",
            """{"conn_url":"postgres://127.0.0.1:1/postgres","api_url":"http://127.0.0.1:1/patroni","state":"running","role":"primary"}""");
    }

    public async ValueTask DisposeAsync()
    {
        await _etcd.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Loads_neither_the_database_driver_nor_a_web_server_to_list()
    {
        var loaded = await LoadedByAsync("Cluster: batman", "list", "batman", "-w", "3600");
        Assert.Contains("HaAgent.Dcs.dll", loaded, Ordinal); // or the look at the process would prove nothing
        Assert.DoesNotContain("Npgsql", loaded, Ordinal);
        Assert.DoesNotContain("AspNetCore", loaded, Ordinal);
    }

    [Fact]
    public async Task Loads_the_database_driver_to_query() =>
        Assert.Contains("Npgsql.dll", await LoadedByAsync("ERROR, SQLSTATE", "query", "batman", "-c", "select 1", "-w", "3600"), Ordinal);

    /// <summary>The files that the process has mapped once it has printed.</summary>
    private async Task<string> LoadedByAsync(string printed, params string[] words)
    {
        var log = _folder.File(words[0]);
        await using var process = ChildProcess.Start(
            new(Path.Combine(AppContext.BaseDirectory, "haagentctl"), ["-d", $"etcd3://{_etcd.Hosts}", .. words])
            {
                LogFile = log,
                Unprivileged = false,
            });
        await Eventually.HoldsAsync(
            $"haagentctl has printed '{printed}'", Soon, () => process.HasExited
                ? throw new InvalidOperationException($"haagentctl has ended: {process.LastOutput()}")
                : File.Exists(log) && File.ReadAllText(log).Contains(printed, Ordinal));
        return await File.ReadAllTextAsync($"/proc/{process.Pid}/maps", TestContext.Current.CancellationToken);
    }
}
