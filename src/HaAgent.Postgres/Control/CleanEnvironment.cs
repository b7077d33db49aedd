using System.Collections;

namespace HaAgent.Postgres.Control;

/// <summary>
/// The environment that PostgreSQL and its tools get: nothing of the agent's own, no secrets of its configuration.
/// </summary>
internal static class CleanEnvironment
{
    private static readonly string[] DroppedPrefixes = ["PATRONI_", "HAAGENT_", "KUBERNETES_", "DOTNET_", "COMPlus_"];

    /// <summary>
    /// Names that would change what PostgreSQL's programs do behind the agent's back, or are systemd's word to the
    /// agent alone.
    /// </summary>
    private static readonly HashSet<string> DroppedNames = new(StringComparer.Ordinal)
    {
        "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES",
        "PGDATA", "PGHOST", "PGHOSTADDR", "PGPORT", "PGUSER", "PGDATABASE", "PGPASSWORD", "PGPASSFILE", "PGOPTIONS",
        "PGSERVICE",
        "PGSERVICEFILE", "PGAPPNAME", "PGCONNECT_TIMEOUT", "PGTARGETSESSIONATTRS",
    };

    public static IEnumerable<KeyValuePair<string, string>> Variables(IReadOnlyDictionary<string, string> added)
    {
        foreach (DictionaryEntry entry in Environment.GetEnvironmentVariables())
        {
            var name = (string)entry.Key;
            if (!added.ContainsKey(name) && !DroppedNames.Contains(name)
                && !Array.Exists(DroppedPrefixes, prefix => name.StartsWith(prefix, StringComparison.Ordinal)))
            {
                yield return new(name, (string?)entry.Value ?? "");
            }
        }

        foreach (var (name, value) in added)
        {
            yield return new(name, value);
        }
    }
}
