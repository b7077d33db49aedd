using System.Collections.Immutable;
using HaAgent.Core.Authority;
using HaAgent.Core.Model;
using HaAgent.Core.Requests;

namespace HaAgent.Core.Snapshot;

/// <summary>Everything one node knows at one moment. The only input of a decision.</summary>
/// <param name="Dice">A fresh random number, for choices where any is as good: so the decision stays a function of the view.</param>
public sealed record NodeView(
    NodeName Self,
    Instant At,
    DcsReading Dcs,
    PostgresReading Postgres,
    HaSettings Settings,
    NodeMemory Memory,
    JobView? Job,
    ImmutableArray<RequestView> Requests,
    int Dice)
{
    /// <summary>A tick is due whose upkeep was not begun yet: positions are published once for each.</summary>
    public bool IsTick { get; init; }

    /// <summary>The wall clock: for schedules, and for nothing that safety depends on.</summary>
    public DateTimeOffset Utc { get; init; }

    public GuardReading Guard { get; init; } = GuardReading.Watching;

    /// <summary>What this node may do at this moment: under pause the operator's word, else what the loop remembers.</summary>
    public NodeAuthority Authority => Settings.Pause && Memory.Authority is not NodeAuthority.Founding
        ? new NodeAuthority.Pause()
        : Memory.Authority;

    /// <summary>Null while the store is silent.</summary>
    public ClusterState? Cluster => (Dcs as DcsReading.Answered)?.Cluster;
}

/// <summary>An operator's request as decisions see it.</summary>
public sealed record RequestView(long Id, OperatorRequest Request, Instant AskedAt, bool Admitted);

/// <summary>A job as decisions see it. At most one runs; its end is folded into the memory.</summary>
/// <param name="Permit">A destructive phase waits for this permit; null when none is asked.</param>
public sealed record JobView(
    long Id, Jobs.JobSpec Spec, Instant StartedAt, string Phase, Jobs.PermitKind? Permit, bool CancelRequested)
{
    public string Label => Spec.Label;
}
