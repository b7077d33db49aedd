using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using HaAgent.Core.Settings;
using HaAgent.Postgres.Config;
using HaAgent.Postgres.Control;

namespace HaAgent.Postgres;

/// <summary>Looks before the agent starts whether it can work here at all. Changes nothing.</summary>
public static class PostgresPreflight
{
    private static readonly TimeSpan VersionWithin = TimeSpan.FromSeconds(10);

    /// <summary>Programs without which the agent cannot do its work.</summary>
    private static readonly string[] Required = ["postgres", "initdb", "pg_controldata", "pg_basebackup"];

    /// <summary>All mistakes found, each naming its setting, value and remedy; empty when there is none.</summary>
    /// <param name="dynamicConfig">As far as known: it may name <c>bin_dir</c>.</param>
    public static async Task<IReadOnlyList<ConfigurationException>> CheckAsync(
        PostgresOptions options, JsonObject dynamicConfig, TimeProvider clock, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(options);
        var problems = new List<ConfigurationException>();
        if (UnixFile.CurrentUser == 0)
        {
            problems.Add(new("The agent runs as root, which PostgreSQL refuses: run it as the user that owns the data directory, usually postgres."));
            return problems; // as root every look at permissions would be a lie
        }

        var configuration = PostgresEffectiveConfiguration.Build(options, dynamicConfig);
        CheckDataDirectory(options, problems);
        CheckPassFile(options, problems);
        CheckPrograms(configuration, problems);
        if (problems.Count == 0)
        {
            await CheckVersionAsync(options, configuration, new ProcessRunner(clock), problems, stop)
                .ConfigureAwait(false);
        }

        CheckListen(options, problems);
        return problems;
    }

    private static void CheckDataDirectory(PostgresOptions options, List<ConfigurationException> problems)
    {
        const string Setting = "postgresql.data_dir";
        var path = options.DataDirectory;
        if (UnixFile.Stat(path) is not var (owner, mode))
        {
            var parent = Path.GetDirectoryName(path)!; // absolute, so it has one
            if (!UnixFile.IsWritable(parent))
            {
                problems.Add(new(Setting, path,
                    $"does not exist and cannot be created: {parent} is missing or not writable for this user."));
            }

            return;
        }

        const UnixFileMode Others =
            UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;
        if (!Directory.Exists(path))
        {
            problems.Add(new(Setting, path, "is not a directory."));
        }
        else if (owner != UnixFile.CurrentUser)
        {
            problems.Add(new(Setting, path, string.Create(
                CultureInfo.InvariantCulture,
                $"belongs to user id {owner}, but the agent runs as user id {UnixFile.CurrentUser}. Change the owner, or run the agent as that user.")));
        }
        else if ((mode & Others) != 0 && File.Exists(Path.Combine(path, "PG_VERSION")))
        {
            problems.Add(new(Setting, path,
                $"has mode {Convert.ToString((int)mode, 8)}, which PostgreSQL refuses. Make it 0700 or 0750."));
        }
        else if (!UnixFile.IsWritable(path))
        {
            problems.Add(new(Setting, path, "is not writable for its owner. Make its mode 0700 or 0750."));
        }
    }

    private static void CheckPassFile(PostgresOptions options, List<ConfigurationException> problems)
    {
        var directory = Path.GetDirectoryName(options.PassFile)!;
        if (Directory.Exists(options.PassFile))
        {
            problems.Add(new("postgresql.pgpass", options.PassFile,
                "is a directory. Give the path of a file that the agent may write."));
        }
        else if (!UnixFile.IsWritable(directory))
        {
            problems.Add(new("postgresql.pgpass", options.PassFile,
                $"cannot be written: {directory} is missing or not writable for this user."));
        }
    }

    private static void CheckPrograms(
        PostgresEffectiveConfiguration configuration, List<ConfigurationException> problems)
    {
        var where = configuration.BinDirectory.Length > 0 ? configuration.BinDirectory : "$PATH";
        if (configuration.BinDirectory is { Length: > 0 } directory && !Directory.Exists(directory))
        {
            problems.Add(new("postgresql.bin_dir", directory,
                "does not exist. Give the directory of the PostgreSQL server programs."));
            return;
        }

        foreach (var program in configuration.UsePgRewind ? [.. Required, "pg_rewind"] : Required)
        {
            var path = configuration.Tool(program);
            if (!UnixFile.IsExecutable(path))
            {
                problems.Add(new("postgresql.bin_dir", configuration.BinDirectory,
                    $"does not contain '{Path.GetFileName(path)}' in '{where}'."));
            }
        }

        if (Setsid.Find() is null)
        {
            problems.Add(new("setsid was not found in $PATH, /usr/bin or /bin: install the package util-linux."));
        }
    }

    private static async Task CheckVersionAsync(
        PostgresOptions options, PostgresEffectiveConfiguration configuration, ProcessRunner runner,
        List<ConfigurationException> problems,
        CancellationToken stop)
    {
        var program = configuration.Tool("postgres");
        var result = await runner.RunAsync(new Command(program, ["--version"]), VersionWithin, stop)
            .ConfigureAwait(false);
        if (!PostgresVersion.TryParse(result.Output, out var version))
        {
            problems.Add(new("postgresql.bin_dir", configuration.BinDirectory,
                $"{program} --version does not tell a version: {result.Complaint}"));
            return;
        }

        if (!version.IsSupported)
        {
            problems.Add(new(
                "postgresql.bin_dir", configuration.BinDirectory,
                $"holds PostgreSQL {version}; supported are {PostgresVersion.OldestMajor} to {PostgresVersion.NewestMajor}."));
        }

        var versionFile = Path.Combine(options.DataDirectory, "PG_VERSION");
        if (UnixFile.IsReadable(versionFile)
            && PostgresVersion.TryParse(
                await File.ReadAllTextAsync(versionFile, stop).ConfigureAwait(false), out var ofData)
            && ofData.Major != version.Major)
        {
            problems.Add(new(
                "postgresql.data_dir", options.DataDirectory,
                $"holds a cluster of PostgreSQL {ofData.Major}, but the programs are those of {version.Major}. Correct postgresql.bin_dir, or upgrade."));
        }
    }

    /// <summary>A port that somebody else holds; our own server may hold it, for it outlives agents.</summary>
    private static void CheckListen(PostgresOptions options, List<ConfigurationException> problems)
    {
        var canonical = UnixFile.Canonical(options.DataDirectory) ?? options.DataDirectory;
        if (ProcScan.MembersOf([options.DataDirectory, canonical]).Count > 0)
        {
            return;
        }

        foreach (var host in options.ListenAddresses.Split(','))
        {
            var address = host is "*" ? IPAddress.Any : IPAddress.TryParse(host, out var parsed) ? parsed : null;
            if (address is not null && Obstacle(address, options.Port) is { } obstacle)
            {
                problems.Add(new(
                    "postgresql.listen",
                        string.Create(CultureInfo.InvariantCulture, $"{options.ListenAddresses}:{options.Port}"),
                            obstacle));
            }
        }
    }

    private static string? Obstacle(IPAddress address, int port)
    {
        try
        {
            using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            // as PostgreSQL binds
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            socket.Bind(new IPEndPoint(address, port));
            return null;
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            return string.Create(CultureInfo.InvariantCulture,
                $"Port {port} is already in use. Stop what listens there, or choose another port.");
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressNotAvailable)
        {
            return $"{address} is not an address of this host.";
        }
        catch (SocketException e)
        {
            return $"cannot be listened on: {e.Message}.";
        }
    }
}
