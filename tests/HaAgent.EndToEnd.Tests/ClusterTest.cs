using HaAgent.Testing.Cluster;

namespace HaAgent.EndToEnd.Tests;

/// <summary>A test with a cluster of its own. When it fails, the nodes' logs are kept beside the results.</summary>
public abstract class ClusterTest : IAsyncLifetime
{
    protected static readonly TimeSpan Soon = TimeSpan.FromSeconds(15);
    protected static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private TestCluster? _cluster;

    protected TestCluster Cluster => _cluster ?? throw new InvalidOperationException("The test has not started its cluster.");

    /// <summary>A client pace at which an interruption is seen to a few milliseconds, and the machine is not kept busy.</summary>
    protected static TimeSpan Pace { get; } = TimeSpan.FromMilliseconds(2);

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_cluster is not null)
        {
            if (TestContext.Current.TestState?.Result == TestResult.Failed)
            {
                Measured.KeepLogs(_cluster);
            }

            await _cluster.DisposeAsync();
        }
    }

    /// <summary>Starts a whole cluster and returns its leader.</summary>
    protected async Task<AgentProcess> StartAsync(ClusterOptions options)
    {
        _cluster = await TestCluster.StartAsync(options);
        return await _cluster.WaitForLeaderAsync(Soon);
    }

    /// <summary>Starts etcd and writes the nodes' files, but starts no agent.</summary>
    protected async Task PrepareAsync(ClusterOptions options) => _cluster = await TestCluster.PrepareAsync(options);

    /// <summary>The invariant behind all others: at no time did two servers accept writes.</summary>
    protected async Task AssertOneWriterAtMostAsync() => Assert.Empty(await Cluster.SecondWriterAsync());

    /// <summary>Every acknowledged row is on every one of these nodes, once they have caught up.</summary>
    protected async Task AssertNothingLostAsync(WriterClient writer, params IEnumerable<AgentProcess> nodes)
    {
        await writer.StopAsync();
        Assert.NotEmpty(writer.Acknowledged);
        var leader = await Cluster.WaitForLeaderAsync(Soon);
        await TestCluster.WaitUntilCaughtUpAsync(leader, nodes.Where(n => n != leader), Patience);
        foreach (var node in nodes)
        {
            await using var connection = await node.ConnectAsync();
            var ledger = await writer.CompareAsync(connection);
            Assert.True(ledger.Lost.Count == 0, $"{node.Name}: {ledger}, first lost: {string.Join(',', ledger.Lost.Take(5))}");
        }
    }

    protected async Task AssertWritableAsync(params string[] names) => Assert.Equal(names, await Cluster.WritableAsync());
}
