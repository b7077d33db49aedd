using System.Collections.Immutable;
using HaAgent.Core.Contracts.Records;
using HaAgent.Core.Loop;
using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;
using Microsoft.Extensions.Logging;

namespace HaAgent.Core.Duties;

/// <summary>Does the upkeep that is due, beside the turns and never in their way: one round at a time.</summary>
internal sealed class UpkeepRunner(
    IDcs dcs, IPostgresServer postgres, IPeers peers, LoopState state, Background background, TimeProvider clock, ILogger logger)
{
    private static readonly TimeSpan CheckpointLimit = TimeSpan.FromMinutes(30);
    private static readonly TimeSpan LocalLimit = TimeSpan.FromSeconds(30);

    /// <summary>A duty that failed is due again at once; what refuses it is not helped by a storm.</summary>
    private static readonly TimeSpan FailurePause = TimeSpan.FromSeconds(1);

    private readonly Dictionary<string, Instant> _notBefore = new(StringComparer.Ordinal);
    private bool _running;

    /// <summary>Begins a round unless one is under way; what that one missed is due again in the next.</summary>
    /// <returns>False when one is under way.</returns>
    public bool Start(NodeView v, ImmutableArray<Duty> duties)
    {
        if (_running)
        {
            return false;
        }

        duties = duties.RemoveAll(duty => _notBefore.TryGetValue(duty.Name, out var at) && v.At < at);
        if (!duties.IsEmpty)
        {
            _running = true;
            background.Run(RunAsync(v, duties));
        }

        return true;
    }

    private async Task RunAsync(NodeView v, ImmutableArray<Duty> duties)
    {
        try
        {
            foreach (var duty in duties)
            {
                using var limit = new CancellationTokenSource(LocalLimit, clock);
                try
                {
                    await Do(v, duty, limit.Token);
                }
                catch (OperationCanceledException) when (limit.IsCancellationRequested)
                {
                    Failed(duty, $"took longer than {LocalLimit.TotalSeconds} s");
                }
            }
        }
        finally
        {
            _running = false;
        }

        state.Fold(m => m);
    }

    private async Task Do(NodeView v, Duty duty, CancellationToken limit)
    {
        var budget = Instant.Now(clock) + v.Settings.RetryTimeout;
        switch (duty)
        {
            case Duty.WriteMember member:
                var written = await dcs.WriteMemberAsync(member.Json, budget, limit);
                Report(duty, written);
                state.Change(m => m with
                {
                    MemberWritten = written == WriteOutcome.Written && m.StoreTiming == v.Memory.StoreTiming ? member.Json : null,
                    MemberWrittenAt = v.At,
                });
                break;
            case Duty.KeepSession:
                Report(duty, await dcs.KeepSessionAsync(budget, limit));
                state.Change(m => m with { SessionKeptAt = v.At });
                break;
            case Duty.WriteStatus status:
                Report(duty, await dcs.WriteAsync(DcsRecord.Status, status.Json, null, budget, limit));
                state.Change(m => m with { StatusWrittenAt = v.At });
                break;
            case Duty.WriteHistory history:
                await WriteHistory(v, history, budget, limit);
                break;
            case Duty.Apply apply:
                state.Change(Doubt); // however it ends, if not well
                var applied = await postgres.ApplyAsync(apply.Plan, limit);
                Report(duty, new StepResult(applied.Done, applied.Detail, default));
                state.Change(m => m with
                {
                    Applied = applied.Done ? apply.Applied : m.Applied,
                    PendingRestart = applied.Done ? applied.PendingRestart : m.PendingRestart,
                });
                break;
            case Duty.ChangeSlots slots:
                Report(duty, await postgres.ChangeSlotsAsync(slots.Changes, limit));
                state.Change(m => m with { SlotsCheckedAt = v.At });
                postgres.ProbeSoon();
                break;
            case Duty.Checkpoint:
                // Takes as long as it takes, beside everything else.
                state.Change(m => m with { PromoteCheckpoint = CheckpointState.Running });
                background.Run(CheckpointAsync());
                break;
            case Duty.ResumeReplay:
                Report(duty, await postgres.ResumeReplayAsync(limit));
                postgres.ProbeSoon();
                break;
            case Duty.WarmUp warmUp:
                peers.WarmUp(warmUp.Peers);
                state.Change(m => m with { WarmedUpFor = warmUp.Request });
                break;
        }
    }

    /// <summary>
    /// The files may name what was to be applied by now: they are written anew, even if the server is to be what it was before.
    /// </summary>
    private static NodeMemory Doubt(NodeMemory memory) =>
        memory.Applied is { } applied ? memory with { Applied = applied with { IsDoubtful = true } } : memory;

    private async Task CheckpointAsync()
    {
        var done = await postgres.CheckpointAsync(CheckpointLimit, CancellationToken.None);
        Report(new Duty.Checkpoint(), done);
        state.Fold(m => m.PromoteCheckpoint == CheckpointState.Running
            ? m with { PromoteCheckpoint = done.Done ? CheckpointState.NotNeeded : CheckpointState.Due }
            : m);
    }

    private async Task WriteHistory(NodeView v, Duty.WriteHistory duty, Instant budget, CancellationToken limit)
    {
        ImmutableArray<HistoryLine> lines = [];
        if (duty.Timeline.Value > 1)
        {
            if (await postgres.ReadHistoryAsync(duty.Timeline, limit) is not { Lines.IsEmpty: false } file)
            {
                return;
            }

            lines = HistoryRebuild.From(file, duty.Stored, v.Self, v.Settings.MaxTimelinesHistory);
        }

        Report(duty, await dcs.WriteAsync(DcsRecord.History, HistoryRecordWriter.Write(lines), null, budget, limit));
    }

    private void Report(Duty duty, WriteOutcome outcome)
    {
        if (outcome != WriteOutcome.Written)
        {
            Failed(duty, outcome.ToString());
        }
    }

    private void Report(Duty duty, StepResult result)
    {
        if (!result.Done)
        {
            Failed(duty, result.Detail);
        }
    }

    private void Failed(Duty duty, string detail)
    {
        HaLog.UpkeepFailed(logger, duty.Name, detail);
        _notBefore[duty.Name] = Instant.Now(clock) + FailurePause;
        background.Run(TryAgainAsync());
    }

    private async Task TryAgainAsync()
    {
        await Task.Delay(FailurePause, clock);
        state.Fold(m => m);
    }
}
