using HaAgent.Simulation.Kernel;

namespace HaAgent.Simulation.Etcd;

/// <summary>How a keepalive ended.</summary>
internal enum Renewal
{
    Done,
    NotFound,

    /// <summary>This member does not count leases down: another does.</summary>
    NotPrimary,

    /// <summary>It has expired; whether it ends is being decided.</summary>
    Ending,
}

/// <summary>One member's leases. Only the primary, which is the leader, counts them down, by its host's clock and in its memory.</summary>
internal sealed class SimLessor(SimHost host)
{
    /// <summary>How long an expired lease waits until its end is proposed again.</summary>
    private static readonly TimeSpan ProposeAgainAfter = TimeSpan.FromSeconds(3);

    private readonly SortedDictionary<long, Held> _leases = [];

    public bool IsPrimary { get; private set; }

    public void Add(long id, long ttl) => _leases[id] = new(ttl) { EndsAt = EndOf(ttl) };

    public void Remove(long id) => _leases.Remove(id);

    public void Clear()
    {
        _leases.Clear();
        IsPrimary = false;
    }

    /// <summary>A new leader knows nothing of renewals: every lease gets its whole time again, and some more.</summary>
    public void Promote(TimeSpan extension)
    {
        IsPrimary = true;
        foreach (var lease in _leases.Values)
        {
            lease.EndsAt = EndOf(lease.Ttl) + extension.Ticks;
            lease.ProposeAt = 0;
        }
    }

    public void Demote() => IsPrimary = false;

    public Renewal Renew(long id, out long ttl)
    {
        ttl = 0;
        if (!IsPrimary)
        {
            return Renewal.NotPrimary;
        }

        if (!_leases.TryGetValue(id, out var lease))
        {
            return Renewal.NotFound;
        }

        if (lease.EndsAt <= host.Boottime)
        {
            return Renewal.Ending;
        }

        lease.EndsAt = EndOf(lease.Ttl);
        ttl = lease.Ttl;
        return Renewal.Done;
    }

    /// <summary>True when it is counted down here and is not over.</summary>
    public bool Holds(long id) => IsPrimary && _leases.TryGetValue(id, out var lease) && lease.EndsAt > host.Boottime;

    /// <summary>How long a lease still runs, by the host's clock; null: it is not counted down here.</summary>
    public TimeSpan? Left(long id) =>
        IsPrimary && _leases.TryGetValue(id, out var lease) ? TimeSpan.FromTicks(lease.EndsAt - host.Boottime) : null;

    /// <summary>Adds the leases whose end is to be proposed now.</summary>
    public void TakeExpired(List<long> into)
    {
        var now = host.Boottime;
        foreach (var (id, lease) in _leases)
        {
            if (IsPrimary && lease.EndsAt <= now && lease.ProposeAt <= now)
            {
                lease.ProposeAt = now + ProposeAgainAfter.Ticks;
                into.Add(id);
            }
        }
    }

    private long EndOf(long ttl) => host.Boottime + (ttl * TimeSpan.TicksPerSecond);

    private sealed class Held(long ttl)
    {
        public long Ttl { get; } = ttl;

        /// <summary>Of the host's clock, in ticks.</summary>
        public long EndsAt { get; set; }
        public long ProposeAt { get; set; }
    }
}
