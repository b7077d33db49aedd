using System.Collections.Frozen;
using System.Text.Json.Nodes;

namespace HaAgent.Core.Settings;

/// <summary>
/// The <c>postgresql</c> section that is in force: dynamic configuration with the local one laid over it.
/// </summary>
/// <remarks>
/// Local values replace dynamic ones as a whole; only <c>parameters</c> are merged, and there local values of the
/// controlled
/// settings are dropped. <c>use_slots</c> is dynamic only; addresses, paths and credentials are local only.
/// </remarks>
public static class EffectivePostgresql
{
    /// <summary>Settings that every member must agree on: only the dynamic configuration may give them.</summary>
    public static readonly FrozenSet<string> ControlledParameters = new[]
    {
        "listen_addresses", "port", "cluster_name", "wal_level", "hot_standby", "max_connections", "max_wal_senders",
        "max_replication_slots", "max_prepared_transactions", "max_locks_per_transaction", "max_worker_processes",
        "track_commit_timestamp", "wal_log_hints", "wal_keep_segments", "wal_keep_size",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenSet<string> LocalOnly = new[]
    {
        "connect_address", "proxy_address", "listen", "config_dir", "data_dir", "pgpass", "authentication",
    }.ToFrozenSet();

    private static readonly FrozenSet<string> NeverConfigurable = new[]
    {
        "listen_addresses", "port", "cluster_name",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <param name="dynamic">The whole dynamic configuration.</param>
    /// <param name="local">The local <c>postgresql</c> section.</param>
    /// <returns>A new section; <c>parameters</c> is always there and holds only what was configured, no defaults.</returns>
    public static JsonObject Merge(JsonObject? dynamic, JsonObject? local)
    {
        var merged = new JsonObject();
        var shared = dynamic?["postgresql"] as JsonObject ?? [];
        foreach (var (name, value) in shared)
        {
            if (!LocalOnly.Contains(name) && name != "parameters")
            {
                merged[name] = value?.DeepClone();
            }
        }

        foreach (var (name, value) in local ?? [])
        {
            if (name is not ("use_slots" or "parameters"))
            {
                merged[name] = value?.DeepClone();
            }
        }

        merged["parameters"] = Parameters(shared["parameters"] as JsonObject, local?["parameters"] as JsonObject);
        return merged;
    }

    private static JsonObject Parameters(JsonObject? shared, JsonObject? local)
    {
        var merged = new JsonObject(new JsonNodeOptions { PropertyNameCaseInsensitive = true });
        foreach (var (name, value) in shared ?? [])
        {
            if (!NeverConfigurable.Contains(name))
            {
                merged[name] = value?.DeepClone();
            }
        }

        foreach (var (name, value) in local ?? [])
        {
            if (!ControlledParameters.Contains(name))
            {
                merged[name] = value?.DeepClone();
            }
        }

        return merged;
    }
}
