using HaAgent.Core.Contracts.Records;
using HaAgent.Core.Decision;
using HaAgent.Core.Loop;
using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Requests;
using HaAgent.Core.Snapshot;

namespace HaAgent.Core.Effects;

/// <summary>Answers operators: admission and refusal by the core's word, the end of a hand-over by what the store shows.</summary>
internal sealed class RequestEffects(IDcs dcs, ISettingsSource settings, Mailbox mailbox, LoopState state, Background background)
{
    private const string NotWritten = "failed to write failover key into DCS";

    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);

    private readonly Dictionary<long, (NodeName Leader, bool Written)> _admitted = [];

    public void Admit(NodeView v, long id)
    {
        if (Find(id) is not { } ticket)
        {
            return;
        }

        switch (ticket.Request)
        {
            case OperatorRequest.Reload:
                settings.ReloadLocal();
                ticket.Finish(202, "reload scheduled");
                break;
            case OperatorRequest.Switchover { At: { } at } later:
                ticket.Admit();
                background.Run(ScheduleAsync(v, ticket, FailoverRecordWriter.Write(later.Leader, later.Candidate, at)));
                break;
            case OperatorRequest.Switchover switchover:
                Write(v, ticket, switchover.Leader, switchover.Candidate);
                break;
            case OperatorRequest.Restart restart:
                ticket.Admit();
                state.Change(m => OperatorFold.RestartAdmitted(v with { Memory = m }, id, restart.Timeout));
                break;
            case OperatorRequest.ScheduleRestart schedule:
                state.Change(m => m with { ScheduledRestart = schedule.Plan with { PostmasterStart = v.Sql()?.PostmasterStartTime } });
                ticket.Finish(202, "Restart scheduled");
                break;
            case OperatorRequest.CancelRestart:
                state.Change(m => m with { ScheduledRestart = null });
                ticket.Finish(200, "scheduled restart deleted");
                break;
            case OperatorRequest.Reinitialize reinit:
                state.Change(m => m with { Reinit = new(reinit.FromLeader), RepairFailedAt = null });
                ticket.Finish(200, "reinitialize started");
                break;
            case OperatorRequest.Failover failover:
                Write(v, ticket, NodeName.Nobody, failover.Candidate);
                break;
        }
    }

    public void Refuse(HaDecision.Refuse refuse) => Find(refuse.RequestId)?.Refuse(refuse.Code, refuse.Text);

    /// <summary>Looks whether an admitted hand-over has come to its end; called with each new picture.</summary>
    public void Follow(NodeView v)
    {
        FollowRestart(v);
        if (v.Cluster is not { } cluster || _admitted.Count == 0)
        {
            return;
        }

        foreach (var ticket in mailbox.Open())
        {
            if (v.At - ticket.AskedAt > Longest && ticket.Request is not OperatorRequest.Restart)
            {
                // Whoever asked is long gone; its place in the mailbox is for others.
                _admitted.Remove(ticket.Id);
                ticket.Finish(503, "status unknown: nothing was heard of it for too long");
                continue;
            }

            if (_admitted.TryGetValue(ticket.Id, out var begun) && begun.Written && Outcome(cluster, ticket.Request, begun.Leader) is var (code, text))
            {
                _admitted.Remove(ticket.Id);
                ticket.Finish(code, text);
            }
        }
    }

    /// <summary>A restart ends when it ends: however long the stop took.</summary>
    private void FollowRestart(NodeView v)
    {
        foreach (var ticket in mailbox.Open())
        {
            if (ticket is { IsAdmitted: true, Request: OperatorRequest.Restart } && v.Memory.Restart?.RequestId != ticket.Id)
            {
                var outcome = v.Memory.RestartEnded.RequestId == ticket.Id ? v.Memory.RestartEnded.Outcome : RestartOutcome.Failed;
                ticket.Finish(outcome == RestartOutcome.Done ? 200 : 503, outcome switch
                {
                    RestartOutcome.Done => "restarted successfully",
                    RestartOutcome.StillStarting => "postgres is still starting",
                    _ => "restart failed",
                });
            }
        }
    }

    private static (int Code, string Text)? Outcome(ClusterState cluster, OperatorRequest request, NodeName oldLeader)
    {
        var isSwitchover = request is OperatorRequest.Switchover;
        var candidate = request is OperatorRequest.Switchover switchover ? switchover.Candidate : ((OperatorRequest.Failover)request).Candidate;
        var leader = cluster.LeaderName;
        if (!leader.IsNobody && leader != oldLeader)
        {
            var done = isSwitchover ? "witched over" : "ailed over";
            return candidate.IsNobody || candidate == leader
                ? (200, $"Successfully {(isSwitchover ? "s" : "f")}{done} to \"{leader}\"")
                : (200, $"{(isSwitchover ? "S" : "F")}{done} to \"{leader}\" instead of \"{candidate}\"");
        }

        // The request is gone and the old leader still leads: somebody cleared it unfulfilled.
        return !cluster.Failover.IsPresent && leader == oldLeader && !leader.IsNobody
            ? (503, isSwitchover ? "Switchover failed" : "Failover failed")
            : null;
    }

    private void Write(NodeView v, Ticket ticket, NodeName leader, NodeName candidate)
    {
        _admitted[ticket.Id] = (v.Cluster?.LeaderName ?? NodeName.Nobody, Written: false);
        ticket.Admit();
        background.Run(WriteAsync(v, ticket, FailoverRecordWriter.Write(leader, candidate, null)));
    }

    private async Task ScheduleAsync(NodeView v, Ticket ticket, string value)
    {
        var outcome = await dcs.WriteAsync(DcsRecord.Failover, value, null, v.At + v.Settings.RetryTimeout, CancellationToken.None);
        ticket.Finish(outcome == WriteOutcome.Written ? 202 : 503, outcome switch
        {
            WriteOutcome.Written => "Switchover scheduled",
            WriteOutcome.Refused => NotWritten,
            _ => "The configuration store did not confirm the schedule: look at GET /cluster before repeating it",
        });
    }

    private async Task WriteAsync(NodeView v, Ticket ticket, string value)
    {
        var outcome = await dcs.WriteAsync(DcsRecord.Failover, value, null, v.At + v.Settings.RetryTimeout, CancellationToken.None);
        if (outcome == WriteOutcome.Written)
        {
            _admitted[ticket.Id] = _admitted[ticket.Id] with { Written = true };
        }
        else
        {
            _admitted.Remove(ticket.Id);
            ticket.Finish(503, NotWritten);
        }

        state.Fold(m => m);
    }

    private Ticket? Find(long id) => Array.Find(mailbox.Open(), ticket => ticket.Id == id);
}
