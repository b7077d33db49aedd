using System.Collections;
using System.Collections.Frozen;

namespace HaAgent.Configuration.Local;

/// <summary>The environment as it was at start, and what of it children may see.</summary>
public static class ProcessEnvironment
{
    /// <summary>Taken once, before anything is removed; a reload uses the same values.</summary>
    public static IReadOnlyDictionary<string, string> Capture() => Environment.GetEnvironmentVariables()
        .Cast<DictionaryEntry>()
        .ToFrozenDictionary(entry => (string)entry.Key, entry => entry.Value as string ?? "");

    /// <summary>
    /// Variables that no child process gets, whether they were understood or not: they may hold passwords.
    /// </summary>
    public static bool IsForTheAgentOnly(string name) =>
        name.StartsWith("PATRONI_", StringComparison.Ordinal) || name.StartsWith("HAAGENT_", StringComparison.Ordinal)
        || name.StartsWith("KUBERNETES_", StringComparison.Ordinal) || name == "NOTIFY_SOCKET";
}
