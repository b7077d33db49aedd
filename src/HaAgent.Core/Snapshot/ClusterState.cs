using System.Collections.Immutable;
using HaAgent.Core.Model;

namespace HaAgent.Core.Snapshot;

/// <summary>Opaque version of one key, for compare-and-set. Zero: the key was absent.</summary>
public readonly record struct DcsVersion(long Value)
{
    public static readonly DcsVersion Absent;
}

/// <summary>One consistent picture of everything the store holds for this cluster.</summary>
public sealed record ClusterState
{
    public static readonly ClusterState Empty = new();

    /// <summary>Null: no key. Empty: a bootstrap is running. Else, if valid, the system identifier in decimal.</summary>
    public string? Initialize { get; init; }

    /// <summary>The dynamic configuration; null when the key is absent or does not hold a JSON object.</summary>
    public ConfigDocument? Config { get; init; }

    /// <summary>Null when nobody holds the leader key (absent, or present with an empty name).</summary>
    public LeaderKey? Leader { get; init; }

    /// <summary>All members, by name in ordinal order.</summary>
    public ImmutableArray<Member> Members { get; init; } = [];

    public FailoverRequest Failover { get; init; } = FailoverRequest.None;

    public SyncState Sync { get; init; } = SyncState.Off;

    /// <summary>Null when the key is absent; empty for <c>[]</c>.</summary>
    public ImmutableArray<HistoryLine>? History { get; init; }

    public ClusterStatus Status { get; init; } = ClusterStatus.Empty;

    /// <summary>Member name to API URL; null when the key is absent or does not hold an object.</summary>
    public ImmutableSortedDictionary<string, string>? Failsafe { get; init; }

    public NodeName LeaderName => Leader?.Name ?? NodeName.Nobody;

    public bool IsUnlocked => Leader is null;

    public Member? Find(NodeName name)
    {
        foreach (var member in Members)
        {
            if (member.Name == name)
            {
                return member;
            }
        }

        return null;
    }

    /// <summary>The member that holds the lock; a stub with that name when its own key is missing.</summary>
    public Member? LeaderMember => Leader is { } leader ? Find(leader.Name) ?? new Member { Name = leader.Name } : null;

    /// <summary>True for a decimal system identifier: all digits, at least ten of them.</summary>
    public bool HasValidInitialize =>
        Initialize is { Length: >= 10 } text && text.AsSpan().IndexOfAnyExceptInRange('0', '9') < 0;

    /// <summary>The timeline that <c>/history</c> tells: unknown without the key, 1 for an empty list.</summary>
    public Timeline ClusterTimeline => History switch
    {
        null => Timeline.Unknown,
        { IsEmpty: true } => new(1),
        { } lines => lines[^1].ParentTimeline.IsKnown ? new(lines[^1].ParentTimeline.Value + 1) : Timeline.Unknown,
    };

    /// <summary>By <c>/history</c> the cluster went on from an earlier point of this timeline: what is there beyond is not the cluster's.</summary>
    /// <remarks>False where nothing is known of it: positions alone decide then, as with the peers.</remarks>
    public bool WasLeftBy(Timeline timeline, Lsn position) =>
        timeline.IsKnown && position.IsKnown && History is { } lines && lines.Any(line => line.ParentTimeline == timeline && position > line.SwitchPoint);
}

/// <summary>The leader key as last seen.</summary>
/// <param name="LeaseId">The lease (session) it hangs on; 0 when put without one, as an operator might.</param>
/// <param name="CreateRevision">Changes only when the key was deleted and created again.</param>
public sealed record LeaderKey(NodeName Name, DcsVersion Version, long LeaseId, long CreateRevision);

/// <summary>The dynamic configuration exactly as stored.</summary>
public sealed record ConfigDocument(string Json, DcsVersion Version);

/// <summary>A switchover (a leader is named) or a failover (only a candidate is).</summary>
public sealed record FailoverRequest(NodeName Leader, NodeName Candidate, DateTimeOffset? ScheduledAt, DcsVersion Version)
{
    public static readonly FailoverRequest None = new(NodeName.Nobody, NodeName.Nobody, null, DcsVersion.Absent);

    public bool IsPresent => !Leader.IsNobody || !Candidate.IsNobody;
    public bool IsSwitchover => !Leader.IsNobody;
    public bool IsScheduled => ScheduledAt is not null;

    /// <summary>As logs and tools call it.</summary>
    public string Action => IsSwitchover ? "switchover" : "manual failover";
}

/// <summary>The <c>/sync</c> key. Off: absent, or without a leader.</summary>
public sealed record SyncState(NodeName Leader, int Quorum, ImmutableArray<string> Voters, DcsVersion Version)
{
    public static readonly SyncState Off = new(NodeName.Nobody, 0, [], DcsVersion.Absent);

    public bool IsActive => !Leader.IsNobody;
}

/// <summary>One line of <c>/history</c>: where <paramref name="ParentTimeline"/> ended.</summary>
/// <param name="Timestamp">When, as written by the member that noted it; null in old records.</param>
public sealed record HistoryLine(
    Timeline ParentTimeline, Lsn SwitchPoint, string Reason, string? Timestamp, string? NewLeader);

/// <summary>The leader's last word on positions.</summary>
/// <param name="Optime">Last known WAL position of the leader; unknown if never written.</param>
public sealed record ClusterStatus(
    Lsn Optime, ImmutableDictionary<string, Lsn> Slots, ImmutableArray<string> RetainSlots)
{
    public static readonly ClusterStatus Empty =
        new(Lsn.Unknown, ImmutableDictionary<string, Lsn>.Empty, []);

    /// <summary>The value as stored, to write it again only when it changes; null when absent.</summary>
    public string? Raw { get; init; }
}
