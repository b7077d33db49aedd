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
        var given = Pick(random, Given.Primary(self), Given.Replica(self), Given.Stopped(self), Given.EmptyDirectory(self));
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
        Maybe(random, 6, () => given.Job(AnyJob(random), Pick<PermitKind?>(random, null, PermitKind.RewindDataDirectory)));
        foreach (var peer in (string[])["a", "b", "c"])
        {
            Maybe(random, 2, () => given.Ballot(peer, (ulong)(0x5000000 + random.Next(-2, 3)), random.Next(4) > 0));
            Maybe(random, 4, () => given.NoBallot(peer));
        }

        Maybe(random, 10, () => given.Guard(g => g with { Fired = true, NothingRuns = random.Next(2) == 0 }));
        Maybe(random, 10, () => given.Guard(g => g with { MissingSince = Given.Now - Some(random, 20) }));
        Maybe(random, 6, () => given.StoreSilent());
        return given;
    }

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
