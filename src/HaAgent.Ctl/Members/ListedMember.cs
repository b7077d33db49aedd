using System.Text.Json.Nodes;
using HaAgent.Core.Model;
using HaAgent.Core.Settings;
using HaAgent.Core.Snapshot;
using HaAgent.Ctl.Store;

namespace HaAgent.Ctl.Members;

/// <summary>A member as listings show it: <c>GET /cluster</c>'s view of its key (rest-api.md 7).</summary>
internal sealed record ListedMember
{
    public required string Name { get; init; }

    /// <summary><c>leader</c>, <c>standby_leader</c>, <c>sync_standby</c>, <c>quorum_standby</c> or <c>replica</c>.</summary>
    public required string Role { get; init; }
    public required string State { get; init; }

    /// <summary>Null when it published no address.</summary>
    public string? Host { get; init; }
    public int Port { get; init; }
    public Timeline Timeline { get; init; }

    public bool IsLeader { get; init; }
    public Lsn Received { get; init; }
    public Lsn Replayed { get; init; }

    public bool PendingRestart { get; init; }

    /// <summary>By parameter: <c>old_value</c> and <c>new_value</c>; empty when not published.</summary>
    public JsonObject PendingRestartReason { get; init; } = [];
    public JsonObject ScheduledRestart { get; init; } = [];
    public JsonObject Tags { get; init; } = [];

    /// <summary>The member to cascade from; nobody: from the leader.</summary>
    public NodeName ReplicateFrom { get; init; }

    /// <summary>Positions: unknown to a leader, whose own they are measured against.</summary>
    public static ListedMember From(Member member, ClusterState cluster, ClusterConfig config)
    {
        var published = StoredJson.Object(member.Raw);
        var isLeader = member.Name == cluster.LeaderName;
        var role = RoleOf(member, isLeader, cluster, config);
        var state = ValueParsers.Text(published["state"]) ?? "";
        var address = MemberAddress.Of(member);
        var (received, replayed) = Positions(member);
        return new()
        {
            Name = member.Name.Value,
            Role = role,
            State = role == "leader" || string.IsNullOrEmpty(member.ReplicationState) ? state : member.ReplicationState,
            Host = address?.Host,
            Port = address?.Port ?? 0,
            Timeline = member.Timeline,
            IsLeader = isLeader,
            Received = received,
            Replayed = replayed,
            PendingRestart = member.PendingRestart,
            PendingRestartReason = published["pending_restart_reason"] as JsonObject ?? [],
            ScheduledRestart = published["scheduled_restart"] as JsonObject ?? [],
            Tags = published["tags"] as JsonObject ?? [],
            ReplicateFrom = member.Tags.ReplicateFrom,
        };
    }

    private static string RoleOf(Member member, bool isLeader, ClusterState cluster, ClusterConfig config) => isLeader
        ? config.IsStandbyCluster ? "standby_leader" : "leader"
        : !SyncNames.IsVoter(cluster.Sync, member.Name) ? "replica"
        : config.IsQuorumMode ? "quorum_standby" : "sync_standby";

    /// <summary>A member that publishes its position only as a whole is shown where its state says it got it from.</summary>
    private static (Lsn Received, Lsn Replayed) Positions(Member member)
    {
        if (member.ReceiveLsn.IsKnown || member.ReplayLsn.IsKnown || !member.Position.IsKnown)
        {
            return (member.ReceiveLsn, member.ReplayLsn);
        }

        return member.ReplicationState == "streaming" ? (member.Position, Lsn.Unknown) : (Lsn.Unknown, member.Position);
    }
}
