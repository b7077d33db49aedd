using HaAgent.Core.Model;

namespace HaAgent.Core.Snapshot;

/// <summary>What the configuration store said, or that it said nothing in time.</summary>
public abstract record DcsReading
{
    private DcsReading()
    {
    }

    /// <summary>One consistent picture: a watch-fed cache that was started by a linearizable read.</summary>
    /// <param name="AsOf">When the picture was last known to be current.</param>
    public sealed record Answered(ClusterState Cluster, Instant AsOf) : DcsReading;

    /// <summary>No answer before the deadline. It tells nothing about who leads (S6).</summary>
    public sealed record Silent(DcsFailure Failure) : DcsReading;
}

/// <summary>Why the store told nothing.</summary>
public enum DcsFailure
{
    /// <summary>No answer in time from any endpoint.</summary>
    TimedOut,

    /// <summary>No endpoint accepted a connection.</summary>
    Unreachable,

    /// <summary>It answered, but not in a way that tells anything: an unknown status, a stale member, no quorum.</summary>
    Unclear,
}
