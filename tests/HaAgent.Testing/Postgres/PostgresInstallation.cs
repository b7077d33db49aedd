namespace HaAgent.Testing.Postgres;

/// <summary>The PostgreSQL that is installed here.</summary>
public static class PostgresInstallation
{
    /// <summary>Of the newest supported version found; <c>HAAGENT_TEST_PG_BIN</c> names another.</summary>
    public static string BinDirectory { get; } =
        Environment.GetEnvironmentVariable("HAAGENT_TEST_PG_BIN")
        ?? Enumerable.Range(13, 6).Reverse()
            .Select(major => $"/usr/lib/postgresql/{major}/bin")
            .FirstOrDefault(Directory.Exists)
        ?? throw new InvalidOperationException("No PostgreSQL server from 13 to 18 in /usr/lib/postgresql: install one.");
}
