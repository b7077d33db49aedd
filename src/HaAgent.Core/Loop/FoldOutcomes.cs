using HaAgent.Core.Authority;
using HaAgent.Core.Decision;
using HaAgent.Core.Jobs;
using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;

namespace HaAgent.Core.Loop;

/// <summary>How the end of what was begun changes what is remembered. Pure.</summary>
internal static class FoldOutcomes
{
    private static readonly TimeSpan ShortPause = TimeSpan.FromMilliseconds(500);

    /// <summary>The answer to a renewal, an acquisition or the founder's take.</summary>
    public static NodeMemory Lease(NodeMemory memory, HaSettings settings, LeaseRequest request, LeaseAnswer answer, Instant now)
    {
        memory = memory with { LeaseRequest = LeaseRequest.None };
        switch (answer.Outcome)
        {
            case LeaseOutcome.Held:
                // Asked before the ttl was lowered: the next request may put the key on the shorter lease, and its answer be lost.
                var length = memory.StoreTiming is { } timing && timing.Ttl < answer.GuaranteedFor ? timing.Ttl : answer.GuaranteedFor;
                var times = LeaseTimes.From(answer.SentAt, length);
                return memory with
                {
                    Authority = new NodeAuthority.Lease(times),
                    LeaseId = answer.LeaseId,
                    RenewAt = answer.SentAt + times.RenewEvery(settings.LoopWait, settings.RetryTimeout),
                    RenewalsUnanswered = 0,
                    PromoteFailed = request == LeaseRequest.Renewing && memory.PromoteFailed,
                    FencedInSilence = false,
                };

            case LeaseOutcome.NotHeld:
                // A primary whose renewal was refused has no right left; one that only tried to acquire never had one.
                return memory with { Authority = new NodeAuthority.None(), RenewAt = now + ShortPause, RenewalsUnanswered = 0 };

            default:
                // Nothing is proven: what was confirmed before still counts (S6). Ask again soon, but not in a storm.
                return memory with { RenewAt = now + ShortPause, RenewalsUnanswered = memory.RenewalsUnanswered + 1 };
        }
    }

    /// <summary>
    /// The store's client is about to be told other times: what is relied on ends no later than a lease that it asks for from now on.
    /// </summary>
    public static NodeMemory Retimed(NodeMemory memory, Timing timing, Instant now)
    {
        if (memory.StoreTiming?.Ttl == timing.Ttl)
        {
            return memory with { StoreTiming = timing };
        }

        return memory with
        {
            StoreTiming = timing,
            Authority = memory.Authority.NoLongerThan(LeaseTimes.From(now, timing.Ttl)),
            RenewAt = memory.Authority is NodeAuthority.Lease ? Instant.Min(memory.RenewAt, now) : memory.RenewAt,
            MemberWritten = null, // the record goes to the new lease, or it would end with the old one
        };
    }

    public static NodeMemory JobEnded(NodeMemory memory, HaSettings settings, JobSpec spec, JobResult result, Instant now) =>
        OperatorFold.JobEnded(After(memory, settings, spec, result, now), spec, result);

    private static NodeMemory After(NodeMemory memory, HaSettings settings, JobSpec spec, JobResult result, Instant now) => (spec, result) switch
    {
        (JobSpec.Found, JobResult.Done) => memory with { Founding = FoundingState.Recording },
        (JobSpec.Found, _) => memory with { Founding = FoundingState.Failed },
        (JobSpec.BaseBackup, JobResult.Started { Outcome: not StartOutcome.Failed }) =>
            memory with { Rewind = RewindState.Idle, StoppedByAgent = false, LocalRole = LocalRole.Replica, WroteOn = default },
        (JobSpec.BaseBackup, _) => memory with { RepairFailedAt = now },
        (JobSpec.StartPrimary or JobSpec.StartReplica, _) => Started(memory, spec is JobSpec.StartPrimary, result, now),
        (JobSpec.Promote, JobResult.Done) => memory,
        (JobSpec.Promote, _) => memory with { PromoteIssued = false, PromoteFailed = true, PromoteCheckpoint = CheckpointState.NotNeeded },
        (JobSpec.StopForHandOver stop, JobResult.Down down) => Down(memory, stop, down, now),
        (JobSpec.StopForHandOver stop, JobResult.Failed) =>
            memory with { StoppedByAgent = true, RequestTried = stop.Request, HandOverBroken = !stop.ForShutdown },
        (JobSpec.StopForHandOver stop, _) => memory with { StoppedByAgent = true, RequestTried = stop.Request },
        (JobSpec.Stop or JobSpec.StopForRestart, _) => memory with { StoppedByAgent = true },
        (JobSpec.Compare compare, JobResult.Compared compared) => Compared(memory, compare, compared.Facts, now),
        (JobSpec.Compare, _) => memory with { RepairFailedAt = now },
        (JobSpec.Rewind, JobResult.Rewound { Outcome: RewindOutcome.NotNeeded }) when memory.Rewind == RewindState.Needed =>
            memory with { Rewind = RewindState.CheckDue, RepairFailedAt = now }, // two words against each other: look again
        (JobSpec.Rewind, JobResult.Rewound rewound) => Rewound(memory, settings, rewound.Outcome, now),
        (JobSpec.Rewind, _) => memory with { RepairFailedAt = now },
        (JobSpec.Discard discard, JobResult.Done) => memory with
        {
            Rewind = RewindState.Idle,
            RepairFailedAt = null,
            Compared = default,
            DiscardedUnfinished = discard.Reason == DiscardReason.CreationFailed,
        },
        (JobSpec.Discard, _) => memory with { RepairFailedAt = now },
        _ => memory,
    };

    private static NodeMemory Started(NodeMemory memory, bool asPrimary, JobResult result, Instant now) => result switch
    {
        JobResult.Started { Outcome: StartOutcome.Running or StartOutcome.StillStarting } => memory with
        {
            StartFailed = null,
            FencedInSilence = false,
            StoppedByAgent = false,
            LocalRole = asPrimary ? LocalRole.Primary : LocalRole.Replica,
            HandOver = memory.HandOver is { Released: true } || asPrimary ? null : memory.HandOver,
            Rewind = asPrimary ? RewindState.Idle : memory.Rewind,
        },
        JobResult.Started { Outcome: StartOutcome.TooLate } => memory,
        JobResult.Started failed => memory with { StartFailed = new(now, asPrimary, failed.Detail), HandOver = asPrimary ? null : memory.HandOver },
        JobResult.Failed failed => memory with { StartFailed = new(now, asPrimary, failed.Detail), HandOver = asPrimary ? null : memory.HandOver },
        _ => memory,
    };

    private static NodeMemory Down(NodeMemory memory, JobSpec.StopForHandOver stop, JobResult.Down down, Instant now) => memory with
    {
        StoppedByAgent = true,
        Rewind = RewindState.CheckDue,
        RequestTried = stop.Request,
        HandOver = new(
            stop.Candidate, now, down.Facts.FinalPosition, down.Facts.Checkpoint.Timeline, DownAt: now, Released: false, stop.ForShutdown, down.Streamed)
        {
            End = down.Facts.EndOfCheckpoint,
        },
        Ballots = memory.Ballots.Clear(),
    };

    private static NodeMemory Compared(NodeMemory memory, JobSpec.Compare compare, DivergenceFacts facts, Instant now)
    {
        var judged = memory with { Compared = new(compare.Leader.Name, facts.LeaderTimeline, memory.LastLed?.LeaderMember?.Timeline ?? default) };
        if (Divergence.IsForkOfOneNumber(facts, memory.WroteOn))
        {
            return judged with { Rewind = RewindState.Failed, RepairFailedAt = null };
        }

        return Divergence.Judge(facts) switch
        {
            true => judged with { Rewind = RewindState.Needed, RepairFailedAt = null },
            false => judged with { Rewind = RewindState.Idle, RepairFailedAt = null },
            null => memory with { RepairFailedAt = now },
        };
    }

    private static NodeMemory Rewound(NodeMemory memory, HaSettings settings, RewindOutcome outcome, Instant now) => outcome switch
    {
        RewindOutcome.Done => memory with { Rewind = RewindState.Done, RepairFailedAt = null, WroteOn = default },
        RewindOutcome.NotNeeded => memory with { Rewind = RewindState.Done, RepairFailedAt = null },
        RewindOutcome.SourceUnreachable => memory with { RepairFailedAt = now },
        _ => memory with
        {
            Rewind = RewindState.Failed,
            RepairFailedAt = settings.RemoveDataDirectoryOnRewindFailure || settings.RemoveDataDirectoryOnDivergedTimelines ? null : now,
        },
    };
}
