using System.Collections.Immutable;
using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;

namespace HaAgent.Core.Election;

/// <summary>May this node race for the key, judged by what its peers say of themselves? Pure.</summary>
internal static class CandidateRanking
{
    public enum Verdict
    {
        Healthiest,
        AnotherIsAlive,
        AnotherIsAhead,
        AnotherHasPriority,
    }

    public readonly record struct Outcome(Verdict Verdict, NodeName Node, Lsn Theirs);

    /// <param name="mine">The own position, measured in this race.</param>
    /// <param name="priority">The own <c>failover_priority</c>.</param>
    /// <param name="formerLeader">Not yielded to for its priority: it is the one that failed.</param>
    /// <remarks>Who cannot be reached, may not lead or has no position blocks nobody.</remarks>
    /// <param name="clusterTimeline">
    /// Known only when <c>check_timeline</c> asks for the comparison: who is behind it may not lead, however far it is.
    /// </param>
    /// <param name="hasLeft">
    /// Whether a position is on a branch that the cluster has left. It says nothing then of how much of the cluster's history is there, and
    /// yields to any that does.
    /// </param>
    public static Outcome Judge(
        NodeName self, WalPosition mine, int priority, NodeName formerLeader, Timeline clusterTimeline, Func<NodeName, Timeline, Lsn, bool> hasLeft,
        IEnumerable<PeerReading> ballots)
    {
        var haveLeft = hasLeft(self, mine.Timeline, mine.Lsn);
        foreach (var ballot in ballots)
        {
            if (ballot.Answer is not PeerAnswer.Answered peer || peer.Tags.NoFailover || peer.WatchdogFailed)
            {
                continue;
            }

            if (!peer.InRecovery)
            {
                return new(Verdict.AnotherIsAlive, ballot.Name, peer.Position);
            }

            if (clusterTimeline.IsKnown && peer.Timeline.IsKnown && peer.Timeline < clusterTimeline)
            {
                continue;
            }

            var itHasLeft = hasLeft(ballot.Name, peer.Timeline, peer.Position);
            if (itHasLeft && !haveLeft)
            {
                continue;
            }

            if (peer.Position > mine.Lsn || (haveLeft && !itHasLeft && peer.Position.IsKnown && peer.Timeline.IsKnown))
            {
                return new(Verdict.AnotherIsAhead, ballot.Name, peer.Position);
            }

            if (peer.Position.IsKnown && peer.Position == mine.Lsn && peer.Tags.FailoverPriority > priority && ballot.Name != formerLeader)
            {
                return new(Verdict.AnotherHasPriority, ballot.Name, peer.Position);
            }
        }

        return new(Verdict.Healthiest, NodeName.Nobody, Lsn.Unknown);
    }

    /// <summary>Could this peer take over, by its own ballot? With a target only if it has everything up to there.</summary>
    /// <param name="target">The final position; unknown: judge by <paramref name="optime"/> and <paramref name="maximumLag"/>.</param>
    /// <param name="clusterTimeline">Known only when <c>check_timeline</c> asks for the comparison.</param>
    public static bool CanTakeOver(PeerReading? ballot, Lsn target, Lsn optime, ByteCount maximumLag, Timeline clusterTimeline)
    {
        if (ballot?.Answer is not PeerAnswer.Answered { InRecovery: true } peer || peer.Tags.NoFailover || peer.WatchdogFailed)
        {
            return false;
        }

        if (clusterTimeline.IsKnown && peer.Timeline < clusterTimeline)
        {
            return false;
        }

        return target.IsKnown ? peer.Position >= target : optime.AheadOf(peer.Position) <= maximumLag;
    }

    /// <summary>Those of <paramref name="asked"/> that could take over now.</summary>
    public static ImmutableArray<NodeName> Able(NodeView v, ImmutableArray<PeerAddress> asked, Lsn target) =>
    [
        .. asked.Select(peer => peer.Name).Where(name => CanTakeOver(
            Ballots.Of(v, name),
            target,
            v.Cluster?.Status.Optime ?? Lsn.Unknown,
            v.Settings.MaximumLagOnFailover,
            v.Settings.CheckTimeline ? v.Cluster?.ClusterTimeline ?? Timeline.Unknown : Timeline.Unknown)),
    ];
}
