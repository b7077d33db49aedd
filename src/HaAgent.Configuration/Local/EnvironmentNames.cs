using System.Collections.Frozen;

namespace HaAgent.Configuration.Local;

/// <summary>How the text of a variable becomes a value.</summary>
internal enum VariableType { Text, Integer, Real, Bool, List, Map, LogFormat }

/// <summary>Where a variable's value goes: a path of keys, e.g. <c>restapi.authentication.password</c>.</summary>
internal sealed record VariableTarget(string Path, VariableType Type);

/// <summary>Every variable with a fixed name, without its prefix. The only place that knows them.</summary>
internal static class EnvironmentNames
{
    /// <summary>The whole configuration as inline YAML.</summary>
    public const string WholeConfiguration = "CONFIGURATION";

    public static readonly FrozenDictionary<string, VariableTarget> Fixed = Build().ToFrozenDictionary();

    /// <summary>Old names, used only where the new one is not set.</summary>
    public static readonly FrozenDictionary<string, string> Legacy = new Dictionary<string, string>
    {
        ["LOGLEVEL"] = "LOG_LEVEL",
        ["LOGFORMAT"] = "LOG_FORMAT",
        ["LOG_DATEFMT"] = "LOG_DATEFORMAT",
        ["POSTGRESQL_BIN_IS_READY"] = "POSTGRESQL_BIN_PG_ISREADY",
        ["RETRIABLE_HTTP_CODES"] = "KUBERNETES_RETRIABLE_HTTP_CODES",
    }.ToFrozenDictionary();

    /// <summary>Suffixes of <c>PATRONI_&lt;SECTION&gt;_&lt;SUFFIX&gt;</c>, whatever the section.</summary>
    public static readonly FrozenDictionary<string, VariableType> Generic = new (VariableType Type, string Suffixes)[]
    {
        (VariableType.Text, "HOST PROTOCOL SRV SRV_SUFFIX URL PROXY CACERT CERT KEY KEY_PASSWORD TOKEN DC "
            + "CONSISTENCY SCHEME"),
        (VariableType.Text, "SERVICE_CHECK_INTERVAL SERVICE_CHECK_TLS_SERVER_NAME NAMESPACE CONTEXT SCOPE_LABEL "
            + "ROLE_LABEL"),
        (VariableType.Text, "LEADER_LABEL_VALUE FOLLOWER_LABEL_VALUE STANDBY_LEADER_LABEL_VALUE TMP_ROLE_LABEL "
            + "POD_IP DATABASE"),
        (VariableType.Integer, "PORT"),
        (VariableType.List, "HOSTS PORTS CHECKS SERVICE_TAGS RETRIABLE_HTTP_CODES"),
        (VariableType.Map, "LABELS BOOTSTRAP_LABELS SET_ACLS AUTH_DATA"),
        (VariableType.Bool, "USE_PROXIES REGISTER_SERVICE USE_ENDPOINTS BYPASS_API_SERVICE VERIFY USE_SSL"),
    }.SelectMany(group => group.Suffixes.Split(' ').Select(suffix => (suffix, group.Type)))
        .ToFrozenDictionary(entry => entry.suffix, entry => entry.Type);

    /// <summary>Names and suffixes that exist for one section only.</summary>
    public static VariableType? GenericType(string section, string suffix) => (section, suffix) switch
    {
        ("CITUS", "GROUP") => VariableType.Integer,
        ("CITUS", "DATABASE") => VariableType.Text,
        ("CITUS", _) => null,
        ("ETCD" or "ETCD3", "USERNAME" or "PASSWORD") => VariableType.Text,
        _ => Generic.TryGetValue(suffix, out var type) ? type : null,
    };

    private static Dictionary<string, VariableTarget> Build()
    {
        var names = new Dictionary<string, VariableTarget>();
        void Add(string prefix, string path, VariableType type, string suffixes)
        {
            foreach (var suffix in suffixes.Split(' '))
            {
                names[prefix + suffix] = new(path + suffix.ToLowerInvariant(), type);
            }
        }

        Add("", "", VariableType.Text, "NAME NAMESPACE SCOPE THREAD_POOL_SIZE THREAD_STACK_SIZE");
        Add("LOG_", "log.", VariableType.Text, "TYPE LEVEL TRACEBACK_LEVEL DATEFORMAT DIR");
        Add("LOG_", "log.", VariableType.LogFormat, "FORMAT");
        Add("LOG_", "log.", VariableType.Map, "STATIC_FIELDS LOGGERS");
        Add("LOG_", "log.", VariableType.Integer, "MAX_QUEUE_SIZE FILE_SIZE FILE_NUM MODE");
        Add("LOG_", "log.", VariableType.Bool, "DEDUPLICATE_HEARTBEAT_LOGS");
        Add("RESTAPI_", "restapi.", VariableType.Text,
            "LISTEN CONNECT_ADDRESS CERTFILE KEYFILE KEYFILE_PASSWORD CAFILE CIPHERS VERIFY_CLIENT SERVER_TOKENS");
        Add("RESTAPI_", "restapi.", VariableType.Map, "HTTP_EXTRA_HEADERS HTTPS_EXTRA_HEADERS");
        Add("RESTAPI_", "restapi.", VariableType.List, "ALLOWLIST");
        Add("RESTAPI_", "restapi.", VariableType.Bool, "ALLOWLIST_INCLUDE_MEMBERS");
        Add("RESTAPI_", "restapi.", VariableType.Integer, "REQUEST_QUEUE_SIZE THREAD_POOL_SIZE");
        Add("RESTAPI_", "restapi.authentication.", VariableType.Text, "USERNAME PASSWORD");
        Add("CTL_", "ctl.", VariableType.Bool, "INSECURE");
        Add("CTL_", "ctl.", VariableType.Text, "CACERT CERTFILE KEYFILE KEYFILE_PASSWORD");
        Add("CTL_", "ctl.authentication.", VariableType.Text, "USERNAME PASSWORD");
        Add("POSTGRESQL_", "postgresql.", VariableType.Text,
            "LISTEN CONNECT_ADDRESS PROXY_ADDRESS CONFIG_DIR DATA_DIR PGPASS BIN_DIR");
        Add("POSTGRESQL_BIN_", "postgresql.bin_name.", VariableType.Text,
            "PG_CTL INITDB PG_CONTROLDATA PG_BASEBACKUP POSTGRES PG_ISREADY PG_REWIND");
        foreach (var user in new[] { "SUPERUSER", "REPLICATION", "REWIND" })
        {
            Add(user + "_", $"postgresql.authentication.{user.ToLowerInvariant()}.", VariableType.Text,
                string.Join(' ', Credentials.Keys).ToUpperInvariant());
        }

        Add("RAFT_", "raft.", VariableType.Text, "DATA_DIR SELF_ADDR BIND_ADDR PASSWORD");
        Add("RAFT_", "raft.", VariableType.List, "PARTNER_ADDRS");
        Add("RAFT_", "raft.", VariableType.Real, "MIN_TIMEOUT MAX_TIMEOUT CONNECTION_TIMEOUT APPEND_ENTRIES_PERIOD "
            + "CONNECTION_RETRY_TIME LEADER_FALLBACK_TIMEOUT");
        return names;
    }
}
