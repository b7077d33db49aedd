using HaAgent.Core.Contracts;
using HaAgent.Core.Model;
using HaAgent.Core.Snapshot;

namespace HaAgent.Tests.Given;

/// <summary>Published statuses of healthy nodes; each test changes the one fact it is about.</summary>
internal static class Nodes
{
    public static readonly NodeName Self = new("n1");
    public static readonly NodeName Other = new("n2");

    /// <summary>Runs as primary and holds the lock.</summary>
    public static NodeStatus Primary(TimeProvider clock) => Healthy(clock) with
    {
        LeaderUntil = Instant.Now(clock) + TimeSpan.FromMinutes(5),
        Role = PostgresRole.Primary,
        Postgres = Reading(PrimarySql(clock)),
        Cluster = Cluster(Self),
    };

    /// <summary>Runs as a replica that streams from the leader.</summary>
    public static NodeStatus Replica(TimeProvider clock) => Healthy(clock) with
    {
        Role = PostgresRole.Replica,
        Postgres = Reading(ReplicaSql(clock)),
        Cluster = Cluster(Other),
    };

    public static SqlReading.Answered PrimarySql(TimeProvider clock) => new()
    {
        AskedAt = Instant.Now(clock),
        InRecovery = false,
        Timeline = new(3),
        Flushed = new(0x4000060),
        PostmasterStartTime = new DateTimeOffset(2026, 1, 31, 12, 0, 0, TimeSpan.Zero).AddTicks(3757700),
        WalSenders = [new(4711, "replicator", "n2", "10.0.0.2", "streaming", "async", 0, new(0x4000060))],
    };

    public static SqlReading.Answered ReplicaSql(TimeProvider clock) => new()
    {
        AskedAt = Instant.Now(clock),
        InRecovery = true,
        Timeline = new(3),
        Received = new(0x4000060),
        Replayed = new(0x4000000),
        LatestEnd = new(0x4000060),
        ReplayedAt = new DateTimeOffset(2026, 1, 31, 12, 0, 1, TimeSpan.Zero),
        ReplicationState = "streaming",
        PostmasterStartTime = new DateTimeOffset(2026, 1, 31, 12, 0, 0, TimeSpan.Zero),
    };

    public static PostgresReading Reading(SqlReading sql) => new(
        new DataDirectory.Initialized("7710413840860529352", ControlState.InProduction, default, false, false, false),
        new ServerProcess.Running(4242, Instant.Zero),
        sql,
        150018);

    /// <summary>The same node whose server does not answer.</summary>
    public static NodeStatus Unanswered(this NodeStatus node) =>
        node with { Postgres = node.Postgres with { Sql = new SqlReading.Unknown("no answer") } };

    public static NodeStatus WithSql(this NodeStatus node, Func<SqlReading.Answered, SqlReading.Answered> change) =>
        node with { Postgres = node.Postgres with { Sql = change((SqlReading.Answered)node.Postgres.Sql) } };

    public static NodeStatus WithSettings(this NodeStatus node, Func<HaSettings, HaSettings> change) =>
        node with { Settings = change(node.Settings) };

    public static NodeStatus WithCluster(this NodeStatus node, Func<ClusterState, ClusterState> change) =>
        node with { Cluster = change(node.Cluster ?? ClusterState.Empty) };

    public static NodeStatus WithConfig(this NodeStatus node, string json) =>
        node.WithCluster(c => c with { Config = new(json, new(7)) });

    public static ClusterState Cluster(NodeName leader) => ClusterState.Empty with
    {
        Initialize = "7710413840860529352",
        Config = new("{\"ttl\":30}", new(7)),
        Leader = leader.IsNobody ? null : new(leader, new(9), 77, 5),
        Status = ClusterStatus.Empty with { Optime = new(0x4000060) },
    };

    private static NodeStatus Healthy(TimeProvider clock) => new()
    {
        Name = Self,
        Scope = "demo",
        PublishedAt = Instant.Now(clock),
        ValidUntil = Instant.Now(clock) + TimeSpan.FromMinutes(5),
        LeaderUntil = Instant.Zero,
        NextRun = Instant.Now(clock) + TimeSpan.FromSeconds(10),
        State = PostgresState.Running,
        Role = PostgresRole.Replica,
        Postgres = PostgresReading.Nothing,
        Settings = HaSettings.Default,
        DcsLastSeen = new DateTimeOffset(2026, 1, 31, 12, 0, 2, TimeSpan.Zero),
        RuleId = "P90",
        ReasonText = "no action. I am (n1), the leader with the lock",
    };
}
