using System.Collections.Immutable;
using HaAgent.Core.Model;
using HaAgent.Core.Requests;
using HaAgent.Core.Snapshot;

namespace HaAgent.Core.Decision;

/// <summary>An operator waits for an answer: admitted, or refused with the sentence that tools know.</summary>
internal static class RequestRules
{
    public static readonly ImmutableArray<HaRule> Rows =
    [
        new("Q10", v => Next(v) is { Request: OperatorRequest.Reload }, v => new HaDecision.Admit(Next(v)!.Id, new(ReasonId.RequestAdmitted))), // tested
        new("Q20", v => Next(v) is not null && v.StoreIsSilent(), v => Refuse(v, 503, "DCS is not accessible")),
        new("Q30", v => Check(v) is SwitchoverChecks.Verdict.Refused,
            v => Refuse(v, ((SwitchoverChecks.Verdict.Refused)Check(v)!).Code, ((SwitchoverChecks.Verdict.Refused)Check(v)!).Text)), // tested
        new("Q40", v => Check(v) is SwitchoverChecks.Verdict.NeedsBallots && v.Memory.AskingSince is null,
            v => new HaDecision.AskPeers(((SwitchoverChecks.Verdict.NeedsBallots)Check(v)!).Peers, Election.Ballots.Timeout, new(ReasonId.RequestCheckPeers))), // tested
        new("Q50", v => Check(v) is SwitchoverChecks.Verdict.Admitted, v => new HaDecision.Admit(Next(v)!.Id, new(ReasonId.RequestAdmitted))), // tested
    ];

    private static RequestView? Next(NodeView v) => v.Requests.FirstOrDefault(request => !request.Admitted);

    private static SwitchoverChecks.Verdict? Check(NodeView v) => Next(v) is { } next ? SwitchoverChecks.Check(v, next) : null;

    private static HaDecision Refuse(NodeView v, int code, string text) =>
        new HaDecision.Refuse(Next(v)!.Id, code, text, new(ReasonId.RequestRefused, new() { Text = text })); // asked only when there is one
}
