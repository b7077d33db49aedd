using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;
using HaAgent.Dcs.Records;

namespace HaAgent.Dcs.Etcd;

/// <summary>What is known of the cluster's keys: a range read, moved forward by watch events and by our own writes.</summary>
/// <remarks>
/// A key only moves forward in revisions. Own writes are applied when they are answered and may be ahead of the watch; until
/// the watch has caught up they are kept apart, so that neither an older event nor an older range undoes them.
/// Safe for concurrent use.
/// </remarks>
internal sealed class KeyCache(NodeName self)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, StoredKey> _keys = new(StringComparer.Ordinal);

    /// <summary>Keys that are ahead of the watch, by the revision at which we know them; the key may be absent then.</summary>
    private readonly Dictionary<string, long> _ahead = new(StringComparer.Ordinal);

    /// <summary>Own writes whose answer is awaited; null: a delete.</summary>
    private readonly Dictionary<string, string?> _own = new(StringComparer.Ordinal);

    private long _epoch = -1;

    /// <summary>Everything up to this revision is in.</summary>
    private long _revision;
    private ClusterState? _state;

    /// <summary>Raised after a change that somebody else made, or that matters whoever made it.</summary>
    public event Action<DcsChange>? Changed;

    /// <summary>The newest revision that anything here is from.</summary>
    public long Revision
    {
        get
        {
            lock (_lock)
            {
                return _ahead.Values.Append(_revision).Max();
            }
        }
    }

    public ClusterState State
    {
        get
        {
            lock (_lock)
            {
                return _state ??= ClusterStateParser.Parse(_keys.Values);
            }
        }
    }

    public StoredKey? Find(string name)
    {
        lock (_lock)
        {
            return _keys.GetValueOrDefault(name);
        }
    }

    /// <summary>Everything anew, from a range read at <paramref name="revision"/>.</summary>
    /// <param name="epoch">Another one than before: what we knew is of another cluster, or of its past.</param>
    /// <returns>True when it brought something that was not known before.</returns>
    public bool Rebuild(IEnumerable<StoredKey> keys, long revision, long epoch)
    {
        var change = DcsChange.None;
        var foundNews = false;
        lock (_lock)
        {
            if (epoch != _epoch)
            {
                _ahead.Clear();
                _revision = 0;
            }

            if (revision < _revision)
            {
                // The watch was faster than the answer.
                return false;
            }

            _epoch = epoch;
            var read = keys.ToDictionary(key => key.Name, StringComparer.Ordinal);
            foreach (var name in _keys.Keys.Union(read.Keys).ToArray())
            {
                if (_ahead.GetValueOrDefault(name) <= revision)
                {
                    foundNews |= _keys.GetValueOrDefault(name) != read.GetValueOrDefault(name);
                    change |= Replace(name, read.GetValueOrDefault(name));
                }
            }

            Advance(revision);
        }

        Raise(change);
        return foundNews;
    }

    /// <summary>Events of the watch, in the order of their revisions; none of a revision may be missing.</summary>
    /// <param name="events">Name, revision, and the key as put; null when deleted.</param>
    public void Apply(IReadOnlyList<(string Name, long Revision, StoredKey? Key)> events)
    {
        var change = DcsChange.None;
        lock (_lock)
        {
            foreach (var (name, revision, key) in events)
            {
                // Older ones are echoes of what a read has shown already.
                if (revision > _revision && revision >= _ahead.GetValueOrDefault(name))
                {
                    change |= Replace(name, key);
                }
            }

            // The header's revision would be too much: a watch that catches up is sent in parts under the newest revision.
            Advance(events[^1].Revision);
        }

        Raise(change);
    }

    /// <summary>A key as an answer outside the watch showed it at <paramref name="revision"/>; null: absent then.</summary>
    public void Learn(string name, StoredKey? key, long revision)
    {
        var change = DcsChange.None;
        lock (_lock)
        {
            // The watch, or a later answer, may have been faster.
            if (revision > _revision && revision >= _ahead.GetValueOrDefault(name))
            {
                change = Replace(name, key);
                _ahead[name] = revision;
            }
        }

        Raise(change);
    }

    /// <summary>Announces an own write, so that its echo in the watch does not wake us for what we did ourselves.</summary>
    public IDisposable BeginOwn(string name, string? value)
    {
        lock (_lock)
        {
            _own[name] = value;
        }

        return new OwnWrite(this, name);
    }

    private void Advance(long revision)
    {
        _revision = Math.Max(_revision, revision);
        foreach (var (name, at) in _ahead)
        {
            if (at <= _revision)
            {
                _ahead.Remove(name);
            }
        }
    }

    private DcsChange Replace(string name, StoredKey? now)
    {
        var before = _keys.GetValueOrDefault(name);
        if (before == now)
        {
            return DcsChange.None;
        }

        if (now is null)
        {
            _keys.Remove(name);
        }
        else
        {
            _keys[name] = now;
        }

        _state = null;
        return Wakes(name, before, now) ? DcsKeys.ChangeOf(name) : DcsChange.None;
    }

    private bool Wakes(string name, StoredKey? before, StoredKey? now)
    {
        var isOwn = _own.TryGetValue(name, out var written) && written == now?.Value;
        return name switch
        {
            // The same name on another lease, or in a key created anew, is another leader as far as we can tell.
            DcsKeys.Leader => before?.Value != now?.Value
                || (!isOwn && (before?.CreateRevision != now?.CreateRevision || before?.Lease != now?.Lease)),

            // Requests and settings come through this process too, from handlers that are not the loop.
            DcsKeys.Failover or DcsKeys.Config => before?.Value != now?.Value,
            _ => before?.Value != now?.Value && !isOwn && !(name == DcsKeys.Member(self) && now is not null),
        };
    }

    private void Raise(DcsChange change)
    {
        if (change != DcsChange.None)
        {
            Changed?.Invoke(change);
        }
    }

    private void EndOwn(string name)
    {
        lock (_lock)
        {
            _own.Remove(name);
        }
    }

    private sealed class OwnWrite(KeyCache cache, string name) : IDisposable
    {
        public void Dispose() => cache.EndOwn(name);
    }
}
