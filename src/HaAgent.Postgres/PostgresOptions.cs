using System.Collections.Immutable;
using System.Text.Json.Nodes;
using HaAgent.Core.Settings;
using HaAgent.Postgres.Config;

namespace HaAgent.Postgres;

/// <summary>
/// What the local configuration says of PostgreSQL: the sections <c>postgresql</c> and <c>bootstrap</c>. Checked, and
/// never changed.
/// </summary>
public sealed class PostgresOptions
{
    private static readonly string[] ForbiddenInitDb = ["pgdata", "nosync", "pwfile", "sync-only", "version"];

    private PostgresOptions(JsonObject section)
    {
        Section = section;
    }

    public required string Scope { get; init; }

    /// <summary>The member's name: <c>application_name</c> of its replication and source of its slot's name.</summary>
    public required string Name { get; init; }

    /// <summary><c>listen_addresses</c>: hosts separated by commas.</summary>
    public required string ListenAddresses { get; init; }

    public required int Port { get; init; }

    /// <summary>Published for others to connect to; IPv6 without brackets.</summary>
    public required (string Host, int Port) ConnectAddress { get; init; }

    public (string Host, int Port)? ProxyAddress { get; init; }

    /// <summary>Absolute, without a slash at the end.</summary>
    public required string DataDirectory { get; init; }

    public required string ConfigDirectory { get; init; }

    public required string PassFile { get; init; }

    public required UserCredentials Superuser { get; init; }

    public required UserCredentials Replication { get; init; }

    /// <summary>The superuser unless configured.</summary>
    public required UserCredentials Rewind { get; init; }

    /// <summary>Arguments of initdb, without data directory and user.</summary>
    public ImmutableArray<string> InitDbArguments { get; init; } = [];

    /// <summary>Command and its words; empty: none.</summary>
    public ImmutableArray<string> PostBootstrap { get; init; } = [];

    /// <summary>Lines to append to the file that initdb made; only without <c>postgresql.pg_hba</c>.</summary>
    public ImmutableArray<string> BootstrapHba { get; init; } = [];

    /// <summary>
    /// Where things that must outlive the agent but not the host may lie; null: next to the data directory.
    /// </summary>
    public string? RunDirectory { get; init; }

    /// <summary>Output of the postmaster until its own logging takes over.</summary>
    public string PostmasterLog => RunDirectory is { } run && !CanHoldNeighbours
        ? Path.Combine(run, "haagent-postmaster.log")
        : DataDirectory + ".haagent-postmaster.log";

    /// <summary>The <c>postgresql</c> section as written.</summary>
    internal JsonObject Section { get; }

    /// <summary>
    /// The directory above the data directory takes files: false for a mount point right under a directory of root's.
    /// </summary>
    internal bool CanHoldNeighbours => UnixFile.IsWritable(Path.GetDirectoryName(DataDirectory)!);

    /// <param name="localConfiguration">The whole tree of the file and the environment.</param>
    /// <exception cref="ConfigurationException">A setting is missing, malformed or not supported.</exception>
    public static PostgresOptions Read(
        JsonObject localConfiguration, string scope, string name, string? runDirectory = null)
    {
        ArgumentNullException.ThrowIfNull(localConfiguration);
        if (localConfiguration["postgresql"] is not JsonObject section)
        {
            throw new ConfigurationException(
                "postgresql", null, "is missing. Describe the local PostgreSQL server there.");
        }

        var (addresses, port) = ReadListen(section);
        var firstHost = addresses.Split(',')[0];
        var authentication = section["authentication"] as JsonObject;
        var superuser = UserCredentials.Read(authentication?["superuser"], "postgresql.authentication.superuser");
        var dataDirectory = ReadPath(section, "data_dir") ?? throw new ConfigurationException(
            "postgresql.data_dir", null, "is missing. Give the directory of the database cluster.");
        var bootstrap = ReadBootstrap(localConfiguration["bootstrap"]);
        RefuseCustomReplicaMethods(section);
        return new(section)
        {
            Scope = scope,
            Name = name,
            ListenAddresses = addresses,
            Port = port,
            ConnectAddress = ReadAddress(section, "connect_address", port) ?? (firstHost, port),
            ProxyAddress = ReadAddress(section, "proxy_address", port),
            DataDirectory = dataDirectory,
            ConfigDirectory = ReadPath(section, "config_dir") ?? dataDirectory,
            PassFile = ReadPath(section, "pgpass") ?? DefaultPassFile(),
            Superuser = superuser,
            Replication = UserCredentials.Read(authentication?["replication"], "postgresql.authentication.replication"),
            Rewind = authentication?["rewind"] is JsonObject { Count: > 0 } rewind
                ? UserCredentials.Read(rewind, "postgresql.authentication.rewind")
                : superuser,
            InitDbArguments = [.. ReadInitDb(bootstrap)],
            PostBootstrap = [.. ReadCommand(bootstrap, "post_bootstrap") ?? ReadCommand(bootstrap, "post_init") ?? []],
            BootstrapHba = [.. ConfigLines.Read(bootstrap?["pg_hba"]) ?? []],
            RunDirectory = runDirectory,
        };
    }

    private static (string Addresses, int Port) ReadListen(JsonObject section)
    {
        const string Setting = "postgresql.listen";
        const int DefaultPort = 5432;
        var text = ValueParsers.Text(section["listen"]);
        if (string.IsNullOrWhiteSpace(text))
        {
            throw new ConfigurationException(
                Setting, null, "is missing. Give host:port, for example 10.0.0.1:5432 or *:5432.");
        }

        // Several hosts share one port, which follows the last of them.
        var comma = text.LastIndexOf(',');
        var last = ValueParsers.HostAndPort(text[(comma + 1)..], DefaultPort);
        if (last is not ({ Length: > 0 } host, > 0 and var port))
        {
            throw new ConfigurationException(Setting, text, "is not host:port with a port from 1 to 65535.");
        }

        var hosts = (comma < 0 ? [] : text[..comma].Split(',', StringSplitOptions.TrimEntries)).Append(host).ToArray();
        if (hosts.Any(entry => entry.Length == 0 || entry.Any(c => char.IsWhiteSpace(c) || char.IsControl(c))))
        {
            throw new ConfigurationException(Setting, text, "holds an empty host name or one with blanks.");
        }

        if (hosts.Length > 1 && hosts.Contains("*"))
        {
            throw new ConfigurationException(Setting, text, "expecting '*' alone: it stands for all addresses.");
        }

        return (string.Join(',', hosts.Select(entry => entry.Trim('[', ']'))), port);
    }

    private static (string Host, int Port)? ReadAddress(JsonObject section, string key, int defaultPort)
    {
        var text = ValueParsers.Text(section[key]);
        if (string.IsNullOrWhiteSpace(text))
        {
            return null;
        }

        return ValueParsers.HostAndPort(text, defaultPort) is ({ Length: > 0 }, > 0) address
            ? address
            : throw new ConfigurationException($"postgresql.{key}", text, "is not host:port.");
    }

    private static string? ReadPath(JsonObject section, string key)
    {
        var text = ValueParsers.Text(section[key]);
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }

        if (text.Any(char.IsControl))
        {
            throw new ConfigurationException(
                $"postgresql.{key}", text,
                    "holds a line break or another control character, which PostgreSQL's own files cannot hold.");
        }

        if (text.StartsWith("~/", StringComparison.Ordinal))
        {
            text = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), text[2..]);
        }

        return Path.TrimEndingDirectorySeparator(Path.GetFullPath(text));
    }

    private static string DefaultPassFile() =>
        Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), "pgpass");

    private static JsonObject? ReadBootstrap(JsonNode? node)
    {
        var bootstrap = node as JsonObject;
        var method = ValueParsers.Text(bootstrap?["method"]);
        if (!string.IsNullOrEmpty(method) && method != "initdb" && bootstrap![method] is JsonObject section
            && section["command"] is not null)
        {
            throw new ConfigurationException(
                "bootstrap.method", method,
                    "custom bootstrap methods are not supported by this version. Remove the setting to use initdb.");
        }

        return bootstrap;
    }

    private static List<string> ReadInitDb(JsonObject? bootstrap) => OptionList.Read(
        bootstrap?["initdb"],
        (name, _) => ForbiddenInitDb.Contains(name) ? "is set by the agent itself; remove it." : null,
        (what, reason) => throw new ConfigurationException("bootstrap.initdb", what, reason));

    private static List<string>? ReadCommand(JsonObject? bootstrap, string key)
    {
        var text = ValueParsers.Text(bootstrap?[key]);
        if (string.IsNullOrWhiteSpace(text))
        {
            return null;
        }

        try
        {
            return ShellWords.Split(text);
        }
        catch (FormatException e)
        {
            throw new ConfigurationException($"bootstrap.{key}", text, $"cannot be split into words: {e.Message}.");
        }
    }

    private static void RefuseCustomReplicaMethods(JsonObject section)
    {
        foreach (var key in (string[])["create_replica_methods", "create_replica_method"])
        {
            foreach (var method in ValueParsers.List(section[key]).Where(method => method != "basebackup"))
            {
                throw new ConfigurationException(
                    $"postgresql.{key}", method,
                        "custom replica methods are not supported by this version. Use basebackup.");
            }
        }
    }
}
