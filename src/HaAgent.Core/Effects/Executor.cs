using System.Collections.Immutable;
using System.Diagnostics;
using HaAgent.Core.Authority;
using HaAgent.Core.Decision;
using HaAgent.Core.Jobs;
using HaAgent.Core.Loop;
using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Requests;
using HaAgent.Core.Snapshot;
using Microsoft.Extensions.Logging;

namespace HaAgent.Core.Effects;

/// <summary>From a decision to the one effect that performs it. The only file that knows them all.</summary>
internal sealed class Executor(
    StoreEffects store, RequestEffects requests, JobRunner jobs, IPeers peers, IPostgresServer postgres, FenceLadder ladder, ISettingsSource settings,
    LoopState state, Background background, TimeProvider clock, ILogger logger)
{
    /// <summary>Begins the effect. Nothing is awaited: what it brings is folded into the memory and wakes the loop.</summary>
    public void Perform(NodeView v, HaDecision decision)
    {
        switch (decision)
        {
            case HaDecision.Wait:
                break;
            case HaDecision.RenewLease renew:
                store.Renew(v, renew.MayCreate);
                break;
            case HaDecision.RaceForLease:
                store.Acquire(v);
                break;
            case HaDecision.TakeLease:
                store.Take(v);
                break;
            case HaDecision.ReleaseLease release:
                store.Release(v, release);
                break;
            case HaDecision.CreateInitialize:
                store.CreateInitialize(v);
                break;
            case HaDecision.WriteInitialize write:
                store.WriteInitialize(v, write);
                break;
            case HaDecision.DeleteInitialize:
                store.DeleteInitialize(v);
                break;
            case HaDecision.WriteConfig:
                store.WriteConfig(v, settings.DynamicJson);
                break;
            case HaDecision.ClearFailover clear:
                store.ClearFailover(v, clear);
                break;
            case HaDecision.AskPeers ask:
                Ask(v, ask.Peers, ask.Timeout);
                break;
            case HaDecision.StartJob start:
                jobs.Start(start.Job);
                break;
            case HaDecision.CancelJob cancel:
                jobs.Cancel(cancel.JobId);
                break;
            case HaDecision.AnswerPermit permit:
                jobs.AnswerPermit(permit.JobId, permit.Granted);
                break;
            case HaDecision.Fence fence:
                Fence(v, fence);
                break;
            case HaDecision.BeginScheduledSwitchover:
                store.BeginScheduled(v);
                break;
            case HaDecision.EndSchedule schedule:
                state.Change(m => OperatorFold.ScheduleEnded(v with { Memory = m }, schedule.Restart));
                break;
            case HaDecision.Admit admit:
                requests.Admit(v, admit.RequestId);
                break;
            case HaDecision.Refuse refuse:
                requests.Refuse(refuse);
                break;
            case HaDecision.Exit exit:
                Exit(v, exit);
                break;
            default:
                throw new UnreachableException();
        }
    }

    private void Ask(NodeView v, ImmutableArray<PeerAddress> asked, TimeSpan timeout)
    {
        state.Change(m => m with { AskingSince = v.At });
        background.Run(AskAsync(asked, timeout));
    }

    /// <summary>Each ballot counts as soon as it is there: one silent peer must not make the others' answers old.</summary>
    private async Task AskAsync(ImmutableArray<PeerAddress> asked, TimeSpan timeout)
    {
        // The own position belongs to the round as much as the others' do.
        var own = postgres.ProbeAsync(Instant.Now(clock) + timeout, CancellationToken.None);
        await Task.WhenAll([own, .. asked.Select(peer => AskOneAsync(peer, timeout))]);
        state.Fold(m => m with { AskingSince = null });
    }

    private async Task AskOneAsync(PeerAddress peer, TimeSpan timeout)
    {
        foreach (var ballot in await peers.AskAsync([peer], timeout, CancellationToken.None))
        {
            HaLog.Ballot(logger, ballot.Name, ballot.Answer is PeerAnswer.Answered answered
                ? $"{(answered.InRecovery ? "in recovery" : "primary")} at {answered.Timeline}:{answered.Position}, {answered.State}"
                : ((PeerAnswer.Unreachable)ballot.Answer).Why.ToString());
            state.Fold(m => m with { Ballots = m.Ballots.SetItem(ballot.Name, ballot) });
        }
    }

    private void Fence(NodeView v, HaDecision.Fence fence)
    {
        if (v.Job is { } job)
        {
            jobs.Cancel(job.Id);
        }

        var timedOut = fence.Reason.Id == ReasonId.StartTimedOut;

        // A lease that merely runs short may be renewed meanwhile and serve what comes after. One that was seen to be lost may not.
        var mayKeep = timedOut || fence.Reason.Id == ReasonId.AuthorityNearlyRanOut;
        state.Change(m => m with
        {
            Fencing = true,
            StartFailed = timedOut ? new StartFailure(v.At, AsPrimary: true, "the start took longer than primary_start_timeout") : m.StartFailed,
        });
        background.Run(FenceAsync(v, fence.Deadline, mayKeep));
    }

    private async Task FenceAsync(NodeView v, Instant deadline, bool mayKeep)
    {
        await ladder.RunAsync(deadline, CancellationToken.None);
        state.Fold(m => m with
        {
            Fencing = false,
            FencedInSilence = v.StoreIsSilent(),
            StoppedByAgent = true,
            Rewind = m.Rewind is RewindState.Idle or RewindState.Done ? RewindState.CheckDue : m.Rewind,
            Authority = mayKeep && m.Authority is NodeAuthority.Lease lease && !lease.HasRunOut(Instant.Now(clock)) ? lease : new NodeAuthority.None(),
        });
    }

    private void Exit(NodeView v, HaDecision.Exit exit)
    {
        var text = ReasonText.Render(v.Self, exit.Reason, v.Settings.Pause);
        if (exit.StopFirst && !v.Memory.ShutdownRequested)
        {
            state.EndingCode = exit.Code;
            state.Fold(m => m with { ShutdownRequested = true });
        }
        else
        {
            state.ExitCode = Math.Max(exit.Code, state.EndingCode);
        }

        HaLog.Ending(logger, Math.Max(exit.Code, state.EndingCode), text);
    }
}
