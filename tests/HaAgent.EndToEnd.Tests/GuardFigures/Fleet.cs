using HaAgent.Testing.Cluster;
using HaAgent.Testing.Etcd;

namespace HaAgent.EndToEnd.Tests.GuardFigures;

/// <summary>Several clusters on one etcd, so that many rounds, most of which is waiting, fit into little time.</summary>
/// <remarks>Their times differ: every one is a permitted combination.</remarks>
public sealed class Fleet : IAsyncLifetime
{
    /// <summary>More than these at a time would make each other's starts slow.</summary>
    private const int StartedAtOnce = 4;

    private readonly List<TestCluster> _clusters = [];
    private EtcdServers? _store;

    public async ValueTask InitializeAsync()
    {
        _store = await EtcdServers.StartAsync();
        try
        {
            foreach (var some in Enumerable.Range(0, Counts.Wanted.Clusters).Chunk(StartedAtOnce))
            {
                await Task.WhenAll(some.Select(StartClusterAsync));
            }
        }
        catch
        {
            await DisposeAsync(); // nobody else does after a failed start
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_clusters.Select(cluster => cluster.DisposeAsync().AsTask()));
        if (_store is not null)
        {
            await _store.DisposeAsync();
        }
    }

    /// <summary>Runs rounds until there are <paramref name="count"/> results, a cluster's one after the other.</summary>
    /// <param name="round">Null: it was void, because the harness came too late; another takes its place.</param>
    /// <param name="results">Filled as they come, so that they can be told even when a round has failed.</param>
    /// <returns>How many were void.</returns>
    internal async Task<int> RunAsync<T>(int count, List<T> results, Func<Squad, int, Task<T?>> round)
        where T : class
    {
        var (taken, voided) = (0, 0);
        var squads = _clusters.ConvertAll(cluster => new Squad(cluster));
        try
        {
            await Task.WhenAll(squads.Select(async squad =>
            {
                for (int index; (index = Interlocked.Increment(ref taken) - 1) < count;)
                {
                    T? result;
                    while ((result = await round(squad, index)) is null)
                    {
                        Assert.InRange(Interlocked.Increment(ref voided), 0, count);
                    }

                    Measured.Append("rounds.txt", $"{squad.Cluster.Scope} {result}"); // an hour's work is not lost with the process
                    lock (results)
                    {
                        results.Add(result);
                    }
                }
            }));
            Assert.Empty(squads.SelectMany(squad => squad.SecondWriters()));
            return voided;
        }
        finally
        {
            squads.ForEach(squad => squad.Dispose());
        }
    }

    internal void KeepLogs() => _clusters.ForEach(Measured.KeepLogs);

    private async Task StartClusterAsync(int index)
    {
        var cluster = await TestCluster.StartAsync(new ClusterOptions
        {
            Scope = $"fleet{index}",
            Nodes = 2,
            Store = _store,
            Witness = false, // either server has its own clients, who are dated by the guard's clock
            LoopWaitSeconds = 1 + (index % 5),
            RetryTimeoutSeconds = 3 + (index % 3),
        });
        lock (_clusters)
        {
            _clusters.Add(cluster);
        }

        var leader = await cluster.WaitForLeaderAsync(Squad.Patience);
        await leader.QueryAsync(Acknowledgements.CreateTable);
    }
}
