namespace HaAgent.Core.Model;

/// <summary>The role a member publishes. <see cref="Wire.RoleText"/> spells it.</summary>
public enum PostgresRole
{
    /// <summary>No data directory, or none that works yet.</summary>
    Uninitialized,
    Replica,
    /// <summary>A promotion was issued and recovery has not ended yet.</summary>
    Promoted,
    Primary,
    /// <summary>Stopped after having been primary.</summary>
    Demoted,
    StandbyLeader,
}

/// <summary>The published state of PostgreSQL; the number is the metric's value and never changes.</summary>
public enum PostgresState
{
    InitializingNewCluster = 0,
    InitdbFailed = 1,
    RunningCustomBootstrap = 2,
    CustomBootstrapFailed = 3,
    CreatingReplica = 4,
    Running = 5,
    Starting = 6,
    StartingAfterCustomBootstrap = 7,
    StartFailed = 8,
    Restarting = 9,
    RestartFailed = 10,
    Stopping = 11,
    Stopped = 12,
    StopFailed = 13,
    Crashed = 14,
}

/// <summary>The texts that peers, the REST API and the CLI use for roles and states.</summary>
public static class Wire
{
    public static string RoleText(PostgresRole role) => role switch
    {
        PostgresRole.Uninitialized => "uninitialized",
        PostgresRole.Replica => "replica",
        PostgresRole.Promoted => "promoted",
        PostgresRole.Primary => "primary",
        PostgresRole.Demoted => "demoted",
        PostgresRole.StandbyLeader => "standby_leader",
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    public static string StateText(PostgresState state) => state switch
    {
        PostgresState.InitializingNewCluster => "initializing new cluster",
        PostgresState.InitdbFailed => "initdb failed",
        PostgresState.RunningCustomBootstrap => "running custom bootstrap script",
        PostgresState.CustomBootstrapFailed => "custom bootstrap failed",
        PostgresState.CreatingReplica => "creating replica",
        PostgresState.Running => "running",
        PostgresState.Starting => "starting",
        PostgresState.StartingAfterCustomBootstrap => "starting after custom bootstrap",
        PostgresState.StartFailed => "start failed",
        PostgresState.Restarting => "restarting",
        PostgresState.RestartFailed => "restart failed",
        PostgresState.Stopping => "stopping",
        PostgresState.Stopped => "stopped",
        PostgresState.StopFailed => "stop failed",
        PostgresState.Crashed => "crashed",
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}
