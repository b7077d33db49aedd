using System.Collections.Immutable;
using HaAgent.Core.Election;
using HaAgent.Core.Jobs;
using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;

namespace HaAgent.Core.Decision;

/// <summary>
/// The old primary is down cleanly and this node still holds the key. Who has everything up to the final position gets it.
/// </summary>
internal static class HandOverRules
{
    private static readonly TimeSpan ShortestPatience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan AskAgain = TimeSpan.FromMilliseconds(50);

    /// <summary>Rows for a server that is down cleanly, also when the agent is ending.</summary>
    public static readonly ImmutableArray<HaRule> Down =
    [
        new("H10", v => v.Memory.HandOver is { Released: true } && v.Running(),
            v => new HaDecision.Wait(new(ReasonId.HandOverAwaitExit))),

        // The end of the agent is not put off for want of a candidate that has everything: a stopped primary helps nobody.
        new("H20", v => v.Memory.HandOver is { Released: false, ForShutdown: true } && v.HasLease() && !v.Running() && !Confirmed(v) && PatienceIsOver(v),
            v => Release(v, ReasonId.HandOverForShutdown)),
        new("H30", v => v.Memory.HandOver is { Released: false } && v.HasLease() && Confirmed(v),
            v => Release(v, ReasonId.HandOverConfirmed)),
        new("H32", v => StartsAgain(v) && v.GuardIsGone(), v => Release(v, ReasonId.NoGuard)),
        new("H34", v => StartsAgain(v) && v.Guard.MissingSince is not null, _ => new HaDecision.Wait(new(ReasonId.NoGuard))),
        new("H36", v => StartsAgain(v) && v.At >= v.Authority.FenceAt, AwaitRenewal),
        new("H38", v => v.Memory.HandOver is { Released: false, ForShutdown: false } && v.HasLease() && v.Running() && PatienceIsOver(v),
            _ => new HaDecision.StartJob(new JobSpec.Stop("switchover: demote", AtOnce: true), new(ReasonId.HandOverEndAtOnce))),
        new("H40", StartsAgain,
            v => new HaDecision.StartJob(
                StartAgain(v),
                new(ReasonId.HandOverNobody, new() { Node = v.Memory.HandOver!.Candidate, Theirs = v.Memory.HandOver.FinalPosition }))), // tested
        new("H50", v => v.Memory.HandOver is { Released: false } && v.HasLease() && v.Memory.AskingSince is null && !AskedJustNow(v) && !Candidates(v).IsEmpty,
            v => new HaDecision.AskPeers(Candidates(v), TimeSpan.FromSeconds(1), new(ReasonId.HandOverAsk, new() { Theirs = v.Memory.HandOver!.FinalPosition }))), // tested
        new("H60", v => v.Memory.HandOver is { Released: false } && v.HasLease(),
            v => new HaDecision.Wait(new(ReasonId.HandOverWaiting, new() { Theirs = v.Memory.HandOver!.FinalPosition }), v.At + AskAgain)), // tested
    ];

    public static readonly ImmutableArray<HaRule> Rows =
    [
        // Without a final position no ballot proves anything: a candidate may lack what was acknowledged last.
        new("H03", v => v.Memory.HandOverBroken && v.HasLease() && !v.Running() && v.At >= v.Authority.FenceAt, AwaitRenewal),
        new("H05", v => v.Memory.HandOverBroken && v.HasLease() && !v.Running(),
            v => new HaDecision.StartJob(StartAgain(v), new(ReasonId.HandOverBroken))),

        .. Down,
    ];

    /// <summary>How long a candidate may take to confirm: <c>primary_stop_timeout</c> if set, else 5 s.</summary>
    public static TimeSpan Patience(NodeView v) =>
        v.Settings.PrimaryStopTimeout > TimeSpan.Zero ? v.Settings.PrimaryStopTimeout : ShortestPatience;

    /// <summary>Somebody eligible said, after the server was down, that it has everything.</summary>
    private static bool Confirmed(NodeView v) =>
        v.Memory.HandOver is { DownAt: { } downAt, FinalPosition.IsKnown: true } handOver
        && CandidateRanking.Able(v, Candidates(v), handOver.FinalPosition)
            .Any(name => Ballots.Of(v, name) is { Answer: PeerAnswer.Answered peer } ballot && ballot.AskedAt >= downAt
                && (handOver.Streamed.Contains(name) || IsOfThisHistory(peer, handOver)));

    /// <summary>
    /// Two timelines may have one number, and a standby that streams from nobody may not know the number of the one it is on. Where it has
    /// more than there ever was here, it is another.
    /// </summary>
    private static bool IsOfThisHistory(PeerAnswer.Answered peer, HandOver handOver) =>
        peer.Timeline == handOver.Timeline && (!handOver.End.IsKnown || peer.Position <= handOver.End);

    private static bool PatienceIsOver(NodeView v) =>
        v.Memory.HandOver is { DownAt: { } downAt } && (v.At >= downAt + Patience(v) || Candidates(v).IsEmpty);

    /// <summary>Nobody confirmed in time: the old primary is to go on.</summary>
    private static bool StartsAgain(NodeView v) =>
        v.Memory.HandOver is { Released: false, ForShutdown: false } && v.HasLease() && !v.Running() && PatienceIsOver(v);

    /// <summary>Too late to begin: a start now would have to be ended at once.</summary>
    public static HaDecision AwaitRenewal(NodeView v) => new HaDecision.Wait(new(ReasonId.CrashAwaitsRenewal, new() { At = v.Memory.Authority.Until }));

    private static bool AskedJustNow(NodeView v) =>
        Candidates(v).Any(peer => Ballots.Of(v, peer.Name) is { } ballot
            && ballot.AskedAt >= v.Memory.HandOver!.DownAt && v.At < ballot.AskedAt + AskAgain); // rows test for a hand-over

    private static ImmutableArray<PeerAddress> Candidates(NodeView v) => Ballots.Candidates(v, v.Memory.HandOver?.Candidate ?? NodeName.Nobody);

    private static JobSpec.StartPrimary StartAgain(NodeView v) =>
        new(v.Memory.Authority.FenceAt, v.Settings.PgCtlTimeout, "starting primary after failure", v.LedFrom());

    private static HaDecision Release(NodeView v, ReasonId why) =>
        new HaDecision.ReleaseLease(v.Memory.HandOver!.FinalPosition, v.Settings.LoopWait, // rows test for a hand-over
            new(why, new() { Node = v.Memory.HandOver.Candidate, Theirs = v.Memory.HandOver.FinalPosition }));
}
