using HaAgent.Core.Authority;
using HaAgent.Core.Contracts.Records;
using HaAgent.Core.Decision;
using HaAgent.Core.Loop;
using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;
using Microsoft.Extensions.Logging;

namespace HaAgent.Core.Effects;

/// <summary>Decisions that ask something of the store. None is awaited by the turn: the answer is folded in and wakes the loop.</summary>
internal sealed class StoreEffects(
    IDcs dcs, LoopState state, Background background, StallMeter stall, Func<bool> arm, TimeProvider clock, ILogger logger)
{
    /// <summary>A race is decided by ballots that are true for moments: what could not be sent by then is decided anew.</summary>
    private static readonly TimeSpan LongestRace = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan RecordPause = TimeSpan.FromMilliseconds(500);

    private Instant Now => Instant.Now(clock);

    public void Renew(NodeView v, bool mayCreate)
    {
        var sent = Now;
        stall.Sent(v.Memory.RenewAt, sent, v.Memory.Authority);

        // Under pause nothing is fenced: a lease that is over there must not leave every later renewal without time to be asked.
        var limit = v.MayBeWritable() && v.Memory.Authority is not NodeAuthority.None
            ? Instant.Min(Budget(v), v.Authority.FenceAt)
            : Budget(v);
        Ask(v, LeaseRequest.Renewing, stop => RenewAsync(sent, mayCreate, limit, stop));
    }

    public void Acquire(NodeView v) => Ask(v, LeaseRequest.Acquiring, stop => dcs.AcquireAsync(Instant.Min(Budget(v), v.At + LongestRace), stop), request => AfterAcquire(v, request));

    /// <summary>
    /// With the first leader key others may copy this primary and lead after it, whether or not its answer comes: so the founder's right
    /// gets an end, and the guard is told, before the request leaves. From there on it is a primary like one that was found running.
    /// </summary>
    public void Take(NodeView v)
    {
        var ttl = v.Memory.StoreTiming is { } timing && timing.Ttl < v.Settings.Ttl ? timing.Ttl : v.Settings.Ttl;
        state.Change(m => m with { Founding = FoundingState.None, Authority = new NodeAuthority.Unknown(LeaseTimes.From(Now, ttl).GuardAt) });
        if (arm())
        {
            Ask(v, LeaseRequest.Taking, stop => dcs.TakeAsync(Budget(v), stop));
        }
    }

    public void Release(NodeView v, HaDecision.ReleaseLease release)
    {
        // What is being given away is not relied on any more, whatever becomes of the request: its effect may be there without an answer,
        // and another leads (S1).
        state.Change(m => m with
        {
            LeaseRequest = LeaseRequest.Releasing,
            Authority = new NodeAuthority.None(),
            HandOver = m.HandOver is { } handOver ? handOver with { Released = true } : null,
        });
        background.Run(ReleaseAsync(v, release));
    }

    public void CreateInitialize(NodeView v) =>
        Record("initialize", async () =>
        {
            var outcome = await dcs.CreateAsync(DcsRecord.Initialize, "", Budget(v), CancellationToken.None);
            if (outcome == WriteOutcome.Written)
            {
                state.Change(m => m with { Founding = FoundingState.Making, Authority = new NodeAuthority.Founding() });
            }

            return outcome;
        });

    public void WriteInitialize(NodeView v, HaDecision.WriteInitialize write) =>
        Record("initialize", () => write.KeyExists
            ? dcs.WriteAsync(DcsRecord.Initialize, write.SystemIdentifier, null, Budget(v), CancellationToken.None)
            : dcs.CreateAsync(DcsRecord.Initialize, write.SystemIdentifier, Budget(v), CancellationToken.None));

    public void DeleteInitialize(NodeView v) =>
        Record("initialize", () => dcs.DeleteAsync(DcsRecord.Initialize, null, Budget(v), CancellationToken.None));

    public void WriteConfig(NodeView v, string json) =>
        Record("config", () => dcs.WriteAsync(DcsRecord.Config, json, null, Budget(v), CancellationToken.None));

    public void ClearFailover(NodeView v, HaDecision.ClearFailover clear)
    {
        var value = FailoverRecordWriter.Write(NodeName.Nobody, clear.KeepCandidate, null);
        Record("failover", () => dcs.WriteAsync(DcsRecord.Failover, value, clear.Version, Budget(v), CancellationToken.None));
    }

    /// <summary>Over the version that was seen: a request that was changed or withdrawn meanwhile is not begun.</summary>
    public void BeginScheduled(NodeView v)
    {
        var request = v.Cluster!.Failover; // the decision is about it
        var value = FailoverRecordWriter.Write(request.Leader, request.Candidate, null);
        Record("failover", () => dcs.WriteAsync(DcsRecord.Failover, value, request.Version, Budget(v), CancellationToken.None));
    }

    private static Instant Budget(NodeView v) => v.At + v.Settings.RetryTimeout;

    private void Ask(
        NodeView v, LeaseRequest request, Func<CancellationToken, Task<LeaseAnswer>> ask, Func<LeaseAnswer, Task>? afterwards = null)
    {
        state.Change(m => m with { LeaseRequest = request });
        background.Run(AskAsync(v, request, ask, afterwards));
    }

    private async Task<LeaseAnswer> RenewAsync(Instant sent, bool mayCreate, Instant limit, CancellationToken stop)
    {
        var answer = await dcs.RenewAsync(mayCreate, limit, stop);
        stall.Answered(sent, Now);
        return answer;
    }

    private async Task AskAsync(
        NodeView v, LeaseRequest request, Func<CancellationToken, Task<LeaseAnswer>> ask, Func<LeaseAnswer, Task>? afterwards)
    {
        var answer = await ask(CancellationToken.None);
        var now = Now;
        Log(v, request, answer, now);

        // A ladder that fences this very server is not called off: the renewed lease serves what comes after it.
        state.Fold(m => FoldOutcomes.Lease(m, v.Settings, request, answer, now));
        if (afterwards is not null)
        {
            await afterwards(answer);
        }
    }

    /// <summary>The winner of a race clears the request that it fulfils; in pause it leaves its own name for the others to see.</summary>
    private async Task AfterAcquire(NodeView v, LeaseAnswer answer)
    {
        if (answer.Outcome != LeaseOutcome.Held || v.Cluster is not { Failover: { IsPresent: true } request })
        {
            return;
        }

        var keep = v.Settings.Pause && request.IsSwitchover && !request.Candidate.IsNobody;
        var value = FailoverRecordWriter.Write(NodeName.Nobody, keep ? request.Candidate : NodeName.Nobody, null);
        var outcome = await dcs.WriteAsync(DcsRecord.Failover, value, keep ? request.Version : null, Budget(v), CancellationToken.None);
        LogRecord("failover", outcome);
    }

    private async Task ReleaseAsync(NodeView v, HaDecision.ReleaseLease release)
    {
        if (release.FinalPosition.IsKnown)
        {
            var status = StatusRecordWriter.WithOptime(v.Cluster?.Status.Raw, release.FinalPosition);
            LogRecord("status", await dcs.WriteAsync(DcsRecord.Status, status, null, Budget(v), CancellationToken.None));
        }

        // From now: the record before it may have used up what there was, and who waits for the key is not to wait for its expiry.
        var outcome = await dcs.ReleaseAsync(Now + v.Settings.RetryTimeout, CancellationToken.None);
        HaLog.LeaseReleased(logger, release.FinalPosition, outcome);
        if (outcome == WriteOutcome.Unknown)
        {
            // The row that asked for it may hold again at once; a store that refuses is not helped by a storm.
            await Task.Delay(RecordPause, clock);
        }

        var now = Now;
        state.Fold(m => outcome == WriteOutcome.Unknown ? GivenUp(m, v.Settings.Ttl, release.HoldBack, now) : Gone(m, release.HoldBack, now));
    }

    private static NodeMemory Gone(NodeMemory memory, TimeSpan holdBack, Instant now) => memory with
    {
        LeaseRequest = LeaseRequest.None,
        HoldBackUntil = After(now, holdBack),
        StartFailed = null,
        PromoteFailed = false,
    };

    /// <summary>
    /// The key is gone, or it ends with a lease that nobody prolongs any more. This node does not take it back before: why it was released
    /// may still hold. What hung on that lease beside it goes to another one.
    /// </summary>
    private static NodeMemory GivenUp(NodeMemory memory, TimeSpan ttl, TimeSpan holdBack, Instant now) => memory with
    {
        LeaseRequest = LeaseRequest.None,
        HoldBackUntil = After(now, holdBack > ttl ? holdBack : ttl),
        MemberWritten = null,
        SessionKeptAt = null,
    };

    private static Instant After(Instant now, TimeSpan span) => span == TimeSpan.MaxValue ? Instant.Never : now + span;

    /// <summary>A compare-and-set that the next decision looks for in the picture.</summary>
    private void Record(string record, Func<Task<WriteOutcome>> write)
    {
        state.Change(m => m with { LeaseRequest = LeaseRequest.Recording });
        background.Run(RecordAsync(record, write));
    }

    private async Task RecordAsync(string record, Func<Task<WriteOutcome>> write)
    {
        var outcome = await write();
        LogRecord(record, outcome);
        if (outcome != WriteOutcome.Written)
        {
            // The row that asked for it will hold again at once; a store that refuses is not helped by a storm.
            await Task.Delay(RecordPause, clock);
        }

        state.Fold(m => m with { LeaseRequest = LeaseRequest.None });
    }

    private void LogRecord(string record, WriteOutcome outcome)
    {
        if (outcome != WriteOutcome.Written)
        {
            HaLog.RecordNotWritten(logger, record, outcome);
        }
    }

    private void Log(NodeView v, LeaseRequest request, LeaseAnswer answer, Instant now)
    {
        switch (answer.Outcome)
        {
            case LeaseOutcome.Held when request != LeaseRequest.Renewing || v.Memory.Authority is not NodeAuthority.Lease || v.Memory.RenewalsUnanswered > 0:
                HaLog.LeaseHeld(logger, answer.GuaranteedFor, now - answer.SentAt);
                break;
            case LeaseOutcome.NotHeld:
                HaLog.LeaseNotHeld(logger, answer.Detail);
                break;
            case LeaseOutcome.Unknown:
                HaLog.LeaseUnknown(logger, answer.Detail);
                break;
        }
    }
}
