using HaAgent.Core.Decision;
using HaAgent.Core.Jobs;
using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;

namespace HaAgent.Core.Tests.Decision;

public class A_stopped_node
{
    private static readonly DataDirectory.Initialized Crashed =
        new(Given.SystemId, ControlState.InProduction, new(new(1), Given.Here), HasStandbySignal: false, HasBackupLabel: false, Unfinished: false);

    [Fact]
    public void Starts_as_a_replica_of_the_leader()
    {
        var start = Assert.IsType<JobSpec.StartReplica>(Given.Stopped().MustDecide<HaDecision.StartJob>("X90", ReasonId.StartAsReplica).Job);
        Assert.Equal("a", start.Follow?.Name.Value);
    }

    [Fact]
    public void That_crashed_as_leader_starts_as_primary_within_its_lease()
    {
        var given = Given.Stopped("a").Directory(Crashed).WithLease(TimeSpan.Zero);
        var start = Assert.IsType<JobSpec.StartPrimary>(given.MustDecide<HaDecision.StartJob>("X40", ReasonId.CrashRestart).Job);
        Assert.Equal(given.Build().Authority.FenceAt, start.NotAfter);
    }

    [Fact]
    public void That_crashed_without_the_lease_never_starts_as_primary() // S3
    {
        Assert.IsType<JobSpec.StartReplica>(Given.Stopped("a").Directory(Crashed).NobodyLeads().MustDecide<HaDecision.StartJob>("X90", ReasonId.StartAsReplica).Job);
        Given.Stopped("a").Directory(Crashed).StoreSilent().MustDecide<HaDecision.Wait>("X55", ReasonId.StoreSilent);
    }

    [Fact]
    public void Yields_after_a_crash_when_told_to_and_somebody_can_take_over()
    {
        var given = Given.Stopped("a").Directory(Crashed).WithLease(TimeSpan.Zero).Settings(s => s with { PrimaryStartTimeout = TimeSpan.Zero });
        given.MustDecide<HaDecision.AskPeers>("X20", ReasonId.CrashYield);
        given.Ballot("b", Given.Here.Value).NoBallot("c").MustDecide<HaDecision.ReleaseLease>("X30", ReasonId.CrashYield);
    }

    [Fact]
    public void Recovers_itself_when_nobody_else_can() =>
        Given.Stopped("a").Directory(Crashed).WithLease(TimeSpan.Zero).Settings(s => s with { PrimaryStartTimeout = TimeSpan.Zero }).NoBallot("b").NoBallot("c")
            .MustDecide<HaDecision.StartJob>("X40", ReasonId.CrashRestart);

    [Fact]
    public void Gives_up_the_key_when_it_cannot_start() =>
        Given.Stopped("a").Directory(Crashed).WithLease(TimeSpan.Zero).Remember(m => m with { StartFailed = new(Given.Now, true, "no space left") })
            .MustDecide<HaDecision.ReleaseLease>("X10", ReasonId.StartFailedAsLeader);

    [Fact]
    public void Gives_up_the_key_when_it_cannot_even_start_read_only() =>
        Given.Stopped("b").LeadBy("b").WithLease(TimeSpan.Zero).Remember(m => m with { StartFailed = new(Given.Now, false, "no space left") })
            .MustDecide<HaDecision.ReleaseLease>("X10", ReasonId.StartFailedAsLeader);

    [Fact]
    public void Waits_for_the_new_leaders_checkpoint_before_it_is_rewound() =>
        Given.Stopped().Settings(s => s with { UsePgRewind = true }).Remember(m => m with { Rewind = RewindState.Needed })
            .Store(c => c with { Members = [Given.Member("a", "primary") with { CheckpointAfterPromote = false }] })
            .MustDecide<HaDecision.Wait>("W05", ReasonId.RewindAwaitsCheckpoint);

    [Fact]
    public void That_crashed_as_primary_on_the_very_timeline_of_the_leader_compares_before_it_starts() =>
        Given.Stopped("b").Directory(Crashed).Settings(s => s with { RemoveDataDirectoryOnDivergedTimelines = true })
            .Remember(m => m with { Rewind = RewindState.CheckDue }).MustDecide<HaDecision.StartJob>("W50", ReasonId.RewindCheckDue);

    [Fact]
    public void That_crashed_as_primary_starts_as_a_replica_where_it_may_not_be_repaired() =>
        Given.Stopped("b").Directory(Crashed)
            .Remember(m => m with { Rewind = RewindState.CheckDue }).MustDecide<HaDecision.StartJob>("X90", ReasonId.StartAsReplica);

    [Fact]
    public void Holding_the_key_over_a_replicas_data_starts_read_only_first() =>
        Given.Stopped("b").LeadBy("b").WithLease(TimeSpan.Zero).MustDecide<HaDecision.StartJob>("X45", ReasonId.StartAsReadOnly);

    [Fact]
    public void Serves_reads_again_after_a_fence_during_a_silent_store() =>
        Given.Stopped("a").StoreSilent().Remember(m => m with { FencedInSilence = true }).MustDecide<HaDecision.StartJob>("X50", ReasonId.StartAfterSilence);

    [Fact]
    public void Does_not_try_again_at_once_after_a_failed_start() =>
        Given.Stopped().Remember(m => m with { StartFailed = new(Given.Now, false, "port in use") }).MustDecide<HaDecision.Wait>("X80", ReasonId.StartFailedBackOff);

    [Fact]
    public void That_was_primary_finds_out_first_whether_its_history_was_left() =>
        Given.Stopped("b").Directory(Crashed with { State = ControlState.ShutDown }).Settings(s => s with { UsePgRewind = true })
            .Remember(m => m with { Rewind = RewindState.CheckDue }).MustDecide<HaDecision.StartJob>("W50", ReasonId.RewindCheckDue);

    [Fact]
    public void That_crashed_as_primary_is_rewound_before_it_serves_anything() =>
        Given.Stopped("b").Directory(Crashed).Settings(s => s with { UsePgRewind = true }).Remember(m => m with { Rewind = RewindState.CheckDue })
            .Store(c => c with { Members = [Given.Member("a", "primary") with { Timeline = new(2) }] })
            .MustDecide<HaDecision.StartJob>("W45", ReasonId.RewindNeeded);

    [Fact]
    public void Is_rewound_only_from_a_leader_that_runs_as_primary() // S5
    {
        Given.Stopped().Settings(s => s with { UsePgRewind = true }).Remember(m => m with { Rewind = RewindState.Needed })
            .MustDecide<HaDecision.StartJob>("W10", ReasonId.RewindNeeded);
        Given.Stopped().Settings(s => s with { UsePgRewind = true }).Remember(m => m with { Rewind = RewindState.Needed })
            .Store(c => c with { Members = [Given.Member("a", "replica")] }).MustDecide<HaDecision.Wait>("W40", ReasonId.RewindNeeded);
    }

    [Fact]
    public void Is_discarded_only_where_the_operator_allowed_it() // S5
    {
        var diverged = Given.Stopped().Remember(m => m with { Rewind = RewindState.Needed });
        diverged.MustDecide<HaDecision.StartJob>("X90", ReasonId.StartAsReplica);
        diverged.Settings(s => s with { RemoveDataDirectoryOnDivergedTimelines = true }).MustDecide<HaDecision.StartJob>("W30", ReasonId.DivergedDiscard);
    }

    [Fact]
    public void May_change_its_data_directory_only_with_a_permit_from_a_fresh_view() // S5, S6
    {
        var asking = Given.Stopped().Job(new JobSpec.Discard(DiscardReason.DivergedTimelines, new(new("a"), "postgres://a:5432/postgres")), PermitKind.DiscardDataDirectory);
        Assert.True(asking.MustDecide<HaDecision.AnswerPermit>("J20", ReasonId.PermitGranted).Granted);
        Assert.False(asking.StoreSilent().MustDecide<HaDecision.AnswerPermit>("J30", ReasonId.PermitRefused).Granted);
        Assert.False(Given.Stopped().NobodyLeads().Job(new JobSpec.Discard(DiscardReason.DivergedTimelines, new(new("a"), "postgres://a:5432/postgres")), PermitKind.DiscardDataDirectory)
            .MustDecide<HaDecision.AnswerPermit>("J30", ReasonId.PermitRefused).Granted);
    }
}

public class A_node_without_data
{
    [Fact]
    public void Founds_the_cluster_when_nobody_has() =>
        Given.EmptyDirectory().NobodyLeads().Store(c => c with { Initialize = null, Members = [.. c.Members.Select(m => m with { State = "stopped" })] })
            .MustDecide<HaDecision.CreateInitialize>("E20", ReasonId.MayFound);

    [Fact]
    public void Founds_nothing_beside_a_member_that_runs() => // the store forgot the cluster, the servers did not
        Given.EmptyDirectory().NobodyLeads().Store(c => c with { Initialize = null }).MustDecide<HaDecision.Wait>("E90", ReasonId.WaitingForLeader);

    [Fact]
    public void Founds_nothing_once_it_has_seen_the_cluster() =>
        Given.EmptyDirectory().NobodyLeads().Store(c => c with { Initialize = null, Members = [.. c.Members.Select(m => m with { State = "stopped" })] })
            .Remember(m => m with { HasJoined = true }).MustDecide<HaDecision.Wait>("E90", ReasonId.WaitingForLeader);

    [Fact]
    public void Publishes_itself_before_it_claims_to_found_anything() => // a lost reply must still show whose claim it is
        Given.EmptyDirectory().NobodyLeads().Store(c => c with { Initialize = null, Members = [] }).MustDecide<HaDecision.Wait>("E18", ReasonId.MayFound);

    [Fact]
    public void Gives_back_a_claim_of_its_own_that_was_broken_off() =>
        Given.EmptyDirectory().NobodyLeads().Store(c => c with { Initialize = "" }).Remember(m => m with { DiscardedUnfinished = true })
            .MustDecide<HaDecision.DeleteInitialize>("E15", ReasonId.ClaimVoid);

    [Fact]
    public void Waits_while_somebody_else_founds_it() =>
        Given.EmptyDirectory().NobodyLeads().Store(c => c with { Initialize = "" }).MustDecide<HaDecision.Wait>("E90", ReasonId.WaitingForLeader);

    [Fact]
    public void Never_founds_a_second_one_while_the_store_is_silent() => // S6
        Given.EmptyDirectory().StoreSilent().MustDecide<HaDecision.Wait>("E90", ReasonId.WaitingForLeader);

    [Fact]
    public void Copies_the_leader() =>
        Given.EmptyDirectory().MustDecide<HaDecision.StartJob>("E40", ReasonId.CloneFromLeader);

    [Fact]
    public void Copies_a_running_member_that_is_tagged_for_it() =>
        Assert.Equal("c", Assert.IsType<JobSpec.BaseBackup>(Given.EmptyDirectory()
            .Store(c => c with { Members = [Given.Member("a", "primary"), Given.Member("c", "replica") with { Tags = Tags.None with { CloneFrom = true } }] })
            .MustDecide<HaDecision.StartJob>("E40", ReasonId.CloneFromReplica).Job).Source.Name.Value);

    [Fact]
    public void Does_nothing_under_pause() =>
        Given.EmptyDirectory().Paused().MustDecide<HaDecision.Wait>("E10", ReasonId.DirectoryEmptyInPause);

    [Fact]
    public void Gives_up_a_key_it_cannot_serve() =>
        Given.EmptyDirectory("a").WithLease(TimeSpan.Zero).MustDecide<HaDecision.ReleaseLease>("G20", ReasonId.DirectoryEmptyWhileLeading);
}

public class A_node_of_another_cluster
{
    private static readonly DataDirectory.Initialized Foreign =
        new("1234567890123456789", ControlState.ShutDown, default, HasStandbySignal: false, HasBackupLabel: false, Unfinished: false);

    [Fact]
    public void Ends_with_an_error_and_stops_its_server() =>
        Assert.True(Given.Stopped().Directory(Foreign).MustDecide<HaDecision.Exit>("G50", ReasonId.SystemIdMismatch).StopFirst);

    [Fact]
    public void Only_waits_under_pause() =>
        Given.Stopped().Directory(Foreign).Paused().MustDecide<HaDecision.Wait>("G45", ReasonId.SystemIdMismatchInPause);

    [Fact]
    public void Refuses_to_join_a_store_without_a_cluster_as_a_replica_and_leaves_its_server_alone() =>
        Assert.False(Given.Replica().NobodyLeads().Store(c => c with { Initialize = null })
            .MustDecide<HaDecision.Exit>("G60", ReasonId.RunningAsReplicaWithoutInitialize).StopFirst);

    [Fact]
    public void Names_the_cluster_when_it_is_the_first_to_come() =>
        Given.Stopped().NobodyLeads().Store(c => c with { Initialize = null }).MustDecide<HaDecision.WriteInitialize>("G65", ReasonId.RecordInitialize);
}
