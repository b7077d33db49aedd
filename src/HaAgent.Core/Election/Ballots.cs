using System.Collections.Immutable;
using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;

namespace HaAgent.Core.Election;

/// <summary>Whom to ask, and whether what they said is fresh enough to be used.</summary>
internal static class Ballots
{
    /// <summary>How long a complete round counts. A ballot tells where a peer was; a minute-old one tells nothing.</summary>
    public static readonly TimeSpan Fresh = TimeSpan.FromSeconds(1);

    /// <summary>Longest wait for a peer.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);

    /// <summary>Everybody who may be ahead of us: members now, and those of the last picture with a leader.</summary>
    public static ImmutableArray<PeerAddress> Electorate(NodeView v)
    {
        var known = new SortedDictionary<string, PeerAddress>(StringComparer.Ordinal);
        Add(known, v.Memory.LastLed, v.Self);
        Add(known, v.Cluster, v.Self);
        return [.. known.Values];
    }

    /// <summary>Members that could take over from us: the requested one, or all that are not excluded.</summary>
    public static ImmutableArray<PeerAddress> Candidates(NodeView v, NodeName requested)
    {
        if (v.Cluster is not { } cluster)
        {
            return [];
        }

        return
        [
            .. from member in cluster.Members
               where member.Name != v.Self && member.ApiUrl is not null && !member.Tags.NoFailover
                   && (requested.IsNobody || member.Name == requested)
               select new PeerAddress(member.Name, member.ApiUrl!), // filtered one line above
        ];
    }

    /// <summary>A leader whose lease has ended is waited for less long than those who may be ahead of us.</summary>
    private static readonly TimeSpan FormerLeaderTimeout = TimeSpan.FromSeconds(1);

    /// <summary>Everyone in <paramref name="asked"/> was asked at or after <paramref name="since"/>, and recently.</summary>
    /// <remarks>
    /// What binds is <paramref name="since"/>. The other bound is as long as a round with a silent peer may take, or the answers of
    /// the others would be old before that one's silence is known, for ever.
    /// </remarks>
    public static bool AreFresh(NodeView v, ImmutableArray<PeerAddress> asked, Instant since) =>
        asked.All(peer => v.Memory.Ballots.TryGetValue(peer.Name, out var ballot)
            && ballot.AskedAt >= since && v.At < ballot.AskedAt + Timeout + Fresh);

    /// <summary>The electorate of a race, as far as it must be waited for, has answered, and so has the own server.</summary>
    public static bool AreIn(NodeView v, Instant since)
    {
        var former = v.Memory.Loss?.Leader ?? NodeName.Nobody;
        var waitNoMore = v.Memory.AskingSince is { } asking && v.At >= asking + FormerLeaderTimeout;
        var electorate = Electorate(v);
        return v.Postgres.Sql is SqlReading.Answered own && own.AskedAt >= since
            && AreFresh(v, waitNoMore ? electorate.RemoveAll(peer => peer.Name == former) : electorate, since);
    }

    /// <summary>When to look again at a round that is under way.</summary>
    public static Instant LookAgain(NodeView v)
    {
        var asking = v.Memory.AskingSince ?? v.At;
        return v.At < asking + FormerLeaderTimeout ? asking + FormerLeaderTimeout : asking + Timeout;
    }

    public static PeerReading? Of(NodeView v, NodeName name) => v.Memory.Ballots.GetValueOrDefault(name);

    private static void Add(SortedDictionary<string, PeerAddress> known, ClusterState? cluster, NodeName self)
    {
        foreach (var member in cluster?.Members ?? [])
        {
            if (member.Name != self && member.ApiUrl is { } url && !member.Tags.NoFailover)
            {
                known[member.Name.Value] = new(member.Name, url);
            }
        }
    }
}
