using HaAgent.Core.Decision;
using HaAgent.Core.Jobs;
using HaAgent.Core.Requests;
using HaAgent.Core.Snapshot;
using static HaAgent.Core.Tests.Decision.Rows.Example;

namespace HaAgent.Core.Tests.Decision.Rows;

/// <summary>A restart or a new copy was asked for and admitted.</summary>
internal static class Rows_of_operators
{
    public static readonly Example[] All =
    [
        Of<HaDecision.EndSchedule>("O10", ReasonId.ScheduledRestartDropped,
            "A restart was scheduled for a time that is long over",
            Scheduled(Given.Replica(), secondsAgo: 60)),
        Of<HaDecision.EndSchedule>("O15", ReasonId.ScheduledRestartDue,
            "The time of a scheduled restart has come",
            Scheduled(Given.Primary(), secondsAgo: 1)),
        Of<JobSpec.StopForRestart>("O20", ReasonId.RestartBegins,
            "A restart of the leader was admitted",
            Restarting(Given.Primary(), asPrimary: true, stopped: false)),
        Of<JobSpec.StartPrimary>("O25", ReasonId.RestartStarts,
            "Under pause the leader was stopped for a restart",
            Restarting(DownUnderPause(TimeSpan.Zero), asPrimary: true)),
        Of<HaDecision.Wait>("O27", ReasonId.CrashAwaitsRenewal,
            "Under pause the leader was stopped for a restart, and its lease is about to end",
            Restarting(DownUnderPause(TimeSpan.FromSeconds(27)), asPrimary: true).Remember(m => m with { LeaseRequest = LeaseRequest.None })),
        Of<JobSpec.StartReplica>("O30", ReasonId.RestartStarts,
            "Under pause a replica was stopped for a restart",
            Restarting(Given.Stopped().Paused(), asPrimary: false)),
        Of<JobSpec.Stop>("O50", ReasonId.ReinitBegins,
            "A new copy of a running replica was asked for",
            Copying(Given.Replica())),
        Of<JobSpec.Discard>("O60", ReasonId.ReinitDiscards,
            "A new copy was asked for and the server is stopped",
            Copying(Given.Stopped())),
        Of<HaDecision.Wait>("O65", ReasonId.ReinitAwaitsLeader,
            "A new copy was asked for, and a has the key and is no primary yet",
            Copying(Given.Stopped()).Store(c => c with { Members = [.. c.Members.Select(m => m with { Role = "replica" })] })),
        Of<JobSpec.BaseBackup>("O70", ReasonId.CloneFromLeader,
            "A new copy was asked for and the directory is empty, under pause",
            Copying(Given.EmptyDirectory().Paused())),
    ];

    private static Given Scheduled(Given given, double secondsAgo) => given.Remember(m => m with
    {
        ScheduledRestart = new(Given.Today - TimeSpan.FromSeconds(secondsAgo), default, null, "{}"),
    });

    private static Given Restarting(Given given, bool asPrimary, bool stopped = true) =>
        given.Remember(m => m with { Restart = new(1, asPrimary, null, stopped) });

    private static Given DownUnderPause(TimeSpan renewedAgo) => Given.Stopped("a").Paused().WithLease(renewedAgo).Remember(m => m with { RenewAt = Model.Instant.Never });

    private static Given Copying(Given given) => given.Remember(m => m with { Reinit = new Reinitialization(FromLeader: false) });
}
