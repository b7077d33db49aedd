using HaAgent.Core.Contracts;
using HaAgent.Core.Model;
using HaAgent.Core.Snapshot;

namespace HaAgent.Rest;

/// <summary>
/// A published status in the terms that answers are made of. Derived once per status; without the clock.
/// </summary>
internal sealed class NodeFacts
{
    private const string UnknownState = "unknown";

    /// <param name="fresh">A reading taken for this answer; null: the published one.</param>
    /// <param name="isStale">
    /// The loop no longer speaks for the node: nothing that it published is a fact any more.
    /// </param>
    public NodeFacts(NodeStatus status, PostgresReading? fresh = null, bool isStale = false)
    {
        Status = status;
        Reading = fresh ?? status.Postgres;
        Modes = ClusterModes.From(status.Cluster?.Config);

        // The peer asks SQL in these states only; in all others what is known is the state itself.
        var mayBeAsked = status.State is PostgresState.Running or PostgresState.Restarting or PostgresState.Starting;
        Sql = mayBeAsked && !isStale ? Reading.Sql as SqlReading.Answered : null;
        State = isStale || (status.State == PostgresState.Running && Sql is null)
            ? UnknownState
            : Wire.StateText(status.State);
        Role = Sql switch
        {
            null => Wire.RoleText(status.Role),
            { InRecovery: false } => "primary",
            _ when status.Role == PostgresRole.StandbyLeader => "standby_leader",
            _ => "replica",
        };
        var isVoter = Role == "replica" && status.Cluster is { } cluster
            && Modes.CountsAsSynchronous(cluster.Sync, status.Name.Value);
        IsSyncStandby = isVoter && !Modes.Quorum;
        IsQuorumStandby = isVoter && Modes.Quorum;
        LeaderLsn = Lsn.Max(status.Cluster?.Status.Optime ?? Lsn.Unknown, Sql?.LatestEnd ?? Lsn.Unknown);
    }

    public NodeStatus Status { get; }
    public PostgresReading Reading { get; }
    public ClusterModes Modes { get; }

    /// <summary>The probe's answer; null when there is none.</summary>
    public SqlReading.Answered? Sql { get; }

    /// <summary>As published; <c>unknown</c> while a running server cannot be asked.</summary>
    public string State { get; }

    /// <summary>By what the server says of recovery; else the role the agent gave it.</summary>
    public string Role { get; }

    public bool IsSyncStandby { get; }
    public bool IsQuorumStandby { get; }
    public string? ReplicationState => Sql is { InRecovery: true } ? Sql.ReplicationState : null;

    /// <summary>The furthest that the leader is known to have been.</summary>
    public Lsn LeaderLsn { get; }

    public Lsn Replayed => Sql is { InRecovery: true } ? Sql.Replayed : Lsn.Unknown;

    /// <summary>Received by the WAL receiver; before there was one, what was replayed.</summary>
    public Lsn Received =>
        Sql is { InRecovery: true } ? (Sql.Received.IsKnown ? Sql.Received : Sql.Replayed) : Lsn.Unknown;

    /// <summary>The role alone tells it while there is no view of the configuration.</summary>
    public bool IsStandbyCluster => Modes.StandbyCluster || Status.Role == PostgresRole.StandbyLeader;

    public bool HasClusterView => Status.Cluster is not null;
    public bool IsUnlocked => Status.Cluster is null or { IsUnlocked: true };
}
