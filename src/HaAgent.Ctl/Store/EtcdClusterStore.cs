using HaAgent.Core.Contracts.Records;
using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;
using HaAgent.Dcs.Etcd;
using Microsoft.Extensions.Logging.Abstractions;

namespace HaAgent.Ctl.Store;

/// <summary>A cluster in etcd v3, one request at a time.</summary>
internal sealed class EtcdClusterStore(EtcdOptions options, TimeProvider clock) : IClusterStore
{
    /// <summary>Long enough for an etcd that elects a leader, short enough for an operator who waits.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly EtcdClient _client = new(options, EtcdTiming.Default, clock, new Random(), NullLogger.Instance);

    public async Task<ClusterState> ReadAsync(CancellationToken stop)
    {
        var reading = await _client.ReadAsync(Deadline, stop).ConfigureAwait(false);
        return reading is DcsReading.Answered answered ? answered.Cluster : throw new CtlException(
            $"Cannot read the cluster from etcd at {string.Join(", ", options.Endpoints.Select(endpoint => endpoint.Authority))}: "
            + $"check that it runs, and the settings of the section that names it (etcd said: {_client.LastFailure}).");
    }

    public Task<WriteOutcome> WriteFailoverAsync(string json, CancellationToken stop) =>
        _client.WriteAsync(DcsRecord.Failover, json, expected: null, Deadline, stop);

    public Task<WriteOutcome> ClearFailoverAsync(DcsVersion expected, CancellationToken stop) =>
        _client.WriteAsync(DcsRecord.Failover, FailoverRecordWriter.Cleared, expected, Deadline, stop);

    public Task<WriteOutcome> DeleteAsync(CancellationToken stop) => _client.DeleteClusterAsync(Deadline, stop);

    public Task<WriteOutcome> WriteConfigAsync(string json, DcsVersion expected, CancellationToken stop) =>
        _client.WriteAsync(DcsRecord.Config, json, expected, Deadline, stop);

    public ValueTask DisposeAsync()
    {
        _client.Dispose();
        return ValueTask.CompletedTask;
    }

    private Instant Deadline => Instant.Now(clock) + Patience;
}
