using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;
using HaAgent.Ctl.Store;
using HaAgent.Dcs.Records;

namespace HaAgent.Ctl.Tests.Doubles;

/// <summary>A cluster's keys in memory, with the versions that a real store would give them.</summary>
internal sealed class StoredCluster : IClusterStore
{
    private readonly Dictionary<string, (string Value, long Revision)> _keys = [];
    private readonly Queue<Action<StoredCluster>> _onRead = [];
    private long _revision;

    public string? this[string key]
    {
        get => _keys.TryGetValue(key, out var held) ? held.Value : null;
        set
        {
            if (value is null)
            {
                _keys.Remove(key);
            }
            else
            {
                _keys[key] = (value, ++_revision);
            }
        }
    }

    /// <summary>How failover requests are answered; null: they are written.</summary>
    public WriteOutcome? FailoverAnswer { get; set; }

    public WriteOutcome DeletionAnswer { get; set; } = WriteOutcome.Written;

    /// <summary>Whether all keys are gone.</summary>
    public bool IsEmpty => _keys.Count == 0;

    /// <summary>Somebody else is quicker.</summary>
    public Action<StoredCluster>? BeforeWrite { get; set; }

    public int Reads { get; private set; }
    public int Writes { get; private set; }

    /// <summary>Happens before the next read (after the next one, and so on, when called again).</summary>
    public void BeforeRead(Action<StoredCluster> change) => _onRead.Enqueue(change);

    public Task<ClusterState> ReadAsync(CancellationToken stop)
    {
        if (_onRead.TryDequeue(out var change))
        {
            change(this);
        }

        Reads++;
        return Task.FromResult(ClusterStateParser.Parse(
            _keys.Select(key => (key.Key, key.Value.Value, key.Value.Revision, key.Value.Revision, Lease: 1L))));
    }

    public Task<WriteOutcome> WriteFailoverAsync(string json, CancellationToken stop)
    {
        if (FailoverAnswer is { } answer)
        {
            return Task.FromResult(answer);
        }

        return Written("failover", json);
    }

    public Task<WriteOutcome> ClearFailoverAsync(DcsVersion expected, CancellationToken stop)
    {
        BeforeWrite?.Invoke(this);
        return _keys.GetValueOrDefault("failover").Revision == expected.Value
            ? Written("failover", "{}")
            : Task.FromResult(WriteOutcome.Refused);
    }

    public Task<WriteOutcome> DeleteAsync(CancellationToken stop)
    {
        if (DeletionAnswer == WriteOutcome.Written)
        {
            _keys.Clear();
        }

        return Task.FromResult(DeletionAnswer);
    }

    public Task<WriteOutcome> WriteConfigAsync(string json, DcsVersion expected, CancellationToken stop)
    {
        BeforeWrite?.Invoke(this);
        return _keys.GetValueOrDefault("config").Revision == expected.Value
            ? Written("config", json)
            : Task.FromResult(WriteOutcome.Refused);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private Task<WriteOutcome> Written(string key, string value)
    {
        Writes++;
        this[key] = value;
        return Task.FromResult(WriteOutcome.Written);
    }
}
