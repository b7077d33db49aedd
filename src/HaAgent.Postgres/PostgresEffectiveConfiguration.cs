using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using HaAgent.Core.Settings;
using HaAgent.Postgres.Config;

namespace HaAgent.Postgres;

/// <summary>
/// What PostgreSQL is to be configured with: defaults, below the dynamic configuration, below the local one. Immutable.
/// </summary>
/// <remarks>
/// Spec, configuration 1.3, 1.4, 9 and 15. A mistake in the dynamic part never throws: it is one of
/// <see cref="Warnings"/>.
/// </remarks>
public sealed class PostgresEffectiveConfiguration
{
    private static readonly string[] LocalOnly =
        ["connect_address", "proxy_address", "listen", "config_dir", "data_dir", "pgpass", "authentication"];

    private static readonly string[] ForbiddenBaseBackup =
        ["pgdata", "format", "wal-method", "xlog-method", "gzip", "version", "dbname", "host", "port", "username",
            "password"];

    private static readonly string[] ForbiddenRewind =
    [
        "target-pgdata", "source-pgdata", "source-server", "write-recovery-conf", "dry-run", "restore-target-wal",
        "config-file",
        "no-ensure-shutdown", "version", "help",
    ];

    private readonly JsonObject _merged;
    private readonly ImmutableSortedDictionary<string, string> _parameters;
    private readonly PostgresOptions _local;

    private PostgresEffectiveConfiguration(
        PostgresOptions local, JsonObject merged, List<string> warnings, JsonObject? dynamicParameters)
    {
        _local = local;
        _merged = merged;
        var parameters = MergeParameters(dynamicParameters, local.Section["parameters"] as JsonObject, warnings);
        RecoveryConf = MoveRecoveryParameters(parameters, ReadMap(merged["recovery_conf"]));
        Controlled = parameters.Where(pair => ControlledParameters.IsControlled(pair.Key))
            .ToImmutableSortedDictionary(StringComparer.OrdinalIgnoreCase);
        _parameters = parameters.ToImmutableSortedDictionary(StringComparer.OrdinalIgnoreCase);
        BaseBackupArguments =
            [.. OptionList.Read(merged["basebackup"], BaseBackupObjection, Refuse("postgresql.basebackup"))];
        RewindArguments = [.. OptionList.Read(
            merged["rewind"],
            (name, _) => ForbiddenRewind.Contains(name) ? "is set by the agent itself" : null,
            Refuse("postgresql.rewind"))];
        foreach (var method in ValueParsers.List(merged["create_replica_methods"] ?? merged["create_replica_method"]))
        {
            if (method != "basebackup")
            {
                warnings.Add($"postgresql.create_replica_methods: {method} is not supported by this version; basebackup is used");
            }
        }

        Warnings = [.. warnings];

        Action<string, string> Refuse(string setting) =>
            (what, reason) => warnings.Add($"{setting}: ignoring {what}: it {reason}");
    }

    /// <summary>What was not taken, and why: for the log, once per change.</summary>
    public ImmutableArray<string> Warnings { get; }

    /// <summary>Parameters that the agent sets for the whole cluster, by name in ordinal order.</summary>
    public ImmutableSortedDictionary<string, string> Controlled { get; }

    /// <summary><c>postgresql.recovery_conf</c>, or the recovery settings found among the parameters.</summary>
    public ImmutableSortedDictionary<string, string> RecoveryConf { get; }

    public ImmutableArray<string> BaseBackupArguments { get; }

    public ImmutableArray<string> RewindArguments { get; }

    public string BinDirectory => Text("bin_dir") ?? "";

    public string Database => Text("database") ?? "postgres";

    public string ConfigBaseName => Text("config_base_name") ?? "postgresql";

    /// <summary>Included in place of the base file; null: none.</summary>
    public string? CustomConf => Text("custom_conf");

    public string? KrbServiceName => Text("krbsrvname");

    public bool UseUnixSocket => Flag("use_unix_socket");

    public bool UseUnixSocketForReplication => Flag("use_unix_socket_repl");

    /// <summary>Replication slots for members; from the dynamic configuration only.</summary>
    public bool UseSlots => ValueParsers.Bool(_merged["use_slots"]) ?? true;

    public bool UsePgRewind => Flag("use_pg_rewind");

    public TimeSpan PgCtlTimeout =>
        ValueParsers.Integer(_merged["pg_ctl_timeout"], "s") is { } seconds and > 0 and < 1_000_000
        ? TimeSpan.FromSeconds(seconds)
        : TimeSpan.FromSeconds(60);

    /// <summary>How others reach this server, as the member key publishes it.</summary>
    public string ConnUrl => Url(_local.ConnectAddress);

    /// <summary>Null when no proxy is configured.</summary>
    public string? ProxyUrl => _local.ProxyAddress is { } proxy ? Url(proxy) : null;

    public static PostgresEffectiveConfiguration Build(PostgresOptions local, JsonObject dynamicConfig)
    {
        ArgumentNullException.ThrowIfNull(local);
        ArgumentNullException.ThrowIfNull(dynamicConfig);
        var warnings = new List<string>();
        var merged = new JsonObject();
        var dynamicSection = dynamicConfig["postgresql"] as JsonObject;
        foreach (var (key, value) in dynamicSection ?? [])
        {
            if (key != "parameters" && !LocalOnly.Contains(key))
            {
                merged[key] = value?.DeepClone();
            }
        }

        foreach (var (key, value) in local.Section)
        {
            if (key is not ("parameters" or "use_slots") && !LocalOnly.Contains(key))
            {
                merged[key] = value?.DeepClone();
            }
        }

        return new(local, merged, warnings, dynamicSection?["parameters"] as JsonObject);
    }

    /// <summary>
    /// All parameters of the main part of <c>postgresql.conf</c> for a role, controlled ones included.
    /// </summary>
    public ImmutableSortedDictionary<string, string> Parameters(bool isPrimary)
    {
        var result = _parameters;
        foreach (var (name, value) in ReadMap(_merged["parameters_" + Suffix(isPrimary)]))
        {
            if (!ControlledParameters.IsControlled(name) && !RecoveryParameters.Contains(name))
            {
                result = result.SetItem(name, value);
            }
        }

        return result;
    }

    /// <summary>The whole content of <c>pg_hba.conf</c>; null: leave the file alone.</summary>
    public List<string>? HbaLines(bool isPrimary) => Lines("pg_hba", isPrimary);

    public List<string>? IdentLines(bool isPrimary) => Lines("pg_ident", isPrimary);

    /// <summary>
    /// The program of this name: under <c>bin_dir</c>, else found along <c>$PATH</c>; the bare name when it is not
    /// there.
    /// </summary>
    public string Tool(string name)
    {
        var file = ValueParsers.Text((_merged["bin_name"] as JsonObject)?[name]) is { Length: > 0 } renamed
            ? renamed
            : name;
        if (BinDirectory.Length > 0)
        {
            return Path.Combine(BinDirectory, file);
        }

        foreach (var directory in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(
            ':', StringSplitOptions.RemoveEmptyEntries))
        {
            var path = Path.Combine(directory, file);
            if (UnixFile.IsExecutable(path))
            {
                return path;
            }
        }

        return file;
    }

    private string Url((string Host, int Port) address)
    {
        var host = address.Host.Contains(':', StringComparison.Ordinal) ? $"[{address.Host}]" : address.Host;
        return string.Create(
            CultureInfo.InvariantCulture, $"postgres://{host}:{address.Port}/{Uri.EscapeDataString(Database)}");
    }

    private SortedDictionary<string, string> MergeParameters(
        JsonObject? dynamicParameters, JsonObject? local, List<string> warnings)
    {
        var parameters = new SortedDictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in ControlledParameters.Defaults)
        {
            parameters[name] = value;
        }

        var given = ReadMap(dynamicParameters);
        foreach (var (name, value) in given)
        {
            if (name.Equals("wal_keep_segments", StringComparison.OrdinalIgnoreCase))
            {
                if (!given.ContainsKey("wal_keep_size") && ControlledParameters.SizeOfSegments(value) is { } size)
                {
                    parameters["wal_keep_size"] = size;
                }
            }
            else if (!ControlledParameters.IsControlled(name))
            {
                parameters[name] = value;
            }
            else if (name.ToLowerInvariant() is not ("listen_addresses" or "port" or "cluster_name"))
            {
                parameters[name.ToLowerInvariant()] = ControlledParameters.Accept(name, value, warnings.Add);
            }
        }

        foreach (var (name, value) in ReadMap(local))
        {
            if (!ControlledParameters.IsControlled(name))
            {
                parameters[name] = value;
            }
        }

        parameters["listen_addresses"] = _local.ListenAddresses;
        parameters["port"] = _local.Port.ToString(CultureInfo.InvariantCulture);
        parameters["cluster_name"] = _local.Scope;
        return parameters;
    }

    /// <summary>Recovery settings among the parameters replace the map that is meant for them.</summary>
    private static ImmutableSortedDictionary<string, string> MoveRecoveryParameters(
        SortedDictionary<string, string> parameters, IReadOnlyDictionary<string, string> recoveryConf)
    {
        var moved = parameters.Where(pair => RecoveryParameters.Contains(pair.Key)).ToList();
        foreach (var (name, _) in moved)
        {
            parameters.Remove(name);
        }

        return (moved.Count > 0 ? (IEnumerable<KeyValuePair<string, string>>)moved : recoveryConf)
            .ToImmutableSortedDictionary(StringComparer.OrdinalIgnoreCase);
    }

    private static SortedDictionary<string, string> ReadMap(JsonNode? node)
    {
        var map = new SortedDictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in node as JsonObject ?? [])
        {
            // YAML's on, yes and true are one; the server reads them all, people read `on`.
            if (value is JsonArray list)
            {
                map[name] = string.Join(", ", list.Select(ValueParsers.Text));
            }
            else if (value is JsonValue scalar)
            {
                map[name] = scalar.GetValueKind() switch
                {
                    JsonValueKind.True => "on",
                    JsonValueKind.False => "off",
                    _ => ValueParsers.Text(scalar) ?? "",
                };
            }
        }

        return map;
    }

    private static string? BaseBackupObjection(string name, string? value) =>
        ForbiddenBaseBackup.Contains(name) ? "is set by the agent itself"
        : name == "compress" && value?.StartsWith("server", StringComparison.Ordinal) != true
            ? "may only ask for compression on the server (server-gzip, server-lz4, server-zstd)"
        : null;

    private static string Suffix(bool isPrimary) => isPrimary ? "primary" : "replica";

    private List<string>? Lines(string key, bool isPrimary) =>
        ConfigLines.Read(_merged[$"{key}_{Suffix(isPrimary)}"]) ?? ConfigLines.Read(_merged[key]);

    private string? Text(string key) => ValueParsers.Text(_merged[key]) is { Length: > 0 } text ? text : null;

    private bool Flag(string key) => ValueParsers.Bool(_merged[key]) ?? false;
}
