namespace HaAgent.Logging;

/// <summary>The peer's logger names in configuration files, as our categories.</summary>
internal static class LoggerNames
{
    /// <summary>The cycle line has a category of its own, so that its level can be set.</summary>
    public const string Heartbeat = "HaAgent.Heartbeat";

    /// <returns>A category prefix; null for names that mean nothing here.</returns>
    public static string? Category(string logger) => logger switch
    {
        "patroni" => "HaAgent",
        "patroni.ha" => "HaAgent.Loop",
        "patroni.api" => "HaAgent.Rest",
        "patroni.dcs" or "patroni.dcs.etcd" or "patroni.dcs.etcd3" => "HaAgent.Dcs",
        "patroni.postgresql" => "HaAgent.Postgres",
        "patroni.postmaster" or "patroni.postgresql.postmaster" => "HaAgent.Postgres.Control",
        "urllib3" => "HaAgent.Peers",
        _ when logger.StartsWith("HaAgent", StringComparison.Ordinal) => logger,
        _ => null,
    };
}
