using HaAgent.Core.Authority;
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

    private static readonly ScheduledRestart Tonight = new(Given.Today + TimeSpan.FromHours(20), default, null, "{}");

    public static readonly Example[] Requests =
    [
        Of<HaDecision.Admit>("Q10", ReasonId.RequestAdmitted,
            "An operator asks to read the local configuration again, while the store is silent",
            Given.Replica().StoreSilent().Asked(new OperatorRequest.Reload())),
        Of<HaDecision.Refuse>("Q12", ReasonId.RequestRefused,
            "An operator withdraws a scheduled restart where none is scheduled",
            Given.Replica().Asked(new OperatorRequest.CancelRestart())),
        Of<HaDecision.Refuse>("Q14", ReasonId.RequestRefused,
            "An operator schedules a restart under pause",
            Given.Replica().Paused().Asked(new OperatorRequest.ScheduleRestart(Tonight))),
        Of<HaDecision.Refuse>("Q16", ReasonId.RequestRefused,
            "An operator schedules a restart where one is scheduled",
            Given.Replica().Remember(m => m with { ScheduledRestart = Tonight }).Asked(new OperatorRequest.ScheduleRestart(Tonight))),
        Of<HaDecision.Admit>("Q18", ReasonId.RequestAdmitted,
            "An operator schedules a restart while the store is silent",
            Given.Replica().StoreSilent().Asked(new OperatorRequest.ScheduleRestart(Tonight))),
        Of<HaDecision.Refuse>("Q20", ReasonId.RequestRefused,
            "An operator asks for a switchover while the store is silent",
            Given.Replica().StoreSilent().Asked(new OperatorRequest.Switchover(new("a"), new("b")))),
        Of<HaDecision.Refuse>("Q21", ReasonId.RequestRefused,
            "An operator asks for a new copy while nobody leads",
            Given.Replica().NobodyLeads().Asked(new OperatorRequest.Reinitialize(false, false))),
        Of<HaDecision.Refuse>("Q22", ReasonId.RequestRefused,
            "An operator asks the leader to make its copy anew",
            Given.Primary().Asked(new OperatorRequest.Reinitialize(true, false))),
        Of<HaDecision.CancelJob>("Q23", ReasonId.ReinitCancelsJob,
            "An operator insists on a new copy while one is being made",
            Given.EmptyDirectory().Job(Copy).Asked(new OperatorRequest.Reinitialize(Force: true, false))),
        Of<HaDecision.Refuse>("Q25", ReasonId.RequestRefused,
            "An operator insists on a new copy during a rewind, which is not called off",
            Given.Stopped().Job(Rewind).Asked(new OperatorRequest.Reinitialize(Force: true, false))),
        Of<HaDecision.Refuse>("Q24", ReasonId.RequestRefused,
            "An operator asks for a restart where a parameter waits for it, and none does",
            Given.Replica().Asked(new OperatorRequest.Restart(new(null, 0, Pending: true), null))),
        Of<HaDecision.Refuse>("Q26", ReasonId.RequestRefused,
            "An operator asks for a restart of a paused primary without the key",
            Given.Primary().Paused().LeadBy("b").WithAuthority(new NodeAuthority.None()).Asked(new OperatorRequest.Restart(default, null))),
        Of<HaDecision.Refuse>("Q27", ReasonId.RequestRefused,
            "An operator asks for a restart of a server that cannot be started as it is",
            Given.Stopped().Directory(new DataDirectory.Foreign("no control file")).Asked(new OperatorRequest.Restart(default, null))),
        Of<HaDecision.Admit>("Q28", ReasonId.RequestAdmitted,
            "An operator asks for a restart of the leader",
            Given.Primary().Asked(new OperatorRequest.Restart(default, null))),
        Of<HaDecision.Refuse>("Q29", ReasonId.RequestRefused,
            "An operator asks for a switchover to c while the leader hands over to b",
            Given.Primary().Job(new JobSpec.StopForHandOver(new("b"), false, false, default)).Asked(new OperatorRequest.Switchover(new("a"), new("c")))),
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
