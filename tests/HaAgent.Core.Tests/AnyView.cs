using HaAgent.Core.Authority;
using HaAgent.Core.Jobs;
using HaAgent.Core.Model;
using HaAgent.Core.Requests;
using HaAgent.Core.Snapshot;

namespace HaAgent.Core.Tests;

/// <summary>A view drawn by chance: each fact on its own, so that odd combinations come up too.</summary>
internal static class AnyView
{
    public static NodeView From(Random random)
    {
        var self = Pick(random, "a", "b", "c");
        var given = Pick<Func<Given>>(
            random,
            () => Given.Primary(self),
            () => Given.Replica(self),
            () => Given.Stopped(self),
            () => Given.EmptyDirectory(self),

            // Situations of several facts at once, which hardly come about by chance.
            () => Given.Replica(self).WithLease(Some(random, 10)).LeadBy(self),
            () => Given.Replica(self).Loss().NoBallot("a").Ballot("b", 0x5000000).Ballot("c", 0x5000000),
            () => Crashed(self, random),
            () => Given.Primary(self).StartingUp().Remember(m => m with { StartingSince = Given.Now - TimeSpan.FromSeconds(random.Next(600)) }),
            () => LeftBehind(random),
            () => HandingOver(random),
            () => Given.EmptyDirectory(self).NobodyLeads()
                .Store(c => c with { Initialize = null, Members = [.. c.Members.Where(_ => random.Next(3) == 0)] }),
            () => Given.Replica(self).StartingUp().Settings(s => s with { UsePgRewind = true })
                .Remember(m => m with { Rewind = Pick(random, Enum.GetValues<RewindState>()) }),
            () => Given.Primary("a").Requested("a", "b").Ballot("b", 0x5000000).Remember(m => m with { RequestTried = default }))();
        Maybe(random, 3, () => given.LeadBy(Pick(random, "a", "b", "c", "x")));
        Maybe(random, 3, () => given.NobodyLeads());
        Maybe(random, 4, () => given.Loss(Pick<bool?>(random, true, false, null), random.Next(2) == 0));
        Maybe(random, 3, () => given.WithAuthority(AnyAuthority(random)));
        Maybe(random, 3, () => given.Remember(m => m with { RenewAt = Given.Now + Some(random, 20) }));
        Maybe(random, 6, () => given.Paused());
        Maybe(random, 4, () => given.Requested(Pick(random, "", "a", "b"), Pick(random, "", "a", "b", "c")));
        Maybe(random, 3, () => given.Remember(m => m with { Rewind = Pick(random, Enum.GetValues<RewindState>()) }));
        Maybe(random, 3, () => given.Settings(s => s with { UsePgRewind = true }));
        Maybe(random, 5, () => given.Settings(s => s with { RemoveDataDirectoryOnDivergedTimelines = true }));
        Maybe(random, 6, () => given.Settings(s => s with { PrimaryStartTimeout = TimeSpan.Zero }));
        Maybe(random, 8, () => given.Tags(t => t with { NoFailover = true }));
        Maybe(random, 8, () => given.Remember(m => m with { ShutdownRequested = true }));
        Maybe(random, 8, () => given.Remember(m => m with { Founding = Pick(random, Enum.GetValues<FoundingState>()) }));
        Maybe(random, 8, () => given.Remember(m => m with { HandOver = new(new(Pick(random, "", "b")), Given.Now, new(0x5000001), new(1), Given.Now - Some(random, 8), random.Next(2) == 0, random.Next(2) == 0, []) }));
        Maybe(random, 8, () => given.Remember(m => m with { HandOverBroken = true }));
        Maybe(random, 8, () => given.Remember(m => m with { LocalRole = Pick(random, Enum.GetValues<LocalRole>()) }));
        Maybe(random, 8, () => given.Remember(m => m with { Fencing = true }));
        Maybe(random, 10, () => given.Remember(m => m with { AskingSince = Given.Now - Some(random, 4) }));
        Maybe(random, 6, () => given.NotAnswering());
        Maybe(random, 6, () => given.StartingUp());
        Maybe(random, 10, () => given.Store(c => c with { Initialize = Pick(random, null, "", "1234567890123") }));
        Maybe(random, 8, () => given.Asked(new OperatorRequest.Switchover(new("a"), new(Pick(random, "", "b", "z")))));
        Maybe(random, 6, () => given.Asked(AnyRequest(random)));
        Maybe(random, 6, () => given.Job(AnyJob(random), Pick<PermitKind?>(random, null, PermitKind.RewindDataDirectory)));
        foreach (var peer in (string[])["a", "b", "c"])
        {
            var priority = random.Next(1, 4);
            Maybe(random, 2, () => given.Ballot(
                peer, (ulong)(0x5000000 + random.Next(-2, 3)), random.Next(4) > 0, tags => tags with { FailoverPriority = priority }));
            Maybe(random, 4, () => given.NoBallot(peer));
        }

        Maybe(random, 10, () => given.Guard(g => g with { Fired = true, NothingRuns = random.Next(2) == 0 }));
        Maybe(random, 10, () => given.Guard(g => g with { MissingSince = Given.Now - Some(random, 40) }));
        ChangeTheDirectory(given, random);
        ChangeWhatIsRemembered(given, random);
        ChangeTheStore(given, random);
        Maybe(random, 6, () => given.StoreSilent());
        return given;
    }

    /// <summary>A leader's server is down, and this may or may not be the moment to yield.</summary>
    private static Given Crashed(string self, Random random)
    {
        var given = Given.Stopped(self).WithLease(Some(random, 10)).LeadBy(self)
            .Settings(s => s with { PrimaryStartTimeout = random.Next(2) == 0 ? TimeSpan.Zero : s.PrimaryStartTimeout })
            .Remember(m => m with { AskingSince = random.Next(2) == 0 ? Given.Now - Some(random, 4) : null });
        OfTheDirectory(given, d => d with { State = ControlState.InProduction, HasStandbySignal = false });
        return given;
    }

    /// <summary>An old primary, down somehow, and a new one that went on in a timeline of its own.</summary>
    private static Given LeftBehind(Random random)
    {
        var given = Given.Stopped("b").Settings(s => s with { UsePgRewind = true })
            .Remember(m => m with { Rewind = Pick(random, RewindState.CheckDue, RewindState.Needed) })
            .Store(c => c with { Members = [.. c.Members.Select(m => m with { Timeline = new(2) })] });
        OfTheDirectory(given, d => d with { State = Pick(random, ControlState.InProduction, ControlState.ShutDown), HasStandbySignal = false });
        return given;
    }

    /// <summary>An old primary that is down, and nobody has confirmed yet.</summary>
    private static Given HandingOver(Random random) => Given.Stopped("a").WithLease(Some(random, 30))
        .Remember(m => m with { HandOver = new(new("b"), Given.Now, new(0x5000001), new(1), Given.Now - Some(random, 8), false, random.Next(4) == 0, []) })
        .Guard(g => g with { MissingSince = random.Next(2) == 0 ? Given.Now - Some(random, 40) : null });

    private static void ChangeTheDirectory(Given given, Random random)
    {
        Maybe(random, 12, () => given.Directory(Pick<DataDirectory>(
            random, new DataDirectory.Empty(), new DataDirectory.Unreadable("no such device"), new DataDirectory.Foreign("no control file"))));
        Maybe(random, 4, () => OfTheDirectory(given, d => d with { State = Pick(random, Enum.GetValues<ControlState>()) }));
        Maybe(random, 4, () => OfTheDirectory(given, d => d with { HasStandbySignal = !d.HasStandbySignal }));
        Maybe(random, 15, () => OfTheDirectory(given, d => d with { Unfinished = true }));
        Maybe(random, 15, () => OfTheDirectory(given, d => d with { Damaged = true }));
        Maybe(random, 8, () => given.With(v => v.Postgres.Sql is SqlReading.Answered sql
            ? v with { Postgres = v.Postgres with { Sql = sql with { Received = default, Replayed = default, Flushed = default } } }
            : v));
    }

    private static void ChangeWhatIsRemembered(Given given, Random random)
    {
        Maybe(random, 10, () => given.Remember(m => m with { LeaseRequest = Pick(random, Enum.GetValues<LeaseRequest>()) }));
        Maybe(random, 8, () => given.Remember(m => m with { RepairFailedAt = Given.Now - Some(random, 20) }));
        Maybe(random, 8, () => given.Remember(m => m with { StartFailed = new(Given.Now - Some(random, 20), random.Next(2) == 0, "no space left") }));
        Maybe(random, 8, () => given.Remember(m => m with { StartingSince = Given.Now - Some(random, 400) }));
        Maybe(random, 8, () => given.Remember(m => m with { HoldBackUntil = Given.Now + Some(random, 20) }));
        Maybe(random, 10, () => given.Remember(m => m with { PromoteIssued = true }));
        Maybe(random, 10, () => given.Remember(m => m with { PromoteFailed = true }));
        Maybe(random, 10, () => given.Remember(m => m with { DirectoryReplaced = true }));
        Maybe(random, 8, () => given.Remember(m => m with { FencedInSilence = true }));
        Maybe(random, 6, () => given.Remember(m => m with { DiscardedUnfinished = true }));
        Maybe(random, 4, () => given.Remember(m => m with { HasJoined = true }));
        Maybe(random, 4, () => given.Remember(m => m with { RequestTried = new(99) }));
        Maybe(random, 8, () => given.Tags(t => t with { FailoverPriority = random.Next(1, 4) }));
        Maybe(random, 8, () => given.Settings(s => s with { CheckTimeline = true }));
        Maybe(random, 10, () => given.Settings(s => s with { MayBootstrap = false }));
        Maybe(random, 30, () => given.Asked(new OperatorRequest.Reload()));
        Maybe(random, 6, () => given.Remember(m => m with { Restart = new(0, random.Next(2) == 0, null, Stopped: random.Next(2) == 0) }));
        Maybe(random, 6, () => given.Remember(m => m with { Reinit = new(random.Next(2) == 0) }));
        Maybe(random, 6, () => given.Remember(m => m with { ScheduledRestart = AnySchedule(random) }));
    }

    private static OperatorRequest AnyRequest(Random random) => Pick<OperatorRequest>(
        random,
        new OperatorRequest.Restart(new(null, 0, random.Next(2) == 0), null),
        new OperatorRequest.Reinitialize(random.Next(2) == 0, random.Next(2) == 0),
        new OperatorRequest.ScheduleRestart(AnySchedule(random)),
        new OperatorRequest.CancelRestart());

    private static ScheduledRestart AnySchedule(Random random) =>
        new(Given.Today + TimeSpan.FromSeconds(random.Next(-30, 30)), new(null, 0, random.Next(2) == 0), null, "{}");

    private static void ChangeTheStore(Given given, Random random)
    {
        Maybe(random, 8, () => given.Store(c => c with { Config = null }));
        Maybe(random, 10, () => given.Store(c => c with { Members = [.. c.Members.Where(_ => random.Next(2) == 0)] }));
        Maybe(random, 6, () => given.Store(c => c with { Members = [.. c.Members.Select(m => Other(m, random))] }));
        Maybe(random, 8, () => given.Store(c => c with { History = [new(new(random.Next(1, 3) == 1 ? 1u : 2u), new(1), "", null, null)] }));
        Maybe(random, 8, () => given.Store(c => c with { Status = c.Status with { Optime = new(0x5000000ul + (ulong)random.Next(4_000_000)) } }));
        Maybe(random, 3, () => given.Store(c => c.Failover.IsPresent && random.Next(4) == 0
            ? c with { Failover = c.Failover with { ScheduledAt = Given.Today - TimeSpan.FromSeconds(random.Next(-30, 30)) } }
            : c));
    }

    private static Member Other(Member member, Random random) => member with
    {
        Role = Pick(random, "primary", "replica", "promoted", "demoted", ""),
        State = Pick(random, "running", "running", "stopped", "starting", "initializing new cluster"),
        Timeline = new((uint)random.Next(3)),
        CheckpointAfterPromote = Pick<bool?>(random, null, null, false),
        ApiUrl = random.Next(4) == 0 ? null : member.ApiUrl,
    };

    private static void OfTheDirectory(Given given, Func<DataDirectory.Initialized, DataDirectory> change) => given.With(v =>
        v.Postgres.Directory is DataDirectory.Initialized known ? v with { Postgres = v.Postgres with { Directory = change(known) } } : v);

    private static NodeAuthority AnyAuthority(Random random) => Pick<NodeAuthority>(
        random,
        new NodeAuthority.None(),
        new NodeAuthority.Founding(),
        new NodeAuthority.Unknown(Given.Now + Some(random, 5)),
        new NodeAuthority.Lease(LeaseTimes.From(Given.Now - Some(random, 20) - TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(30))));

    private static JobSpec AnyJob(Random random) => Pick<JobSpec>(
        random,
        new JobSpec.Promote(Given.Now),
        new JobSpec.Stop("shutdown"),
        new JobSpec.StartReplica(null, default, "restarting after failure"),
        new JobSpec.StopForHandOver(new("b"), false, false, default));

    private static TimeSpan Some(Random random, int seconds) => TimeSpan.FromSeconds((random.NextDouble() * 2 * seconds) - seconds);

    private static void Maybe(Random random, int oneIn, Action change)
    {
        if (random.Next(oneIn) == 0)
        {
            change();
        }
    }

    private static T Pick<T>(Random random, params T[] choices) => choices[random.Next(choices.Length)];
}
