using System.Collections.Immutable;
using HaAgent.Core.Jobs;
using HaAgent.Core.Requests;
using HaAgent.Core.Snapshot;

namespace HaAgent.Core.Decision;

/// <summary>An operator waits for an answer: admitted, or refused with the sentence that tools know.</summary>
internal static class RequestRules
{
    public static readonly ImmutableArray<HaRule> Rows =
    [
        new("Q10", v => Next(v) is { Request: OperatorRequest.Reload }, v => new HaDecision.Admit(Next(v)!.Id, new(ReasonId.RequestAdmitted))), // tested

        new("Q12", v => Next(v) is { Request: OperatorRequest.CancelRestart } && v.Memory.ScheduledRestart is null,
            v => Refuse(v, 404, "no restarts are scheduled")),
        new("Q14", v => Next(v) is { Request: OperatorRequest.ScheduleRestart } && v.Paused(),
            v => Refuse(v, 500, "Can't schedule restart in the paused state")),
        new("Q16", v => Next(v) is { Request: OperatorRequest.ScheduleRestart } && v.Memory.ScheduledRestart is not null,
            v => Refuse(v, 409, "Another restart is already scheduled")),
        new("Q18", v => Next(v) is { Request: OperatorRequest.ScheduleRestart or OperatorRequest.CancelRestart },
            v => new HaDecision.Admit(Next(v)!.Id, new(ReasonId.RequestAdmitted))), // tested

        new("Q20", v => Next(v) is not null && v.StoreIsSilent(), v => Refuse(v, 503, "DCS is not accessible")),

        new("Q21", v => Next(v) is { Request: OperatorRequest.Reinitialize } && v.LeaderName().IsNobody,
            v => Refuse(v, 503, "Cluster has no leader, can not reinitialize")),
        new("Q22", v => Next(v) is { Request: OperatorRequest.Reinitialize } && (v.HasKey() || v.HasLease() || v.MayBeWritable()),
            v => Refuse(v, 503, v.HasKey() || v.HasLease()
                ? "I am the leader, can not reinitialize"
                : "PostgreSQL may run as primary here, can not reinitialize: stop it first")),
        new("Q23", v => Next(v) is { Request: OperatorRequest.Reinitialize { Force: true } } && v.Job is { CancelRequested: false } job && JobRules.MayBeCut(job),
            v => new HaDecision.CancelJob(v.Job!.Id, new(ReasonId.ReinitCancelsJob, new() { Text = v.Job.Label }))), // tested
        new("Q24", v => Next(v) is { Request: OperatorRequest.Restart restart } && !restart.Filter.Matches(v),
            v => Refuse(v, 503, "restart conditions are not satisfied")),
        new("Q25", v => Next(v) is { Request: OperatorRequest.Reinitialize or OperatorRequest.Restart } && v.Job is not { CancelRequested: true } && Busy(v) is not null,
            v => Refuse(v, 503, $"{Busy(v)} already in progress")),

        // Another may have been promoted meanwhile: to start this one as primary is the operator's own deed.
        new("Q26", v => Next(v) is { Request: OperatorRequest.Restart } && v.Job is null && !v.HasLease() && (v.MayBeWritable() || (v.Paused() && WasPrimary(v))),
            v => Refuse(v, 503, "restart failed: PostgreSQL is a primary here and this node does not hold the leader key")),
        new("Q27", v => Next(v) is { Request: OperatorRequest.Restart } && v.Job is null && !v.Running() && !v.MayBeStarted(),
            v => Refuse(v, 503, "restart failed: PostgreSQL cannot be started from this data directory (see the member's log); it may need a reinitialize")),
        new("Q28", v => Next(v) is { Request: OperatorRequest.Reinitialize or OperatorRequest.Restart } && v.Job is null,
            v => new HaDecision.Admit(Next(v)!.Id, new(ReasonId.RequestAdmitted))), // tested

        // One wins, and the other is told why: a second request would change whom the first hands over to.
        new("Q29", v => Next(v) is { Request: OperatorRequest.Switchover or OperatorRequest.Failover } && HandingOver(v) is not null,
            v => Refuse(v, 503, $"{HandingOver(v)} already in progress")),
        new("Q30", v => Check(v) is SwitchoverChecks.Verdict.Refused,
            v => Refuse(v, ((SwitchoverChecks.Verdict.Refused)Check(v)!).Code, ((SwitchoverChecks.Verdict.Refused)Check(v)!).Text)), // tested
        new("Q40", v => Check(v) is SwitchoverChecks.Verdict.NeedsBallots && v.Memory.AskingSince is null,
            v => new HaDecision.AskPeers(((SwitchoverChecks.Verdict.NeedsBallots)Check(v)!).Peers, Election.Ballots.Timeout, new(ReasonId.RequestCheckPeers))), // tested
        new("Q50", v => Check(v) is SwitchoverChecks.Verdict.Admitted, v => new HaDecision.Admit(Next(v)!.Id, new(ReasonId.RequestAdmitted))), // tested
    ];

    private static RequestView? Next(NodeView v) => v.Requests.FirstOrDefault(request => !request.Admitted);

    private static SwitchoverChecks.Verdict? Check(NodeView v) => Next(v) is { } next ? SwitchoverChecks.Check(v, next) : null;

    /// <summary>What is under way with the local server, as the peer's tools know it; null: nothing.</summary>
    private static string? Busy(NodeView v) =>
        v.Job is { } job ? job.Label
        : v.Memory.Fencing ? "demote"
        : v.Memory.HandOver is not null ? "switchover: demote"
        : v.Memory.Restart is not null && !(v.Memory.Restart.Stopped && IsForced(v)) ? JobSpec.Restart
        : v.Memory.Reinit is not null && !IsForced(v) ? JobSpec.Reinitialize
        : v.Memory.Founding != FoundingState.None ? "bootstrap"
        : null;

    private static bool IsForced(NodeView v) => Next(v) is { Request: OperatorRequest.Reinitialize { Force: true } };

    private static bool WasPrimary(NodeView v) => !v.Running() && v.Directory() is { HasStandbySignal: false };

    private static string? HandingOver(NodeView v) =>
        v.Job is { Spec: JobSpec.StopForHandOver } job ? job.Label : v.Memory.HandOver is { Released: false } ? "switchover: demote" : null;

    private static HaDecision Refuse(NodeView v, int code, string text) =>
        new HaDecision.Refuse(Next(v)!.Id, code, text, new(ReasonId.RequestRefused, new() { Text = text })); // asked only when there is one
}
