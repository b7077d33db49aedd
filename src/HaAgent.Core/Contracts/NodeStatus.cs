using HaAgent.Core.Model;
using HaAgent.Core.Snapshot;

namespace HaAgent.Core.Contracts;

/// <summary>Everything the REST API answers from: published by the loop after each turn, immutable, complete.</summary>
/// <remarks>
/// Answers are this object <em>and the clock</em>: <see cref="LeaderUntil"/> and <see cref="ValidUntil"/> are compared at the
/// moment of the request, so an agent whose loop hangs stops claiming anything by itself.
/// </remarks>
public sealed record NodeStatus
{
    public required NodeName Name { get; init; }
    public required string Scope { get; init; }
    public required Instant PublishedAt { get; init; }

    /// <summary>Health answers turn 503 when the clock has passed this: the loop no longer speaks for the node.</summary>
    public required Instant ValidUntil { get; init; }

    /// <summary>This node is the leader until then; in the past when it is not. Under pause without a deadline: <see cref="Instant.Never"/>.</summary>
    public required Instant LeaderUntil { get; init; }

    /// <summary>When the next cycle is planned; for <c>/liveness</c>.</summary>
    public required Instant NextRun { get; init; }

    public required PostgresState State { get; init; }
    public required PostgresRole Role { get; init; }
    public required PostgresReading Postgres { get; init; }
    public required HaSettings Settings { get; init; }

    /// <summary>The last complete picture; null when there was none yet, or the last read failed, or it is older than <c>ttl</c>.</summary>
    public ClusterState? Cluster { get; init; }

    /// <summary>When the store last answered a full read; null: never.</summary>
    public DateTimeOffset? DcsLastSeen { get; init; }

    public System.Collections.Immutable.ImmutableArray<Ports.PendingParameter> PendingRestart { get; init; } = [];

    /// <summary>A restart at a later time; null: none is scheduled.</summary>
    public Requests.ScheduledRestart? ScheduledRestart { get; init; }

    /// <summary>The last decision: rule, reason and the operator's sentence.</summary>
    public string RuleId { get; init; } = "";
    public string ReasonText { get; init; } = "";

    /// <summary>The job that runs, as its label; null when none does.</summary>
    public string? Job { get; init; }

    /// <summary>How late due renewals of the lease were sent since the agent started.</summary>
    public DelayHistogram RenewalDelays { get; init; } = DelayHistogram.Empty;

    /// <summary>How long it took the loop to know what came of a renewal that it had sent.</summary>
    public DelayHistogram RenewalAnswers { get; init; } = DelayHistogram.Empty;

    /// <summary>Log records dropped since the agent started.</summary>
    public long LogRecordsLost { get; init; }

    public bool IsPaused => Settings.Pause;

    public bool IsLeader(Instant at) => at < LeaderUntil;

    public bool IsStale(Instant at) => at >= ValidUntil;
}

/// <summary>The one reference that the loop replaces and everybody else reads.</summary>
public sealed class StatusBoard
{
    private volatile NodeStatus? _latest;

    /// <summary>Null until the first turn has ended.</summary>
    public NodeStatus? Latest => _latest;

    /// <summary>Raised on the publisher's thread; handlers must be quick and must not throw.</summary>
    public event Action<NodeStatus>? Published;

    public void Publish(NodeStatus status)
    {
        _latest = status;
        Published?.Invoke(status);
    }
}
