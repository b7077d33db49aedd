using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using HaAgent.Configuration.Local;
using HaAgent.Configuration.Yaml;
using HaAgent.Core.Settings;
using HaAgent.Core.Snapshot;

namespace HaAgent.Configuration.Rules;

/// <summary>
/// <c>--validate-config</c>: every problem at once, one line each. It starts nothing and changes nothing.
/// </summary>
/// <remarks>Line: <c>&lt;path&gt; &lt;value&gt; &lt;problem&gt;</c>. Unknown keys are not looked at.</remarks>
public static class ConfigurationValidator
{
    private static readonly (string Name, long Smallest, long Largest)[] ControlledRanges =
    [
        ("max_connections", 1, 262143), ("max_locks_per_transaction", 10, 2147483647), ("max_prepared_transactions", 0, 262143),
        ("max_replication_slots", 0, 262143), ("max_wal_senders", 0, 262143), ("max_worker_processes", 0, 262143),
    ];

    /// <param name="configuration">As loaded.</param>
    /// <param name="searchPath"><c>$PATH</c>, for binaries without <c>postgresql.bin_dir</c>.</param>
    /// <param name="ignoreListenPort">The option <c>-i</c>: ports in use are no problem.</param>
    /// <param name="stop">Gives up.</param>
    /// <returns>Nothing when all is well.</returns>
    public static async Task<ImmutableArray<string>> ValidateAsync(
        LocalConfiguration configuration, string searchPath, bool ignoreListenPort, CancellationToken stop)
    {
        var validation = new Validation(configuration.Root, ignoreListenPort, stop);
        Global(validation);
        Log(validation);
        Bootstrap(validation);
        await RestApiAsync(validation);
        Ctl(validation);
        await StoreValidator.ValidateAsync(validation);
        await PostgresqlValidator.ValidateAsync(validation, searchPath);
        Watchdog(validation);
        Tags(validation);
        foreach (var refusal in AgentOptionsRules.Check(configuration.Root).Refusals)
        {
            validation.Add(refusal.Message);
        }

        return validation.Lines;
    }

    /// <summary>The option <c>-p</c>: what the files and the environment come to.</summary>
    public static string Print(LocalConfiguration configuration) => Yaml11Writer.Block(configuration.Root);

    private static void Global(Validation v)
    {
        _ = v.Text("name", required: true);
        _ = v.Text("scope", required: true);
        _ = v.Text("namespace");
        v.Integer("thread_pool_size", smallest: 5);
        v.Integer("thread_stack_size", smallest: 65536, unit: "B");
    }

    private static void Log(Validation v)
    {
        if (v.Map("log") is null)
        {
            return;
        }

        v.OneOf("log.type", "plain", "json");
        v.OneOf("log.level", "debug", "info", "warn", "warning", "error", "fatal", "critical");
        v.OneOf("log.traceback_level", "debug", "error");
        LogFormat(v);
        v.Texts("log.", "dateformat", "dir");
        _ = v.Map("log.static_fields");
        v.Integer("log.max_queue_size");
        v.Integer("log.file_num");
        v.Integer("log.file_size");
        v.Integer("log.mode", 0, 511);
        _ = v.Map("log.loggers");
        v.Bool("log.deduplicate_heartbeat_logs");
    }

    private static void LogFormat(Validation v)
    {
        var problem = v.At("log.format") switch
        {
            null => null,
            JsonArray { Count: 0 } => "should contain at least one item",
            JsonArray list => list.All(IsLogAttribute) ? null : "each item should be a string or a dictionary with "
                + "string values",
            { } other => other.GetValueKind() == JsonValueKind.String ? null : "Should be a string or a list",
        };
        if (problem is not null)
        {
            v.Add("log.format", v.At("log.format"), "didn't pass validation: " + problem);
        }
    }

    private static bool IsLogAttribute(JsonNode? item) => item is JsonObject map
        ? map.All(pair => pair.Value?.GetValueKind() == JsonValueKind.String)
        : item?.GetValueKind() == JsonValueKind.String;

    private static void Bootstrap(Validation v)
    {
        if (v.Map("bootstrap") is null || v.Map("bootstrap.dcs", required: true) is null)
        {
            return;
        }

        const string Dcs = "bootstrap.dcs.";
        v.Integer(Dcs + "ttl", smallest: (long)TimingRule.Floors.Ttl.TotalSeconds);
        v.Integer(Dcs + "loop_wait", smallest: (long)TimingRule.Floors.LoopWait.TotalSeconds);
        v.Integer(Dcs + "retry_timeout", smallest: (long)TimingRule.Floors.RetryTimeout.TotalSeconds);
        v.Integer(Dcs + "maximum_lag_on_failover", smallest: 0);
        v.Integer(Dcs + "maximum_lag_on_syncnode", smallest: -1);
        v.Integer(Dcs + "max_timelines_history");
        foreach (var role in new[] { "primary", "master" })
        {
            v.Integer(Dcs + role + "_start_timeout", smallest: 0);
            v.Integer(Dcs + role + "_stop_timeout", smallest: 0);
        }

        v.Integer(Dcs + "synchronous_node_count", smallest: 1);
        v.Integer(Dcs + "member_slots_ttl", smallest: 0, unit: "s");
        v.Bools(Dcs, "check_timeline", "failsafe_mode", "synchronous_mode_strict");
        if (v.At(Dcs + "synchronous_mode") is { } mode
            && !UnsupportedSettings.IsSynchronous(mode) && ValueParsers.Bool(mode) is null)
        {
            v.Add(Dcs + "synchronous_mode", mode, "didn't pass validation: invalid value for synchronous_mode");
        }

        foreach (var map in new[] { "standby_cluster", "slots", "postgresql", "postgresql.parameters" })
        {
            _ = v.Map(Dcs + map);
        }

        foreach (var (name, smallest, largest) in ControlledRanges)
        {
            v.Integer(Dcs + "postgresql.parameters." + name, smallest, largest);
        }

        v.Bools(Dcs + "postgresql.", "use_slots", "use_pg_rewind");
    }

    private static async Task RestApiAsync(Validation v)
    {
        if (v.Map("restapi", required: true) is null)
        {
            return;
        }

        await v.ListenAsync("restapi.listen", defaultPort: null);
        v.ConnectAddress("restapi.connect_address", defaultPort: null, required: true);
        Authentication(v, "restapi");
        v.Texts("restapi.", "certfile", "keyfile", "keyfile_password", "cafile", "ciphers");
        v.OneOf("restapi.verify_client", "none", "optional", "required");
        v.OneOf("restapi.server_tokens", "minimal", "productonly", "original");
        _ = v.List("restapi.allowlist");
        v.Bool("restapi.allowlist_include_members");
        _ = v.Map("restapi.http_extra_headers");
        _ = v.Map("restapi.https_extra_headers");
        v.Integer("restapi.request_queue_size", 0, 4096);
        v.Integer("restapi.thread_pool_size", smallest: 5);
    }

    private static void Ctl(Validation v)
    {
        if (v.Map("ctl") is not null)
        {
            v.Bool("ctl.insecure");
            v.Texts("ctl.", "cacert", "certfile", "keyfile", "keyfile_password");
            Authentication(v, "ctl");
        }
    }

    /// <summary>Values of credentials are never repeated, so only their presence is judged.</summary>
    private static void Authentication(Validation v, string section)
    {
        if (v.Map(section + ".authentication") is not null)
        {
            _ = v.Get(section + ".authentication.username", required: true);
            _ = v.Get(section + ".authentication.password", required: true);
        }
    }

    private static void Watchdog(Validation v)
    {
        if (v.Map("watchdog") is null)
        {
            return;
        }

        if (v.At("watchdog.mode") is { } mode
            && ValueParsers.Text(mode)?.ToLowerInvariant()
                is not ("off" or "false" or "disable" or "disabled" or "automatic" or "auto" or "required" or "require"))
        {
            v.Add("watchdog.mode", mode, Validation.WrongValue);
        }

        _ = v.Text("watchdog.device");
        v.Integer("watchdog.safety_margin", smallest: -1);
    }

    private static void Tags(Validation v)
    {
        if (v.Map("tags") is not { } tags)
        {
            return;
        }

        foreach (var (boolean, priority) in new[] { ("nofailover", "failover_priority"), ("nosync", "sync_priority") })
        {
            if (tags.ContainsKey(boolean) && tags.ContainsKey(priority))
            {
                v.Add($"tags  Multiple of ('{boolean}', '{priority}') provided");
            }

            v.Bool("tags." + boolean);
            v.Integer("tags." + priority, smallest: 0);
        }

        v.Bools("tags.", "clonefrom", "noloadbalance", "nostream");
        _ = v.Text("tags.replicatefrom");
    }
}
