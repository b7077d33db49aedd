using Google.Protobuf;
using HaAgent.Dcs.Grpc;
using HaAgent.Dcs.Protos;

namespace HaAgent.Simulation.Etcd;

/// <summary>A change, as watches tell it and as it can be taken back.</summary>
internal sealed record StoreChange(long Revision, KeyValue? Before, KeyValue? After, Event Event);

/// <summary>A lease, as all members know it. When it ends only the leader knows.</summary>
internal sealed class StoredLease(long id, long ttl)
{
    public long Id { get; } = id;

    /// <summary>Seconds.</summary>
    public long Ttl { get; } = ttl;

    /// <summary>In the order of their names.</summary>
    public SortedSet<ByteString> Keys { get; } = new(KeyOrder.Instance);
}

/// <summary>By bytes.</summary>
internal sealed class KeyOrder : IComparer<ByteString>
{
    public static readonly KeyOrder Instance = new();

    public int Compare(ByteString? x, ByteString? y) => x!.Span.SequenceCompareTo(y!.Span);
}

/// <summary>etcd's replicated state: keys with their revisions, leases, and every change so far.</summary>
internal sealed class SimStore
{
    private readonly List<KeyValue> _keys = [];
    private readonly List<StoreChange> _history = [];

    public long Revision { get; private set; } = 1;

    /// <summary>Watches cannot begin before this one.</summary>
    public long CompactedAt { get; private set; } = -1;

    public SortedDictionary<long, StoredLease> Leases { get; } = [];

    /// <summary>All changes, in order; several of one revision are one transaction's.</summary>
    public IReadOnlyList<StoreChange> History => _history;

    public IReadOnlyList<KeyValue> Keys => _keys;

    /// <summary>Told of each change as it is made.</summary>
    public Action<StoreChange>? Changed { get; set; }

    public KeyValue? Find(ByteString key)
    {
        var index = IndexOf(_keys, key);
        return index >= 0 ? _keys[index] : null;
    }

    /// <summary>The state as of a revision; the newest as a rule, an older one at a member that lags.</summary>
    public RangeResponse Range(RangeRequest request, long revision)
    {
        var keys = revision >= Revision ? _keys : KeysAt(revision);
        var response = new RangeResponse();
        if (request.RangeEnd.IsEmpty)
        {
            if (IndexOf(keys, request.Key) is >= 0 and var index)
            {
                response.Kvs.Add(keys[index]);
            }
        }
        else
        {
            for (var i = From(keys, request.Key); i < keys.Count && IsBefore(keys[i].Key, request.RangeEnd); i++)
            {
                response.Kvs.Add(keys[i]);
            }
        }

        response.Count = response.Kvs.Count;
        return response;
    }

    /// <summary>The first change after a revision, as an index into <see cref="History"/>.</summary>
    public int FirstAfter(long revision)
    {
        var (low, high) = (0, _history.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = _history[middle].Revision > revision ? (low, middle) : (middle + 1, high);
        }

        return low;
    }

    public void Compact() => CompactedAt = Revision;

    public StoredLease Grant(long id, long ttl)
    {
        var lease = new StoredLease(id, ttl);
        Leases.Add(id, lease);
        return lease;
    }

    /// <summary>Ends a lease and deletes all its keys, in one revision.</summary>
    /// <returns>False when there is no such lease.</returns>
    public bool Revoke(long id)
    {
        if (!Leases.Remove(id, out var lease))
        {
            return false;
        }

        var revision = Revision + 1;
        foreach (var key in lease.Keys)
        {
            Remove(IndexOf(_keys, key), revision);
        }

        return true;
    }

    public void Put(PutRequest put, long revision)
    {
        var index = IndexOf(_keys, put.Key);
        var before = index >= 0 ? _keys[index] : null;
        var after = new KeyValue
        {
            Key = put.Key,
            Value = put.Value,
            Lease = put.Lease,
            CreateRevision = before?.CreateRevision ?? revision,
            ModRevision = revision,
            Version = (before?.Version ?? 0) + 1,
        };
        if (before is null)
        {
            _keys.Insert(~index, after);
        }
        else
        {
            _keys[index] = after;
            Detach(before);
        }

        if (put.Lease != 0)
        {
            Leases[put.Lease].Keys.Add(put.Key);
        }

        Note(new(revision, before, after, new Event { Type = Event.Types.EventType.Put, Kv = after }));
    }

    /// <returns>How many.</returns>
    public int Delete(DeleteRangeRequest delete, long revision)
    {
        var index = From(_keys, delete.Key);
        var deleted = 0;
        while (index < _keys.Count
            && (delete.RangeEnd.IsEmpty ? _keys[index].Key == delete.Key : IsBefore(_keys[index].Key, delete.RangeEnd)))
        {
            Detach(_keys[index]);
            Remove(index, revision);
            deleted++;
        }

        return deleted;
    }

    private void Remove(int index, long revision)
    {
        var before = _keys[index];
        _keys.RemoveAt(index);
        Note(new(revision, before, null, new Event
        {
            Type = Event.Types.EventType.Delete,
            Kv = new() { Key = before.Key, ModRevision = revision },
        }));
    }

    private void Detach(KeyValue key)
    {
        if (key.Lease != 0 && Leases.TryGetValue(key.Lease, out var lease))
        {
            lease.Keys.Remove(key.Key);
        }
    }

    private void Note(StoreChange change)
    {
        Revision = change.Revision;
        _history.Add(change);
        Changed?.Invoke(change);
    }

    private List<KeyValue> KeysAt(long revision)
    {
        var keys = new List<KeyValue>(_keys);
        for (var i = _history.Count - 1; i >= 0 && _history[i].Revision > revision; i--)
        {
            var (before, index) = (_history[i].Before, IndexOf(keys, _history[i].Event.Kv.Key));
            if (before is null)
            {
                keys.RemoveAt(index);
            }
            else if (index >= 0)
            {
                keys[index] = before;
            }
            else
            {
                keys.Insert(~index, before);
            }
        }

        return keys;
    }

    private static int From(List<KeyValue> keys, ByteString key)
    {
        var index = IndexOf(keys, key);
        return index >= 0 ? index : ~index;
    }

    /// <summary>As <see cref="List{T}.BinarySearch(T)"/>: below zero where it would be.</summary>
    private static int IndexOf(List<KeyValue> keys, ByteString key)
    {
        var (low, high) = (0, keys.Count - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var order = keys[middle].Key.Span.SequenceCompareTo(key.Span);
            if (order == 0)
            {
                return middle;
            }

            (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
        }

        return ~low;
    }

    internal static bool IsBefore(ByteString key, ByteString end) => key.Span.SequenceCompareTo(end.Span) < 0;
}
