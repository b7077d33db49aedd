using System.Collections.Immutable;
using HaAgent.Core.Authority;
using HaAgent.Core.Loop;
using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;
using Microsoft.Extensions.Logging;

namespace HaAgent.Core.Jobs;

/// <summary>Runs at most one job on the loop's pump, shows it as a <see cref="JobView"/>, and reports its end once.</summary>
internal sealed class JobRunner(IPostgresServer postgres, ILeaseGuard guard, Background background, TimeProvider clock, ILogger logger)
    : IDisposable
{
    private readonly JobSteps _steps = new(postgres, clock);
    private CancellationTokenSource? _cancel;
    private TaskCompletionSource<bool>? _permit;
    private long _lastId;

    /// <summary>The running job; null when none runs.</summary>
    public JobView? Current { get; private set; }

    /// <summary>Raised on the pump when a phase, a permit or the end is to be looked at.</summary>
    public event Action? Changed;

    /// <summary>Raised on the pump when a job has ended, before <see cref="Changed"/>.</summary>
    public event Action<JobSpec, JobResult>? Ended;

    /// <summary>Raised on the pump immediately before a promotion is issued or a start as primary is begun.</summary>
    public event Action<JobSpec>? AboutToBecomeWritable;

    /// <summary>What the guard is to be told before anything becomes writable.</summary>
    public required Func<GuardOrder> Order { get; init; }

    public void Start(JobSpec spec)
    {
        Invariant.Check(Current is null, "one job at a time");
        Current = new(++_lastId, spec, Instant.Now(clock), "", null, false);
        _cancel = new();
        HaLog.JobStarted(logger, spec.Label);
        background.Run(RunAsync(spec, _cancel.Token));
    }

    public void Cancel(long id)
    {
        if (Current is { } job && job.Id == id && !job.CancelRequested)
        {
            Current = job with { CancelRequested = true };
            _cancel!.Cancel(); // set together with Current
            _permit?.TrySetResult(false);
        }
    }

    public void AnswerPermit(long id, bool granted)
    {
        if (Current is { } job && job.Id == id)
        {
            Current = job with { Permit = null };
            _permit?.TrySetResult(granted);
        }
    }

    private async Task RunAsync(JobSpec spec, CancellationToken cancelled)
    {
        JobResult result;
        try
        {
            result = await Perform(spec, cancelled);
        }
        catch (OperationCanceledException) when (cancelled.IsCancellationRequested)
        {
            result = new JobResult.Cancelled();
        }

        var took = Instant.Now(clock) - Current!.StartedAt; // set until the end of this method
        Current = null;
        _cancel!.Dispose(); // set together with Current
        _cancel = null;
        Report(spec, result, took);
        Ended?.Invoke(spec, result);
        Changed?.Invoke();
    }

    public void Dispose() => _cancel?.Dispose();

    private async Task<JobResult> Perform(JobSpec spec, CancellationToken cancelled)
    {
        switch (spec)
        {
            case JobSpec.Found:
                return await _steps.FoundAsync(Phase, cancelled);
            case JobSpec.BaseBackup copy:
                return await _steps.BaseBackupAsync(copy, Phase, cancelled);
            case JobSpec.StartPrimary start:
                return !Arm(spec) ? NotStarted : await _steps.StartAsync(new(AsPrimary: true, null, start.Directory), start.NotAfter, start.Timeout, cancelled);
            case JobSpec.StartReplica start:
                return await _steps.StartAsync(new(AsPrimary: false, start.Follow), Instant.Never, start.Timeout, cancelled);
            case JobSpec.Promote promote:
                return !Arm(spec) ? Unguarded : await _steps.PromoteAsync(promote, Phase, cancelled);
            case JobSpec.StopForHandOver stop:
                return await _steps.StopForHandOverAsync(stop, Phase, Lingers, cancelled);
            case JobSpec.StopForRestart stop:
                return await _steps.StopForRestartAsync(stop, Phase, Lingers, cancelled);
            case JobSpec.Stop stop:
                return await _steps.StopAsync(stop, cancelled);
            case JobSpec.Compare compare:
                return new JobResult.Compared(await postgres.CompareAsync(compare.Leader, cancelled));
            case JobSpec.Rewind rewind:
                return await AskPermit(PermitKind.RewindDataDirectory)
                    ? await _steps.RewindAsync(rewind, cancelled)
                    : new JobResult.Failed("not permitted: no other running primary of this cluster is known");
            case JobSpec.Discard discard:
                return discard.Leader is null || await AskPermit(PermitKind.DiscardDataDirectory)
                    ? await _steps.DiscardAsync(discard, discard.SystemIdentifier.Length > 0 ? discard.SystemIdentifier : SystemIdentifier, cancelled)
                    : new JobResult.Failed("not permitted: no other running primary of this cluster is known");
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    private const string WithoutGuard = "no lease guard, or none with time left, watches over it";

    private static JobResult Unguarded => new JobResult.Failed(WithoutGuard);

    /// <summary>Nothing was tried, so nothing failed: what follows is decided anew.</summary>
    private static JobResult NotStarted => new JobResult.Started(StartOutcome.TooLate, WithoutGuard);

    /// <summary>The guard first, then the effect: whatever happens in between, somebody else knows the deadline.</summary>
    private bool Arm(JobSpec spec)
    {
        var order = Order();
        if (order is GuardOrder.Arm arm && (arm.Deadline <= Instant.Now(clock) || guard.Latest.MissingSince is not null))
        {
            return false;
        }

        if (!order.GiveTo(guard))
        {
            return false;
        }

        AboutToBecomeWritable?.Invoke(spec);
        return true;
    }

    private string SystemIdentifier => (postgres.Latest.Directory as DataDirectory.Initialized)?.SystemIdentifier ?? "";

    private Task<bool> AskPermit(PermitKind kind)
    {
        _permit = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Current = Current! with { Permit = kind }; // a job is running
        Changed?.Invoke();
        return _permit.Task;
    }

    private void Phase(string phase)
    {
        if (Current is { } job)
        {
            Current = job with { Phase = phase };
            HaLog.JobPhase(logger, job.Label, phase);
            Changed?.Invoke();
        }
    }

    private void Lingers(TimeSpan took, string waitsFor) => HaLog.StopLingers(logger, (int)took.TotalSeconds, waitsFor);

    private void Report(JobSpec spec, JobResult result, TimeSpan took)
    {
        if (result is JobResult.Failed or JobResult.Started { Outcome: StartOutcome.Failed or StartOutcome.TooLate }
            or JobResult.Rewound { Outcome: not (RewindOutcome.Done or RewindOutcome.NotNeeded) })
        {
            HaLog.JobFailed(logger, spec.Label, took, JobSteps.Describe(result));
        }
        else
        {
            HaLog.JobEnded(logger, spec.Label, took, JobSteps.Describe(result));
        }
    }
}
