using System.Collections.Immutable;
using HaAgent.Core.Jobs;
using HaAgent.Core.Model;

namespace HaAgent.Core.Decision;

/// <summary>What this node will do next, and why. Exactly one per turn.</summary>
public abstract record HaDecision
{
    private HaDecision(Reason reason) => Reason = reason;

    public Reason Reason { get; }

    /// <summary>Nothing but upkeep until something changes or the next tick is due.</summary>
    /// <param name="Until">Look again then, even if nothing changed; null: at the next tick.</param>
    public sealed record Wait(Reason Why, Instant? Until = null) : HaDecision(Why);

    /// <summary>Prolong the lease on the leader key and confirm it.</summary>
    /// <param name="MayCreate">If the key is gone, create it: only where no confirmed lease was lost.</param>
    public sealed record RenewLease(bool MayCreate, Reason Why) : HaDecision(Why);

    public sealed record RaceForLease(WalPosition Claim, Reason Why) : HaDecision(Why);

    /// <summary>The founder of a cluster puts the first leader key.</summary>
    public sealed record TakeLease(Reason Why) : HaDecision(Why);

    /// <summary>Give the leader key away.</summary>
    /// <param name="FinalPosition">Written as <c>optime</c> first, when known.</param>
    /// <param name="HoldBack">For how long not to take it again.</param>
    public sealed record ReleaseLease(Lsn FinalPosition, TimeSpan HoldBack, Reason Why) : HaDecision(Why);

    public sealed record AskPeers(ImmutableArray<Ports.PeerAddress> Peers, TimeSpan Timeout, Reason Why) : HaDecision(Why);

    /// <summary>Stop accepting writes by <paramref name="Deadline"/>, whatever it costs (S1, S2).</summary>
    public sealed record Fence(Instant Deadline, Reason Why) : HaDecision(Why);

    public sealed record StartJob(JobSpec Job, Reason Why) : HaDecision(Why);

    public sealed record CancelJob(long JobId, Reason Why) : HaDecision(Why);

    public sealed record AnswerPermit(long JobId, bool Granted, Reason Why) : HaDecision(Why);

    /// <summary>Win the right to found the cluster.</summary>
    public sealed record CreateInitialize(Reason Why) : HaDecision(Why);

    /// <param name="KeyExists">Overwrite what was seen; else create only.</param>
    public sealed record WriteInitialize(string SystemIdentifier, bool KeyExists, Reason Why) : HaDecision(Why);

    /// <summary>The founding failed: give back the right to found.</summary>
    public sealed record DeleteInitialize(Reason Why) : HaDecision(Why);

    /// <summary>Write the dynamic configuration known here: the store has none.</summary>
    public sealed record WriteConfig(Reason Why) : HaDecision(Why);

    /// <summary>Clear the failover request, or (<paramref name="KeepCandidate"/>, in pause) leave only its candidate.</summary>
    public sealed record ClearFailover(Snapshot.DcsVersion Version, NodeName KeepCandidate, Reason Why) : HaDecision(Why);

    /// <summary>The time of a scheduled switchover has come: leave the request without it.</summary>
    public sealed record BeginScheduledSwitchover(Reason Why) : HaDecision(Why);

    /// <summary>The time of the scheduled restart has come: carry it out, or forget it.</summary>
    public sealed record EndSchedule(bool Restart, Reason Why) : HaDecision(Why);

    /// <summary>Answer an operator: do what was asked.</summary>
    public sealed record Admit(long RequestId, Reason Why) : HaDecision(Why);

    public sealed record Refuse(long RequestId, int Code, string Text, Reason Why) : HaDecision(Why);

    /// <summary>End the process.</summary>
    /// <param name="StopFirst">Run the ending sequence first: PostgreSQL is stopped. Else it is left as it is.</param>
    public sealed record Exit(int Code, bool StopFirst, Reason Why) : HaDecision(Why);
}

/// <summary>A decision with the id of the row that made it.</summary>
public readonly record struct Ruled(string RuleId, HaDecision Decision);

/// <summary>One row of a table: a predicate, and what follows. Rows are read from the top; the first that holds decides.</summary>
public sealed record HaRule(string Id, Func<Snapshot.NodeView, bool> When, Func<Snapshot.NodeView, HaDecision> Then);
