using System.Globalization;
using System.Text.Json.Nodes;

namespace HaAgent.Testing.Cluster;

/// <summary>What one agent's configuration file says: a file as an operator would have written it for Patroni.</summary>
public sealed record AgentConfiguration
{
    public required string Scope { get; init; }
    public required string Name { get; init; }
    public required int RestPort { get; init; }
    public required int PostgresPort { get; init; }
    public required IReadOnlyList<string> EtcdHosts { get; init; }
    public required string DataDirectory { get; init; }

    /// <summary>For the server's socket, the password file and whatever else the agent keeps outside the data directory.</summary>
    public required string RunFolder { get; init; }

    /// <summary>Every node on an address of its own, when a test needs to cut the network between them.</summary>
    public string Address { get; init; } = "127.0.0.1";

    public string BinFolder { get; init; } = "/usr/lib/postgresql/15/bin";
    public string SuperuserPassword { get; init; } = "super secret: \"it's\" 100% ü\\";
    public string ReplicationPassword { get; init; } = "repl # secret";
    public string RewindPassword { get; init; } = "rewind:secret";
    public int TtlSeconds { get; init; } = 30;
    public int LoopWaitSeconds { get; init; } = 10;
    public int RetryTimeoutSeconds { get; init; } = 10;

    /// <summary>More settings for all nodes, merged into <c>bootstrap.dcs</c>.</summary>
    public JsonObject MoreDcs { get; init; } = [];

    /// <summary>More settings of this node, merged over the whole document; null deletes.</summary>
    public JsonObject MoreLocal { get; init; } = [];

    public const string Superuser = "postgres";

    /// <summary>The document as text. JSON is YAML; every string is quoted, so nothing in it needs thought.</summary>
    public string Render()
    {
        var document = Document();
        Merge(document, MoreLocal);
        return string.Concat(document.Select(section => Section(section.Key, section.Value)));
    }

    private JsonObject Document() => new()
    {
        ["scope"] = Scope,
        ["namespace"] = "/service/",
        ["name"] = Name,
        ["restapi"] = new JsonObject
        {
            ["listen"] = $"{Address}:{RestPort}",
            ["connect_address"] = $"{Address}:{RestPort}",
            ["authentication"] = User(RestClient.Username, RestClient.Password),
        },
        ["etcd3"] = new JsonObject { ["hosts"] = new JsonArray([.. EtcdHosts.Select(host => (JsonNode)host)]) },
        ["bootstrap"] = new JsonObject
        {
            ["dcs"] = Dcs(),
            ["initdb"] = new JsonArray(new JsonObject { ["encoding"] = "UTF8" }, "data-checksums"),
        },
        ["postgresql"] = Postgresql(),
        ["tags"] = new JsonObject { ["nofailover"] = false, ["noloadbalance"] = false, ["clonefrom"] = false },
    };

    private JsonObject Dcs()
    {
        var dcs = new JsonObject
        {
            ["ttl"] = TtlSeconds,
            ["loop_wait"] = LoopWaitSeconds,
            ["retry_timeout"] = RetryTimeoutSeconds,
            ["maximum_lag_on_failover"] = 1048576,
            ["postgresql"] = new JsonObject
            {
                ["use_pg_rewind"] = true,
                ["use_slots"] = true,
                ["parameters"] = new JsonObject { ["max_connections"] = 100, ["wal_log_hints"] = "on" },
            },
        };
        Merge(dcs, MoreDcs);
        return dcs;
    }

    private JsonObject Postgresql() => new()
    {
        ["listen"] = $"{Address}:{PostgresPort}",
        ["connect_address"] = $"{Address}:{PostgresPort}",
        ["data_dir"] = DataDirectory,
        ["bin_dir"] = BinFolder,
        ["pgpass"] = Path.Combine(RunFolder, "pgpass"),
        ["authentication"] = new JsonObject
        {
            ["superuser"] = User(Superuser, SuperuserPassword),
            ["replication"] = User("replicator", ReplicationPassword),
            ["rewind"] = User("rewind_user", RewindPassword),
        },
        ["parameters"] = new JsonObject { ["unix_socket_directories"] = RunFolder },
        ["pg_hba"] = new JsonArray(
            "local all all trust",
            $"host replication replicator {Address}/32 scram-sha-256",
            $"host all all {Address}/32 scram-sha-256",
            "host all all 127.0.0.1/32 scram-sha-256"),
    };

    private static JsonObject User(string name, string password) => new() { ["username"] = name, ["password"] = password };

    /// <summary>One top-level section in block style, its content in lines where it helps a reader.</summary>
    private static string Section(string key, JsonNode? value) => value is JsonObject map
        ? string.Create(CultureInfo.InvariantCulture, $"{key}:\n{string.Concat(map.Select(Line))}")
        : $"{key}: {Inline(value)}\n";

    private static string Line(KeyValuePair<string, JsonNode?> entry) => $"  {entry.Key}: {Inline(entry.Value)}\n";

    private static string Inline(JsonNode? value) => value?.ToJsonString() ?? "null";

    private static void Merge(JsonObject target, JsonObject change)
    {
        foreach (var (key, value) in change)
        {
            if (value is null)
            {
                target.Remove(key);
            }
            else if (value is JsonObject inner && target[key] is JsonObject existing)
            {
                Merge(existing, inner);
            }
            else
            {
                target[key] = value.DeepClone();
            }
        }
    }
}
