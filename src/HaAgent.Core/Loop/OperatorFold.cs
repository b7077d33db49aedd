using HaAgent.Core.Decision;
using HaAgent.Core.Jobs;
using HaAgent.Core.Ports;
using HaAgent.Core.Requests;
using HaAgent.Core.Snapshot;

namespace HaAgent.Core.Loop;

/// <summary>How what operators asked for begins, and how it ends. Pure.</summary>
internal static class OperatorFold
{
    /// <summary>What came between: the end of a request that is not the end of a job.</summary>
    public static NodeMemory Observe(NodeView v)
    {
        var memory = v.Memory;
        if (memory.Restart is { } restart && v.Job is null)
        {
            // Fenced, or told to end: the server that was to be restarted is not that server any more. Or somebody has started it.
            memory = memory.Fencing || memory.ShutdownRequested || v.Guard.Fired || memory.Reinit is not null
                    || (restart.Stopped && !v.Running() && !v.MayBeStarted()) ? Ended(memory, RestartOutcome.Failed)
                : restart.Stopped && v.Postgres.Process is ServerProcess.Running { Pid: var pid } && pid != restart.Pid ? Ended(memory, RestartOutcome.Done)
                : !restart.Stopped && !v.Running() ? memory with { Restart = restart with { Stopped = true } }
                : memory;
        }

        // Before anything was removed, this server may be the one that is needed.
        var isDropped = v.HasKey() || v.HasLease() || (v.Job is null && v.Unlocked() && v.Directory() is not null);
        return memory.Reinit is not null && isDropped ? memory with { Reinit = null } : memory;
    }

    public static NodeMemory RestartAdmitted(NodeView v, long requestId, TimeSpan? timeout) => v.Memory with
    {
        Restart = new(
            requestId, AsPrimary: v.Running() ? v.IsPrimary() : v.HasLease(), timeout, Stopped: !v.Running(),
            v.Postgres.Process is ServerProcess.Running { Pid: var pid } ? pid : 0),
        StartFailed = null, // asked for anew
    };

    public static NodeMemory ScheduleEnded(NodeView v, bool restart) =>
        (restart ? RestartAdmitted(v, requestId: 0, v.Memory.ScheduledRestart?.Timeout) : v.Memory) with { ScheduledRestart = null };

    public static NodeMemory JobEnded(NodeMemory memory, JobSpec spec, JobResult result) => (spec, result) switch
    {
        (JobSpec.BaseBackup, JobResult.Started) => memory with { Reinit = null }, // it was made; that it starts is a matter of its own
        (JobSpec.Discard { Reason: DiscardReason.Requested } or JobSpec.Stop { Why: JobSpec.Reinitialize }, not JobResult.Done) => memory with { Reinit = null },
        (JobSpec.StopForRestart, JobResult.Done) when memory.Restart is { } restart => memory with { Restart = restart with { Stopped = true } },
        (JobSpec.StopForRestart, _) => Ended(memory, RestartOutcome.Failed),
        (JobSpec.StartPrimary or JobSpec.StartReplica, JobResult.Started { Outcome: StartOutcome.TooLate }) => memory, // tried again, under another lease
        (JobSpec.StartPrimary or JobSpec.StartReplica, _) when memory.Restart is { } restart =>
            Ended(memory, restart.AsPrimary == spec is JobSpec.StartPrimary ? OutcomeOf(result) : RestartOutcome.Failed),
        _ => memory,
    };

    private static NodeMemory Ended(NodeMemory memory, RestartOutcome outcome) =>
        memory.Restart is { } restart ? memory with { Restart = null, RestartEnded = (restart.RequestId, outcome) } : memory;

    private static RestartOutcome OutcomeOf(JobResult result) => result switch
    {
        JobResult.Started { Outcome: StartOutcome.Running } => RestartOutcome.Done,
        JobResult.Started { Outcome: StartOutcome.StillStarting } => RestartOutcome.StillStarting,
        _ => RestartOutcome.Failed,
    };
}
