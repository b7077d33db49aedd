using HaAgent.Core.Model;

namespace HaAgent.Core.Authority;

/// <summary>The right of this node's PostgreSQL to be writable, until an instant. What a primary needs, whoever leads.</summary>
public abstract record NodeAuthority
{
    private NodeAuthority()
    {
    }

    /// <summary>From this instant on it must not be writable.</summary>
    public abstract Instant Until { get; }

    /// <summary>From this instant on an orderly stop must be under way.</summary>
    public abstract Instant FenceAt { get; }

    /// <summary>No client backend may be left from this instant on.</summary>
    public abstract Instant GuardAt { get; }

    public bool HasRunOut(Instant at) => at >= Until;

    /// <summary>
    /// This right, but no longer than under a lease that begins now. What has no deadline gets none.
    /// </summary>
    /// <remarks>
    /// For the moment before a shorter lease may come to hold the key: whether it does is known only by an answer, and answers get
    /// lost. Every lease asked for from now on lasts at least that long (S1, S2).
    /// </remarks>
    public virtual NodeAuthority NoLongerThan(LeaseTimes fresh) => this;

    /// <summary>A confirmed lease on the leader key.</summary>
    public sealed record Lease(LeaseTimes Times) : NodeAuthority
    {
        public override Instant Until => Times.LeaseEnd;
        public override Instant FenceAt => Times.FenceAt;
        public override Instant GuardAt => Times.GuardAt;

        public override NodeAuthority NoLongerThan(LeaseTimes fresh) =>
            fresh.LeaseEnd < Times.LeaseEnd ? new Lease(fresh with { SentAt = Times.SentAt }) : this;
    }

    /// <summary>Pause, as read from a configuration with <c>pause: true</c>: the operator decides, no deadline.</summary>
    public sealed record Pause : NodeAuthority
    {
        public override Instant Until => Instant.Never;
        public override Instant FenceAt => Instant.Never;
        public override Instant GuardAt => Instant.Never;
    }

    /// <summary>
    /// This node created the cluster and nobody else can hold a copy of it yet: writable under the <c>initialize</c>
    /// key, before there is a leader key at all.
    /// </summary>
    public sealed record Founding : NodeAuthority
    {
        public override Instant Until => Instant.Never;
        public override Instant FenceAt => Instant.Never;
        public override Instant GuardAt => Instant.Never;
    }

    /// <summary>
    /// A restarted agent that found a primary running: a lease not yet looked up is unknown, not expired. Decided by
    /// <paramref name="DecideBy"/> at the latest: the deadline its predecessor left, else adoption + retry_timeout.
    /// </summary>
    public sealed record Unknown(Instant DecideBy) : NodeAuthority
    {
        /// <summary>For an orderly end before the guard's.</summary>
        internal static readonly TimeSpan Margin = TimeSpan.FromMilliseconds(500);

        public override Instant Until => DecideBy;
        public override Instant FenceAt => DecideBy - Margin;
        public override Instant GuardAt => DecideBy;

        public override NodeAuthority NoLongerThan(LeaseTimes fresh) => fresh.GuardAt < DecideBy ? new Unknown(fresh.GuardAt) : this;
    }

    public sealed record None : NodeAuthority
    {
        public override Instant Until => new(long.MinValue);
        public override Instant FenceAt => new(long.MinValue);
        public override Instant GuardAt => new(long.MinValue);
    }
}
