using HaAgent.Core.Authority;
using HaAgent.Core.Decision;
using HaAgent.Core.Jobs;
using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;

namespace HaAgent.Core.Tests.Decision;

/// <summary>What holds for every view that can be made up, however odd.</summary>
public class Laws
{
    private const int Many = 20_000;

    [Fact]
    public void Every_view_has_a_decision_and_the_same_view_always_the_same_one()
    {
        ForMany((seed, view) =>
        {
            var first = HaDecider.Decide(view);
            var second = HaDecider.Decide(view);
            Assert.True(first.RuleId == second.RuleId && first.Decision.Reason == second.Decision.Reason, $"seed {seed}");
        });
    }

    [Fact]
    public void A_silent_store_never_makes_anyone_promote_or_race() => // S3, S6
        ForMany((seed, view) =>
        {
            var decision = HaDecider.Decide(view with { Dcs = new DcsReading.Silent(DcsFailure.TimedOut) }).Decision;
            Assert.False(
                decision is HaDecision.RaceForLease or HaDecision.TakeLease or HaDecision.CreateInitialize
                    || (decision is HaDecision.StartJob { Job: JobSpec.Promote } && !Holds(view)), $"seed {seed}: {decision}");
        });

    [Fact]
    public void Nobody_promotes_or_starts_writable_without_holding_the_lease() => // S3
        ForMany((seed, view) =>
        {
            if (HaDecider.Decide(view).Decision is HaDecision.StartJob { Job: JobSpec.Promote or JobSpec.StartPrimary } start)
            {
                Assert.True(Holds(view), $"seed {seed}: {start}");
                var notAfter = start.Job is JobSpec.Promote promote ? promote.NotAfter : ((JobSpec.StartPrimary)start.Job).NotAfter;
                Assert.True(notAfter <= view.Memory.Authority.GuardAt, $"seed {seed}: {start}");
            }
        });

    [Fact]
    public void Outside_pause_a_writable_server_whose_authority_has_run_out_is_always_fenced() => // S2
        ForMany((seed, view) =>
        {
            var bare = view with { Settings = view.Settings with { Pause = false }, Memory = view.Memory with { Fencing = false, HandOver = null } };
            if (bare.Postgres is { IsRunning: true, InRecovery: false }
                && bare.Memory.Authority is not NodeAuthority.Founding && bare.Memory.Authority.HasRunOut(bare.At))
            {
                var ruled = HaDecider.Decide(bare);
                Assert.True(ruled.Decision is HaDecision.Fence, $"seed {seed}: {ruled}");
            }
        });

    [Fact]
    public void After_the_guard_has_fired_nothing_is_renewed_acquired_or_made_writable() => // S1
        ForMany((seed, view) =>
        {
            var decision = HaDecider.Decide(view with { Guard = view.Guard with { Fired = true } }).Decision;
            Assert.False(
                decision is HaDecision.RenewLease or HaDecision.RaceForLease
                    or HaDecision.StartJob { Job: JobSpec.Promote or JobSpec.StartPrimary },
                $"seed {seed}: {decision}");
        });

    [Fact]
    public void Without_a_guard_nothing_becomes_writable_outside_pause() => // S1
        ForMany((seed, view) =>
        {
            var bare = view with
            {
                Settings = view.Settings with { Pause = false },
                Memory = view.Memory with { HandOver = null, HandOverBroken = false }, // there the runner of jobs refuses
                Guard = GuardReading.Watching with { MissingSince = view.At },
            };
            var decision = HaDecider.Decide(bare).Decision;
            Assert.False(decision is HaDecision.StartJob { Job: JobSpec.Promote or JobSpec.StartPrimary }, $"seed {seed}: {decision}");
        });

    [Fact]
    public void Another_leader_always_fences_a_writable_server() => // S1
        ForMany((seed, view) =>
        {
            var bare = view with { Settings = view.Settings with { Pause = false }, Memory = view.Memory with { Fencing = false, HandOver = null } };
            if (bare.Postgres is { IsRunning: true, InRecovery: false } && bare.Memory.Authority is not NodeAuthority.Founding
                && bare.Cluster is { Leader: { } leader } && leader.Name != bare.Self)
            {
                Assert.True(HaDecider.Decide(bare).Decision is HaDecision.Fence, $"seed {seed}");
            }
        });

    [Fact]
    public void Nothing_is_started_from_a_data_directory_that_is_not_whole() => // S4
        ForMany((seed, view) =>
        {
            if (view.Postgres.Directory is DataDirectory.Initialized { Damaged: true } && !view.Postgres.IsRunning)
            {
                var decision = HaDecider.Decide(view).Decision;
                Assert.False(decision is HaDecision.StartJob { Job: JobSpec.StartPrimary or JobSpec.StartReplica }, $"seed {seed}: {decision}");
            }
        });

    [Fact]
    public void No_data_directory_is_touched_unless_another_node_is_the_known_running_primary() => // S5
        ForMany((seed, view) =>
        {
            if (HaDecider.Decide(view).Decision is HaDecision.StartJob { Job: JobSpec.Rewind or JobSpec.Discard { Reason: not DiscardReason.CreationFailed } })
            {
                var leader = view.Cluster?.LeaderMember;
                Assert.True(leader is { IsPrimaryByRole: true, IsRunning: true } && leader.Name != view.Self, $"seed {seed}");
            }
        });

    [Fact]
    public void A_data_directory_may_be_touched_only_under_a_known_running_primary_of_this_cluster() => // S5
        ForMany((seed, view) =>
        {
            if (HaDecider.Decide(view).Decision is HaDecision.AnswerPermit { Granted: true })
            {
                Assert.True(
                    view.Cluster is { LeaderMember: { IsPrimaryByRole: true, IsRunning: true } leader } cluster
                    && leader.Name != view.Self
                    && view.Postgres.Directory is DataDirectory.Initialized own
                    && own.SystemIdentifier == cluster.Initialize,
                    $"seed {seed}");
            }
        });

    [Fact]
    public void A_running_server_s_data_directory_is_never_rewound_or_removed_whether_it_answers_or_not() => // S5, S6
        ForMany((seed, view) =>
        {
            if (view.Postgres.IsRunning)
            {
                Assert.False(
                    HaDecider.Decide(view).Decision is HaDecision.StartJob { Job: JobSpec.Rewind or JobSpec.Discard },
                    $"seed {seed}");
            }
        });

    [Fact]
    public void A_cluster_that_asks_for_synchronous_replication_makes_no_replica_its_leader() => // S4
        ForMany((seed, view) =>
        {
            var synchronous = new UnsupportedSetting("synchronous_mode", "true", EndangersCommits: true);
            var asking = view with { Settings = view.Settings with { Unsupported = [synchronous] } };
            var decision = HaDecider.Decide(asking).Decision;
            Assert.False(
                decision is HaDecision.StartJob { Job: JobSpec.Promote }
                || (decision is HaDecision.RaceForLease && asking.Postgres.InRecovery == true),
                $"seed {seed}: {decision}");
        });

    [Fact]
    public void Of_the_replicas_that_are_left_one_races_whatever_their_positions_and_priorities() // L1
    {
        for (var seed = 0; seed < Many; seed++)
        {
            var random = new Random(seed);
            var (b, c) = (Some(random), Some(random));
            Assert.True(Races("b", b, "c", c) || Races("c", c, "b", b), $"seed {seed}: b {b}, c {c}");
        }

        static (ulong Position, int Priority) Some(Random random) =>
            (Given.Here.Value - (ulong)random.Next(4), random.Next(1, 4));

        static bool Races(
            string self, (ulong Position, int Priority) own, string other, (ulong Position, int Priority) theirs) =>
            HaDecider.Decide(Given.Replica(self).Running(inRecovery: true, own.Position)
                .Tags(t => t with { FailoverPriority = own.Priority }).Loss().NoBallot("a")
                .Ballot(other, theirs.Position, tags: t => t with { FailoverPriority = theirs.Priority }))
                .Decision is HaDecision.RaceForLease;
    }

    private static bool Holds(NodeView view) => view.Memory.Authority is NodeAuthority.Lease lease && !lease.HasRunOut(view.At);

    private static void ForMany(Action<int, NodeView> law)
    {
        for (var seed = 0; seed < Many; seed++)
        {
            law(seed, AnyView.From(new Random(seed)));
        }
    }
}
