using HaAgent.Core.Authority;
using HaAgent.Core.Decision;
using HaAgent.Core.Jobs;
using HaAgent.Core.Snapshot;
using static HaAgent.Core.Tests.Decision.Rows.Example;

namespace HaAgent.Core.Tests.Decision.Rows;

/// <summary>There is no data directory yet, or not one of this cluster.</summary>
internal static class Rows_of_the_data_directory
{
    private static readonly DataDirectory.Initialized Ours = new(
        Given.SystemId, ControlState.ShutDown, default,
        HasStandbySignal: true, HasBackupLabel: false, Unfinished: false);

    private static readonly DataDirectory Unreadable = new DataDirectory.Unreadable("Input/output error");
    private static readonly DataDirectory NoDatabase = new DataDirectory.Foreign("no global/pg_control");
    private static readonly DataDirectory OfAnotherCluster = Ours with { SystemIdentifier = "1234567890123456789" };
    private static readonly DataDirectory Unfinished = Ours with { Unfinished = true };

    public static readonly Example[] Founding =
    [
        Of<JobSpec.Stop>("B10", ReasonId.FoundingFailed,
            "Founding the cluster failed while its server runs: the server is stopped",
            Founder(Given.Primary(), FoundingState.Failed)),
        Of<JobSpec.Discard>("B20", ReasonId.FoundingFailed,
            "Founding the cluster failed and left a data directory: it is cleared away",
            Founder(Given.Stopped(), FoundingState.Failed)),
        Of<HaDecision.DeleteInitialize>("B30", ReasonId.FoundingFailed,
            "Founding the cluster failed and nothing is left of it here: the right to found is given back",
            Founder(Given.EmptyDirectory(), FoundingState.Failed)),
        Of<HaDecision.Exit>("B35", ReasonId.FoundingFailed,
            "Founding the cluster failed and all is given back: the agent ends with an error",
            Founder(Given.EmptyDirectory(), FoundingState.Failed, initialize: null)),
        Of<JobSpec.Found>("B40", ReasonId.WonInitialize,
            "The right to found the cluster is won: the cluster is made",
            Founder(Given.EmptyDirectory(), FoundingState.Making)),
        Of<HaDecision.Wait>("B50", ReasonId.StoreSilent,
            "The new cluster runs and the store is silent: nothing can be recorded yet",
            Founder(Given.Primary(), FoundingState.Recording).StoreSilent()),
        Of<HaDecision.Wait>("B60", ReasonId.FoundingStillStarting,
            "The new cluster's server does not answer yet",
            Founder(Given.Primary(), FoundingState.Recording).StartingUp()),
        Of<HaDecision.WriteInitialize>("B70", ReasonId.RecordFounding,
            "The new cluster runs and has no name in the store yet",
            Founder(Given.Primary(), FoundingState.Recording)),
        Of<HaDecision.WriteConfig>("B80", ReasonId.RecordFounding,
            "The new cluster is named and the store has no configuration yet",
            Founder(Given.Primary(), FoundingState.Recording, Given.SystemId)),
        Of<HaDecision.Wait>("B85", ReasonId.NoGuard,
            "The new cluster is recorded and its founder's guard does not run yet: without one nobody leads",
            Founder(Given.Primary(), FoundingState.Recording, Given.SystemId)
                .Store(c => c with { Config = new("{}", new(1)) }).Guard(g => g with { MissingSince = Given.Now })),
        Of<HaDecision.TakeLease>("B90", ReasonId.FirstLeader,
            "The new cluster is recorded: its founder becomes the first leader",
            Founder(Given.Primary(), FoundingState.Recording, Given.SystemId)
                .Store(c => c with { Config = new("{}", new(1)) })),
    ];

    public static readonly Example[] Gates =
    [
        Of<HaDecision.Wait>("G02", ReasonId.GuardFired,
            "The guard has fired and the store is silent: whose the key is must be known first",
            Given.Stopped().StoreSilent().Guard(g => g with { Fired = true, NothingRuns = true })),
        Of<HaDecision.ReleaseLease>("G04", ReasonId.NoGuard,
            "This node won the key and cannot start a guard: another is to have it",
            Given.Replica("a").WithLease(TimeSpan.Zero).Guard(g => g with { MissingSince = Given.Now - TimeSpan.FromSeconds(20) })),
        Of<HaDecision.Wait>("G06", ReasonId.GuardStarting,
            "Nobody leads, but this node's guard is not up yet: it does not race",
            Given.Replica("b").NobodyLeads().Guard(g => g with { MissingSince = Given.Now })),
        Of<HaDecision.ReleaseLease>("G10", ReasonId.DirectoryUnreadable,
            "The leader's server is down and its disk cannot be read: another is to take the key",
            Given.Stopped("a").Directory(Unreadable).WithLease(TimeSpan.Zero)),
        Of<HaDecision.Wait>("G15", ReasonId.DirectoryUnreadable,
            "A replica's server is down and its disk cannot be read: nothing is known, nothing is done", // S6
            Given.Stopped().Directory(Unreadable)),
        Of<HaDecision.Fence>("G18", ReasonId.DirectoryEmptyWhileLeading,
            "The data directory vanished under the running primary",
            Given.Primary().Directory(new DataDirectory.Empty())),
        Of<HaDecision.ReleaseLease>("G20", ReasonId.DirectoryEmptyWhileLeading,
            "The leader's data directory is empty and its server down",
            Given.EmptyDirectory("a").WithLease(TimeSpan.Zero)),
        Of<HaDecision.ReleaseLease>("G22", ReasonId.DirectoryReplacedWhileLeading,
            "The leader's server is down, and another data directory lies where the one was that it ran from",
            Given.Stopped("a").WithLease(TimeSpan.Zero).Remember(m => m with { DirectoryReplaced = true })),
        Of<HaDecision.ReleaseLease>("G23", ReasonId.DirectoryForeignWhileLeading,
            "The leader's server is down and what lies there is no database",
            Given.Stopped("a").Directory(NoDatabase).WithLease(TimeSpan.Zero)),
        Of<HaDecision.Wait>("G25", ReasonId.DirectoryForeign,
            "The data directory holds something that is no database: it is left alone", // S5
            Given.Stopped().Directory(NoDatabase)),
        Of<JobSpec.Discard>("G30", ReasonId.DirectoryUnfinished,
            "A copy of the cluster was broken off and its server never ran: it is cleared away",
            Given.Stopped().Directory(Unfinished)),
        Of<HaDecision.Wait>("G32", ReasonId.RepairBackOff,
            "Clearing away a broken-off copy failed a moment ago",
            Given.Stopped().Directory(Unfinished).Remember(m => m with { RepairFailedAt = Given.Now })),
        Of<HaDecision.ReleaseLease>("G36", ReasonId.DirectoryDamaged,
            "A rewind was broken off in the data directory of a node that holds the key",
            Given.Stopped("a").Directory(Ours with { Damaged = true }).WithLease(TimeSpan.Zero)),
        Of<HaDecision.Wait>("G38", ReasonId.DirectoryDamaged,
            "A rewind was broken off, and a new copy is not made unasked",
            Given.Stopped().Directory(Ours with { Damaged = true })),
        Of<JobSpec.Stop>("G34", ReasonId.DirectoryUnfinished,
            "A server runs from a copy that was never finished: it is stopped",
            Given.Replica().Directory(Unfinished)),
        Of<HaDecision.ReleaseLease>("G40", ReasonId.SystemIdMismatchInPause,
            "Under pause the leader's directory turns out to be another cluster's: the key is given up",
            Given.Stopped("a").Directory(OfAnotherCluster).Paused()),
        Of<HaDecision.Wait>("G45", ReasonId.SystemIdMismatchInPause,
            "Under pause a replica's directory turns out to be another cluster's",
            Given.Stopped().Directory(OfAnotherCluster).Paused()),
        Of<HaDecision.Exit>("G50", ReasonId.SystemIdMismatch,
            "The data directory belongs to another cluster",
            Given.Stopped().Directory(OfAnotherCluster)),
        Of<HaDecision.Exit>("G60", ReasonId.RunningAsReplicaWithoutInitialize,
            "A replica meets a store that knows no cluster: only the primary may name it",
            Given.Replica().NobodyLeads().Store(c => c with { Initialize = null })),
        Of<HaDecision.WriteInitialize>("G65", ReasonId.RecordInitialize,
            "The store lost the cluster's name and this node leads",
            Given.Primary().Store(c => c with { Initialize = null })),
        Of<HaDecision.WriteConfig>("G70", ReasonId.RestoreConfig,
            "The store lost the configuration and this node leads",
            Given.Primary().Store(c => c with { Config = null })),
    ];

    public static readonly Example[] Empty =
    [
        Of<HaDecision.Wait>("E10", ReasonId.DirectoryEmptyInPause,
            "Under pause nothing is put into an empty data directory",
            Given.EmptyDirectory().Paused()),
        Of<HaDecision.DeleteInitialize>("E15", ReasonId.ClaimVoid,
            "The own attempt to found the cluster was broken off and cleared away: its claim is void",
            Given.EmptyDirectory().NobodyLeads().Store(c => c with { Initialize = "" })
                .Remember(m => m with { DiscardedUnfinished = true })),
        Of<HaDecision.Wait>("E18", ReasonId.MayFound,
            "Nobody founded the cluster, and this node is not published yet: a lost reply must show whose claim it is",
            Given.EmptyDirectory().NobodyLeads().Store(c => c with { Initialize = null, Members = [] })),
        Of<HaDecision.CreateInitialize>("E20", ReasonId.MayFound,
            "Nobody founded the cluster: this node claims to",
            Given.EmptyDirectory().NobodyLeads()
                .Store(c => c with { Initialize = null, Members = [.. c.Members.Select(m => m with { State = "stopped" })] })),
        Of<HaDecision.Wait>("E30", ReasonId.RepairBackOff,
            "The last copy of the leader failed a moment ago: the next waits a cycle",
            Given.EmptyDirectory().Remember(m => m with { RepairFailedAt = Given.Now })),
        Of<JobSpec.BaseBackup>("E40", ReasonId.CloneFromLeader,
            "There is a leader: it is copied",
            Given.EmptyDirectory()),
        Of<JobSpec.BaseBackup>("E40", ReasonId.CloneFromReplica,
            "There is a replica that offers itself for it: that one is copied",
            Given.EmptyDirectory().Store(c => c with
            {
                Members =
                [
                    Given.Member("a", "primary"),
                    Given.Member("c", "replica") with { Tags = Tags.None with { CloneFrom = true } },
                ],
            })),
        Of<HaDecision.Wait>("E90", ReasonId.WaitingForLeader,
            "Somebody else is founding the cluster",
            Given.EmptyDirectory().NobodyLeads().Store(c => c with { Initialize = "" })),
    ];

    /// <summary>The store holds what the founder's claim left there, and no leader.</summary>
    private static Given Founder(Given given, FoundingState state, string? initialize = "") =>
        given.WithAuthority(new NodeAuthority.Founding()).NobodyLeads()
            .Store(c => c with { Initialize = initialize, Config = null })
            .Remember(m => m with { Founding = state });
}
