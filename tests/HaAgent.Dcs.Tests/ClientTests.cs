using System.Text.Json.Nodes;
using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;
using HaAgent.Dcs.Etcd;
using HaAgent.Testing;
using HaAgent.Testing.Etcd;
using Microsoft.Extensions.Logging.Abstractions;

namespace HaAgent.Dcs.Tests;

/// <summary>What a command-line tool does: a few requests, and gone.</summary>
public sealed class A_tool_at_etcd : IAsyncLifetime
{
    private EtcdServers _etcd = null!;
    private EtcdClient _client = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static Instant Soon => Instant.Now(TimeProvider.System) + TimeSpan.FromSeconds(10);

    public async ValueTask InitializeAsync()
    {
        _etcd = await EtcdServers.StartAsync();
        _client = Client(_etcd.Hosts);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _etcd.DisposeAsync();
    }

    [Fact]
    public async Task Sees_what_an_agent_wrote_and_changes_what_it_has_seen()
    {
        await using var agent = await TestAgent.StartReadyAsync("a", _etcd.Hosts);
        await agent.AcquireAsync();
        await agent.WriteAsync(DcsRecord.Config, """{"ttl":30}""");
        var cluster = await ReadAsync();
        Assert.Equal(new NodeName("a"), cluster.LeaderName);
        Assert.Equal(WriteOutcome.Written, await _client.WriteAsync(DcsRecord.Config, """{"ttl":20}""", cluster.Config!.Version, Soon, Stop));
        Assert.Equal(WriteOutcome.Refused, await _client.WriteAsync(DcsRecord.Config, """{"ttl":25}""", cluster.Config!.Version, Soon, Stop));
        Assert.Equal(WriteOutcome.Written, await _client.WriteAsync(DcsRecord.Failover, """{"member":"b"}""", null, Soon, Stop));
        await Eventually.HoldsAsync("the agent to see it", TestAgent.Soon, () => agent.View.Failover.IsPresent && agent.View.Config!.Json == """{"ttl":20}""", TestAgent.Stop);
        await Eventually.HoldsAsync("the agent to be told", TestAgent.Soon, () => agent.WasToldOf(DcsChange.Failover) && agent.WasToldOf(DcsChange.Config), TestAgent.Stop);
    }

    [Fact]
    public async Task Removes_a_cluster_and_nothing_beside_it()
    {
        await EtcdCtl.RunAsync(_etcd.Hosts, "put", "/service/batman2/config", "{}");
        await EtcdCtl.RunAsync(_etcd.Hosts, "put", "/service/batman", "not a key of the cluster");
        await _client.WriteAsync(DcsRecord.Config, "{}", null, Soon, Stop);
        await EtcdCtl.RunAsync(_etcd.Hosts, "put", "/service/batman/members/x", "{}");
        Assert.Equal(WriteOutcome.Written, await _client.DeleteClusterAsync(Soon, Stop));
        var keys = await EtcdCtl.RunAsync(_etcd.Hosts, "get", "--prefix", "--keys-only", "/service");
        Assert.Equal(["/service/batman", "/service/batman2/config"], keys.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task Goes_on_to_the_next_endpoint_when_nobody_listens_at_the_first()
    {
        using var client = Client($"127.0.0.1:1,{_etcd.Hosts}");
        Assert.IsType<DcsReading.Answered>(await client.ReadAsync(Soon, Stop));
    }

    [Fact]
    public async Task Is_told_what_is_wrong_when_etcd_cannot_be_reached()
    {
        using var client = Client("127.0.0.1:1");
        var reading = await client.ReadAsync(Instant.Now(TimeProvider.System) + TimeSpan.FromSeconds(1), Stop);
        Assert.Equal(DcsFailure.Unreachable, Assert.IsType<DcsReading.Silent>(reading).Failure);
        Assert.NotEqual("", client.LastFailure);
        TestContext.Current.TestOutputHelper?.WriteLine(client.LastFailure);
    }

    [Fact]
    public async Task Is_told_what_is_wrong_when_something_else_listens_there()
    {
        using var nonsense = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        nonsense.Start();
        var accepting = AnswerAsync(nonsense);
        using var client = Client($"127.0.0.1:{((System.Net.IPEndPoint)nonsense.LocalEndpoint).Port}");
        Assert.IsType<DcsReading.Silent>(await client.ReadAsync(Instant.Now(TimeProvider.System) + TimeSpan.FromSeconds(1), Stop));
        nonsense.Stop();
        await accepting;
        Assert.Contains("HTTP", client.LastFailure, StringComparison.Ordinal);
        TestContext.Current.TestOutputHelper?.WriteLine(client.LastFailure);
    }

    [Fact]
    public async Task That_is_stopped_says_so_by_exception_and_by_nothing_else()
    {
        using var stopped = new CancellationTokenSource();
        await stopped.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _client.ReadAsync(Soon, stopped.Token));
    }

    [Fact]
    public async Task Gets_no_space_as_an_answer_that_proves_nothing()
    {
        await using var small = await EtcdServers.StartAsync(new() { QuotaBytes = 64 * 1024 });
        using var client = Client(small.Hosts);
        var value = $$"""{"filler":"{{new string('x', 30_000)}}"}""";
        var outcome = WriteOutcome.Written;

        // etcd looks at its size when it commits a batch, so a few quick writes may pass before it notices.
        var began = TimeProvider.System.GetTimestamp();
        while (outcome == WriteOutcome.Written && TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(20))
        {
            outcome = await client.WriteAsync(DcsRecord.Config, value, null, Soon, Stop);
        }

        Assert.Equal(WriteOutcome.Unknown, outcome);
        Assert.IsType<DcsReading.Answered>(await client.ReadAsync(Soon, Stop));
    }

    private static EtcdClient Client(string hosts) => new(
        EtcdOptions.Read(new JsonObject { ["hosts"] = hosts }, "batman", null, ""),
        EtcdTiming.Default,
        TimeProvider.System,
        new Random(3),
        NullLogger.Instance);

    private static async Task AnswerAsync(System.Net.Sockets.TcpListener listener)
    {
        while (true)
        {
            try
            {
                using var client = await listener.AcceptTcpClientAsync(Stop);
                await client.GetStream().WriteAsync("HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray(), Stop);
                await client.GetStream().CopyToAsync(Stream.Null, Stop); // it hangs up, not we: a reset would tell nothing
            }
            catch (Exception e) when (e is System.Net.Sockets.SocketException or InvalidOperationException or IOException)
            {
                return;
            }
        }
    }

    private async Task<ClusterState> ReadAsync() =>
        Assert.IsType<DcsReading.Answered>(await _client.ReadAsync(Soon, Stop)).Cluster;
}
