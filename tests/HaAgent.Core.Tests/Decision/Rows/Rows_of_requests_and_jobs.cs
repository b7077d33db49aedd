using HaAgent.Core.Decision;
using HaAgent.Core.Jobs;
using HaAgent.Core.Requests;
using HaAgent.Core.Snapshot;
using static HaAgent.Core.Tests.Decision.Rows.Example;

namespace HaAgent.Core.Tests.Decision.Rows;

/// <summary>An operator waits for an answer, or a job is at work.</summary>
internal static class Rows_of_requests_and_jobs
{
    private static readonly JobSpec.Rewind Rewind = new(new(new("a"), "postgres://a:5432/postgres"));
    private static readonly JobSpec.BaseBackup Copy = new(Rewind.Leader, SourceLeads: true);

    public static readonly Example[] Requests =
    [
        Of<HaDecision.Admit>("Q10", ReasonId.RequestAdmitted,
            "An operator asks to read the local configuration again, while the store is silent",
            Given.Replica().StoreSilent().Asked(new OperatorRequest.Reload())),
        Of<HaDecision.Refuse>("Q20", ReasonId.RequestRefused,
            "An operator asks for a switchover while the store is silent",
            Given.Replica().StoreSilent().Asked(new OperatorRequest.Switchover(new("a"), new("b")))),
        Of<HaDecision.Refuse>("Q30", ReasonId.RequestRefused,
            "An operator asks for a switchover away from a node that does not lead",
            Given.Primary().Asked(new OperatorRequest.Switchover(new("c"), new("b")))),
        Of<HaDecision.AskPeers>("Q40", ReasonId.RequestCheckPeers,
            "An operator asks for a switchover to a member that has not been asked yet whether it can",
            Given.Primary().Asked(new OperatorRequest.Switchover(new("a"), new("b")))),
        Of<HaDecision.Admit>("Q50", ReasonId.RequestAdmitted,
            "An operator asks for a switchover to a member that has just said that it is well",
            Given.Primary().Ballot("b", Given.Here.Value).Asked(new OperatorRequest.Switchover(new("a"), new("b")))),
    ];

    public static readonly Example[] Job =
    [
        Of<HaDecision.AnswerPermit>("J20", ReasonId.PermitGranted,
            "A rewind asks leave to change the data directory and the leader is the running primary of this cluster",
            Given.Stopped().Job(Rewind, PermitKind.RewindDataDirectory)),
        Of<HaDecision.AnswerPermit>("J30", ReasonId.PermitRefused,
            "A rewind asks leave to change the data directory and nobody leads any more",
            Given.Stopped().NobodyLeads().Job(Rewind, PermitKind.RewindDataDirectory)),
        Of<HaDecision.CancelJob>("J40", ReasonId.EndCancelJob,
            "The agent is told to end during a base backup, which can be made again",
            Given.EmptyDirectory().Remember(m => m with { ShutdownRequested = true }).Job(Copy)),
        Of<HaDecision.Wait>("J90", ReasonId.JobRunning,
            "The agent is told to end during a rewind, which is left to finish: half of it is worse than none",
            Given.Stopped().Remember(m => m with { ShutdownRequested = true }).Job(Rewind)),
    ];
}
