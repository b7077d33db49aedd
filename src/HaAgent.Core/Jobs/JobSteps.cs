using System.Collections.Immutable;
using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;

namespace HaAgent.Core.Jobs;

/// <summary>What each job does, step by step. Every step is safe to repeat; none decides anything.</summary>
internal sealed class JobSteps(IPostgresServer postgres, TimeProvider clock)
{
    /// <summary>A first checkpoint that took longer than this is followed by a second one: the stop then has little left to write.</summary>
    private static readonly TimeSpan LongCheckpoint = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan CheckpointLimit = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan OrderlyStop = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan ImmediateStop = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan KillStop = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan FirstStart = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan ProbeLimit = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LastLook = TimeSpan.FromMilliseconds(200);

    private Instant Now => Instant.Now(clock);

    public async Task<JobResult> FoundAsync(Action<string> phase, CancellationToken cancelled)
    {
        phase("initdb");
        var made = await postgres.InitializeAsync(cancelled);
        if (!made.Done)
        {
            return new JobResult.Failed(made.Detail);
        }

        phase("first start");
        var started = await postgres.StartAsync(new(AsPrimary: true, null), Instant.Never, FirstStart, cancelled);
        if (started.Outcome != StartOutcome.Running)
        {
            return new JobResult.Failed($"the new cluster did not start: {started.Detail}");
        }

        phase("creating users");
        var finished = await postgres.FinishInitializeAsync(cancelled);
        if (!finished.Done)
        {
            return new JobResult.Failed(finished.Detail);
        }

        // The others copy at once: a base backup begins with a checkpoint, which is spread over time unless there is nothing to write.
        await postgres.CheckpointAsync(CheckpointLimit, cancelled);
        return new JobResult.Done();
    }

    public async Task<JobResult> BaseBackupAsync(JobSpec.BaseBackup copy, Action<string> phase, CancellationToken cancelled)
    {
        phase("copying");
        var copied = await postgres.CloneAsync(copy.Source, cancelled);
        if (!copied.Done)
        {
            return new JobResult.Failed(copied.Detail);
        }

        phase("first start");
        return await StartAsync(new(AsPrimary: false, copy.Source), Instant.Never, FirstStart, cancelled);
    }

    public async Task<JobResult> StartAsync(StartPlan plan, Instant notAfter, TimeSpan timeout, CancellationToken cancelled)
    {
        var started = await postgres.StartAsync(plan, notAfter, timeout, cancelled);
        return new JobResult.Started(started.Outcome, started.Detail);
    }

    public async Task<JobResult> PromoteAsync(JobSpec.Promote promote, Action<string> phase, CancellationToken cancelled)
    {
        cancelled.ThrowIfCancellationRequested();
        var issued = await postgres.PromoteAsync(promote.NotAfter, cancelled);
        if (!issued.Done)
        {
            return new JobResult.Failed(issued.Detail);
        }

        // From here on only the end of recovery, or the end of the server, ends the job: the effect cannot be taken back.
        phase("promotion issued");
        while (!await postgres.WaitForControlStateAsync([ControlState.InProduction], Now + LookAgain, CancellationToken.None))
        {
            if (await postgres.WaitForExitAsync(Now, CancellationToken.None))
            {
                return new JobResult.Failed("PostgreSQL ended during the promotion");
            }
        }

        await postgres.ProbeAsync(Now + ProbeLimit, CancellationToken.None);
        return new JobResult.Done();
    }

    /// <param name="lingers">Called each 10 s of the stop: how long it has taken, and what it waits for.</param>
    public async Task<JobResult> StopForHandOverAsync(
        JobSpec.StopForHandOver stop,
        Action<string> phase,
        Action<TimeSpan, string> lingers,
        CancellationToken cancelled)
    {
        phase("checkpoint");
        var checkpoint = await postgres.CheckpointAsync(CheckpointLimit, cancelled);
        if (checkpoint.Done && checkpoint.Took > LongCheckpoint)
        {
            phase("second checkpoint");
            await postgres.CheckpointAsync(CheckpointLimit, cancelled);
        }

        cancelled.ThrowIfCancellationRequested();
        var streamed = Streaming(await postgres.ProbeAsync(Now + ProbeLimit, cancelled));

        // Once the stop is signalled it is not taken back: what remains is to see how it ends.
        phase("stopping");
        var begun = Now;
        var limit = stop.Limit is { } longest ? begun + longest : Instant.Never;
        postgres.Signal(StopMode.Fast);
        while (Now < limit)
        {
            if (await postgres.WaitForControlStateAsync(
                [ControlState.ShutDown], Instant.Min(Now + LookAgain, limit), CancellationToken.None))
            {
                return await DownAsync(streamed);
            }

            if (await postgres.WaitForExitAsync(Now, CancellationToken.None))
            {
                return new JobResult.Failed(
                    "PostgreSQL ended, but not by a clean shutdown: it is not known what the replicas have received");
            }

            lingers(Now - begun, await postgres.WhatKeepsAStopAsync(Now + ProbeLimit, CancellationToken.None));
        }

        if (await postgres.WaitForControlStateAsync([ControlState.ShutDown], Now + LastLook, CancellationToken.None))
        {
            return await DownAsync(streamed);
        }

        return await EndAtOnceAsync(CancellationToken.None) is JobResult.Failed failed
            ? failed
            : new JobResult.Failed(
                $"PostgreSQL did not shut down within primary_stop_timeout ({stop.Limit}) and was ended at once");
    }

    /// <param name="lingers">Called each 10 s of the stop: how long it has taken, and what it waits for.</param>
    public async Task<JobResult> StopForRestartAsync(
        JobSpec.StopForRestart stop, Action<string> phase, Action<TimeSpan, string> lingers, CancellationToken cancelled)
    {
        if (stop.Checkpoint)
        {
            phase("checkpoint");
            await postgres.CheckpointAsync(CheckpointLimit, cancelled);
            cancelled.ThrowIfCancellationRequested();
        }

        // Once the stop is signalled it is not taken back: what remains is to see how it ends.
        phase("stopping");
        var begun = Now;
        var limit = stop.Limit is { } longest ? begun + longest : Instant.Never;
        postgres.Signal(StopMode.Fast);
        while (!await postgres.WaitForExitAsync(Instant.Min(Now + LookAgain, limit), CancellationToken.None))
        {
            if (Now >= limit)
            {
                return await EndAtOnceAsync(CancellationToken.None);
            }

            lingers(Now - begun, await postgres.WhatKeepsAStopAsync(Now + ProbeLimit, CancellationToken.None));
        }

        return new JobResult.Done();
    }

    /// <summary>An orderly stop; what does not end orderly is ended anyhow.</summary>
    public async Task<JobResult> StopAsync(JobSpec.Stop stop, CancellationToken cancelled)
    {
        if (!stop.AtOnce)
        {
            postgres.Signal(StopMode.Fast);
            if (await postgres.WaitForExitAsync(Now + OrderlyStop, cancelled))
            {
                return new JobResult.Done();
            }
        }

        return await EndAtOnceAsync(cancelled);
    }

    public async Task<JobResult> RewindAsync(JobSpec.Rewind rewind, CancellationToken cancelled)
    {
        var result = await postgres.RewindAsync(rewind.Leader, cancelled);
        return new JobResult.Rewound(result.Outcome, result.Detail);
    }

    /// <summary>Removes what was a copy of the cluster, after the leader itself has said that it has another (S5).</summary>
    public async Task<JobResult> DiscardAsync(JobSpec.Discard discard, string systemIdentifier, CancellationToken cancelled)
    {
        if (discard.Leader is { } leader)
        {
            var facts = await postgres.CompareAsync(leader, cancelled);
            if (facts.LeaderInRecovery || facts.LeaderSystemIdentifier != systemIdentifier || systemIdentifier.Length == 0)
            {
                return new JobResult.Failed($"{leader.Name} did not answer as the running primary of this cluster: nothing is removed ({facts.Unknown})");
            }
        }

        return Result(await postgres.DiscardDataDirectoryAsync(discard.Reason, cancelled));
    }

    private async Task<JobResult> EndAtOnceAsync(CancellationToken cancelled)
    {
        postgres.Signal(StopMode.Immediate);
        if (await postgres.WaitForExitAsync(Now + ImmediateStop, cancelled))
        {
            return new JobResult.Done();
        }

        postgres.Kill();
        return await postgres.WaitForExitAsync(Now + KillStop, cancelled)
            ? new JobResult.Done()
            : new JobResult.Failed(
                "PostgreSQL could not be stopped, not even by SIGKILL: a process may hang in the kernel");
    }

    public static JobResult Result(StepResult step) => step.Done ? new JobResult.Done() : new JobResult.Failed(step.Detail);

    public static string Describe(JobResult result) => result switch
    {
        JobResult.Done => "done",
        JobResult.Cancelled => "cancelled",
        JobResult.Failed failed => failed.Detail,
        JobResult.Started { Outcome: StartOutcome.Running } => "running",
        JobResult.Started { Outcome: StartOutcome.StillStarting } => "still starting",
        JobResult.Started { Outcome: StartOutcome.TooLate } => "not started: the lease would have ended first",
        JobResult.Started started => started.Detail,
        JobResult.Down down => $"shut down cleanly at {down.Facts.FinalPosition}; streaming until then: {string.Join(", ", down.Streamed)}",
        JobResult.Compared { Facts.Unknown.Length: > 0 } compared => $"not known: {compared.Facts.Unknown}",
        JobResult.Compared compared => $"local {compared.Facts.Local}, leader on timeline {compared.Facts.LeaderTimeline}",
        JobResult.Rewound rewound => rewound.Detail.Length > 0 ? $"{rewound.Outcome}: {rewound.Detail}" : $"{rewound.Outcome}",
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private async Task<JobResult> DownAsync(ImmutableArray<NodeName> streamed)
    {
        var facts = await postgres.ReadControlAsync(CancellationToken.None);
        if (facts is not { State: ControlState.ShutDown, FinalPosition.IsKnown: true })
        {
            return new JobResult.Failed("the control file could not be read after the shutdown");
        }

        return new JobResult.Down(facts, streamed, await postgres.WaitForExitAsync(Now, CancellationToken.None));
    }

    private static ImmutableArray<NodeName> Streaming(PostgresReading reading) =>
        reading.Sql is SqlReading.Answered answered
            ? [.. answered.WalSenders.Where(sender => sender.State == "streaming").Select(sender => new NodeName(sender.ApplicationName))]
            : [];
}
