using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;

namespace HaAgent.Tests.Given;

/// <summary>A store that lives in this process: for what the REST API promises about its own part.</summary>
internal sealed class StoreInMemory : IDcs
{
    private readonly Lock _gate = new();
    private ClusterState _cluster = ClusterState.Empty;
    private long _version = 100;

    public bool IsSilent { get; set; }

    /// <summary>The next write finds that somebody else was faster.</summary>
    public bool ChangesUnderneath { get; set; }

    /// <summary>Writes get no answer.</summary>
    public bool SwallowsWrites { get; set; }
    public List<(DcsRecord Record, string Value, DcsVersion? Expected)> Writes { get; } = [];

    public ClusterState Cluster
    {
        get
        {
            lock (_gate)
            {
                return _cluster;
            }
        }
        set
        {
            lock (_gate)
            {
                _cluster = value;
            }
        }
    }

    public DcsReading Latest =>
        IsSilent ? new DcsReading.Silent(DcsFailure.TimedOut) : new DcsReading.Answered(Cluster, Instant.Zero);

    public event Action<DcsChange>? Changed;

    public IReadOnlyList<string> Notices => [];

    public void HoldConfig(string json) => Cluster = Cluster with { Config = new(json, new(++_version)) };

    public Task<DcsReading> ReadAsync(Instant notAfter, CancellationToken stop) => Task.FromResult(Latest);

    public Task<DcsReading> ReadFreshAsync(Instant notAfter, CancellationToken stop) => Task.FromResult(Latest);

    public Task<WriteOutcome> WriteAsync(
        DcsRecord record, string value, DcsVersion? expected, Instant notAfter, CancellationToken stop)
    {
        lock (_gate)
        {
            if (SwallowsWrites)
            {
                return Task.FromResult(WriteOutcome.Unknown);
            }

            var current = record == DcsRecord.Config ? _cluster.Config?.Version ?? DcsVersion.Absent : _cluster.Failover.Version;
            if (ChangesUnderneath || (expected is { } version && version != current))
            {
                return Task.FromResult(WriteOutcome.Refused);
            }

            Writes.Add((record, value, expected));
            _cluster = record == DcsRecord.Config
                ? _cluster with { Config = new(value, new(++_version)) }
                : _cluster with { Failover = FailoverRequest.None };
        }

        Changed?.Invoke(DcsChange.Config);
        return Task.FromResult(WriteOutcome.Written);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    public Task<LeaseAnswer> AcquireAsync(Instant notAfter, CancellationToken stop) => throw NotAsked();

    public Task<LeaseAnswer> TakeAsync(Instant notAfter, CancellationToken stop) => throw NotAsked();

    public Task<LeaseAnswer> RenewAsync(bool mayCreate, Instant notAfter, CancellationToken stop) => throw NotAsked();

    public Task<WriteOutcome> ReleaseAsync(Instant notAfter, CancellationToken stop) => throw NotAsked();

    public Task<WriteOutcome> WriteMemberAsync(string json, Instant notAfter, CancellationToken stop) => throw NotAsked();

    public Task<WriteOutcome> KeepSessionAsync(Instant notAfter, CancellationToken stop) => throw NotAsked();

    public Task<WriteOutcome> CreateAsync(DcsRecord record, string value, Instant notAfter, CancellationToken stop) => throw NotAsked();

    public Task<WriteOutcome> DeleteAsync(DcsRecord record, DcsVersion? expected, Instant notAfter, CancellationToken stop) =>
        throw NotAsked();

    public void Configure(TimeSpan ttl, TimeSpan loopWait, TimeSpan retryTimeout) => throw NotAsked();

    private static NotSupportedException NotAsked() => new("The REST API has no business with the lease.");
}
