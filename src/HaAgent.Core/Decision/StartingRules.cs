using System.Collections.Immutable;
using HaAgent.Core.Election;
using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;

namespace HaAgent.Core.Decision;

/// <summary>A postmaster runs, but what it is cannot be asked: it is starting, or it hangs.</summary>
internal static class StartingRules
{
    public static readonly ImmutableArray<HaRule> Rows =
    [
        new("S10", v => TimedOut(v) && v.Memory.AskingSince is null && !Ballots.AreFresh(v, Others(v), Deadline(v)),
            v => new HaDecision.AskPeers(Others(v), Ballots.Timeout, Reason(v, ReasonId.StartTimedOut))),
        new("S20", v => TimedOut(v) && v.Memory.AskingSince is { } since && v.At < since + Ballots.Timeout,
            v => new HaDecision.Wait(Reason(v, ReasonId.StartTimedOut), v.Memory.AskingSince + Ballots.Timeout)),
        new("S30", v => TimedOut(v) && !CandidateRanking.Able(v, Others(v), default).IsEmpty,
            v => new HaDecision.Fence(v.At, Reason(v, ReasonId.StartTimedOut))),
        new("S40", TimedOut, v => new HaDecision.Wait(Reason(v, ReasonId.StartTimedOutNobodyElse))),
        new("S50", v => v.HasLease() && v.IsStartingUp(), v => new HaDecision.Wait(Reason(v, ReasonId.StartingAsPrimary))),

        // What it needs to come up may be in nobody's WAL any more: its own left the leader's before.
        .. RewindRules.Running,

        new("S60", v => v.IsStartingUp(), _ => new HaDecision.Wait(new(ReasonId.StartingAsReplica))),
        new("S90", _ => true, v => new HaDecision.Wait(new(ReasonId.StateNotKnown, new() { Text = Silence(v) }))),
    ];

    private static bool TimedOut(NodeView v) =>
        v.HasLease() && v.IsStartingUp() && v.Memory.StartingSince is not null && v.At >= Deadline(v) && !v.Paused();

    private static Instant Deadline(NodeView v) => (v.Memory.StartingSince ?? v.At) + v.Settings.PrimaryStartTimeout;

    private static ImmutableArray<PeerAddress> Others(NodeView v) => Ballots.Candidates(v, NodeName.Nobody);

    private static Reason Reason(NodeView v, ReasonId id) => new(id, new() { Span = Deadline(v) - v.At, At = Deadline(v) });

    private static string Silence(NodeView v) => (v.Postgres.Sql as SqlReading.Unknown)?.Detail ?? "";
}
