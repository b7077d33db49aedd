using HaAgent.Core.Authority;
using HaAgent.Core.Contracts;
using HaAgent.Core.Decision;
using HaAgent.Core.Model;
using HaAgent.Core.Snapshot;

namespace HaAgent.Core.Loop;

/// <summary>From a view and its decision to what the REST API answers from.</summary>
internal sealed class StatusPublisher(StatusBoard board, Ports.NodeIdentity identity, StallMeter stall, TimeProvider clock)
{
    private DateTimeOffset? _dcsLastSeen;

    public void Publish(NodeView v, Ruled ruled, Instant nextRun)
    {
        if (v.Cluster is not null)
        {
            _dcsLastSeen = clock.GetUtcNow();
        }

        board.Publish(new NodeStatus
        {
            Name = v.Self,
            Scope = identity.Scope,
            PublishedAt = v.At,
            ValidUntil = v.At + Validity(v.Settings),
            LeaderUntil = LeaderUntil(v),
            NextRun = nextRun,
            State = PublishedState.State(v),
            Role = PublishedState.Role(v),
            Postgres = v.Postgres,
            Settings = v.Settings,
            Cluster = v.Cluster,
            DcsLastSeen = _dcsLastSeen,
            PendingRestart = v.Memory.PendingRestart,
            ScheduledRestart = v.Memory.ScheduledRestart,
            RuleId = ruled.RuleId,
            ReasonText = ReasonText.Render(v.Self, ruled.Decision.Reason, v.Settings.Pause),
            Job = v.Job?.Label,
            RenewalDelays = stall.Delays,
            RenewalAnswers = stall.Answers,
        });
    }

    /// <summary>A loop that publishes nothing for so long speaks for nobody: what <c>/liveness</c> allows a primary.</summary>
    private static TimeSpan Validity(HaSettings settings) => settings.Ttl + settings.LoopWait;

    private static Instant LeaderUntil(NodeView v)
    {
        if (v.Memory.HandOver is { Released: true } || v.Memory.Fencing)
        {
            return Instant.Zero;
        }

        return v.Memory.Authority is NodeAuthority.Lease lease && !v.LeaderIsAnother() ? lease.Until
            : v.Settings.Pause && v.HasKey() ? Instant.Never
            : Instant.Zero;
    }
}
