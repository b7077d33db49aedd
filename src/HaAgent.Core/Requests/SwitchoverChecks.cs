using System.Collections.Immutable;
using HaAgent.Core.Election;
using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;

namespace HaAgent.Core.Requests;

/// <summary>May an immediate switchover or failover be tried now? Codes and sentences as tools know them. Pure.</summary>
internal static class SwitchoverChecks
{
    public abstract record Verdict
    {
        private Verdict()
        {
        }

        public sealed record Admitted : Verdict;

        public sealed record Refused(int Code, string Text) : Verdict;

        public sealed record NeedsBallots(ImmutableArray<PeerAddress> Peers) : Verdict;
    }

    public static Verdict? Check(NodeView v, RequestView request) => request.Request switch
    {
        OperatorRequest.Switchover { At: not null } => new Verdict.Admitted(), // whether it is possible is seen when it is due
        OperatorRequest.Switchover switchover => Check(v, request, "switchover", switchover.Leader, switchover.Candidate),
        OperatorRequest.Failover failover => Check(v, request, "failover", NodeName.Nobody, failover.Candidate),
        _ => null,
    };

    private static Verdict Check(NodeView v, RequestView request, string action, NodeName leader, NodeName candidate)
    {
        if (v.Cluster is not { } cluster)
        {
            return new Verdict.Refused(503, "DCS is not accessible");
        }

        if (v.Settings.Pause && candidate.IsNobody)
        {
            return new Verdict.Refused(400, "Switchover is possible only to a specific candidate in a paused state");
        }

        if (!leader.IsNobody && cluster.LeaderName != leader)
        {
            return new Verdict.Refused(412, "leader name does not match");
        }

        if (!candidate.IsNobody && cluster.Find(candidate) is null)
        {
            return new Verdict.Refused(412, "candidate does not exists");
        }

        if (candidate.IsNobody && !cluster.Members.Any(member => member.Name != cluster.LeaderName))
        {
            return new Verdict.Refused(412, $"{action} is not possible: cluster does not have members except leader");
        }

        var peers = Eligible(cluster, candidate);
        var outside = peers.RemoveAll(peer => peer.Name == v.Self);
        if (!Ballots.AreFresh(v, outside, request.AskedAt))
        {
            return new Verdict.NeedsBallots(outside);
        }

        // This node's own ballot is what it would answer: it may be the candidate of a failover itself.
        var selfIsGood = peers.Length > outside.Length && v.Postgres.Sql is SqlReading.Answered && !v.Settings.Tags.NoFailover;
        return selfIsGood || outside.Any(peer => IsGood(Ballots.Of(v, peer.Name)))
            ? new Verdict.Admitted()
            : new Verdict.Refused(412, $"{action} is not possible: no good candidates have been found");
    }

    private static ImmutableArray<PeerAddress> Eligible(ClusterState cluster, NodeName candidate) =>
    [
        .. from member in cluster.Members
           where member.ApiUrl is not null && member.Name != cluster.LeaderName && !member.Tags.NoFailover
               && (candidate.IsNobody || member.Name == candidate)
           select new PeerAddress(member.Name, member.ApiUrl!), // filtered one line above
    ];

    private static bool IsGood(PeerReading? ballot) =>
        ballot?.Answer is PeerAnswer.Answered { WatchdogFailed: false, Tags.NoFailover: false };
}
