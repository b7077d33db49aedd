using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json.Nodes;
using HaAgent.Core.Settings;

namespace HaAgent.Configuration.Rules;

/// <summary>The part of <c>--validate-config</c> about the local server: addresses, binaries, data directory.</summary>
internal static class PostgresqlValidator
{
    private static readonly string[] Tools = ["pg_ctl", "initdb", "pg_controldata", "pg_basebackup", "postgres", "pg_isready"];

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public static async Task ValidateAsync(Validation v, string searchPath)
    {
        if (v.Map("postgresql", required: true) is not { } section)
        {
            return;
        }

        await v.ListenAsync("postgresql.listen", defaultPort: 5432);
        v.ConnectAddress("postgresql.connect_address", defaultPort: 5432, required: true);
        v.ConnectAddress("postgresql.proxy_address", defaultPort: 5432);
        Authentication(v);
        var postgres = Binaries(v, section, searchPath);
        await DataDirectoryAsync(v, postgres);
        v.Texts("postgresql.", "config_dir", "pgpass", "database", "krbsrvname", "custom_conf");
        _ = v.Map("postgresql.parameters");
        _ = v.List("postgresql.pg_hba");
        _ = v.List("postgresql.pg_ident");
        v.Integer("postgresql.pg_ctl_timeout", smallest: 0);
        v.Bools("postgresql.", "use_unix_socket", "use_unix_socket_repl", "use_pg_rewind",
            "remove_data_directory_on_rewind_failure", "remove_data_directory_on_diverged_timelines");
    }

    private static void Authentication(Validation v)
    {
        if (v.Map("postgresql.authentication", required: true) is null)
        {
            return;
        }

        foreach (var user in new[] { "replication", "superuser" })
        {
            if (v.Map($"postgresql.authentication.{user}", required: true) is not null)
            {
                _ = v.Text($"postgresql.authentication.{user}.username", required: true);
            }
        }

        if (v.Map("postgresql.authentication.rewind") is not null)
        {
            _ = v.Text("postgresql.authentication.rewind.username", required: true);
        }
    }

    /// <returns>The path of <c>postgres</c>; null when it is not there.</returns>
    private static string? Binaries(Validation v, JsonObject section, string searchPath)
    {
        var directory = v.Text("postgresql.bin_dir") ?? "";
        _ = v.Map("postgresql.bin_name");
        if (directory.Length > 0 && !Directory.Exists(directory))
        {
            v.Add("postgresql.bin_dir", section["bin_dir"],
                File.Exists(directory) ? $"'{directory}' is not a directory." : $"Directory '{directory}' does not "
                    + "exist.");
            return null;
        }

        string? postgres = null;
        foreach (var tool in Tools)
        {
            var ownName = (section["bin_name"] as JsonObject)?[tool];
            var name = ValueParsers.Text(ownName) is { Length: > 0 } given ? given : tool;
            var found = (directory.Length > 0 ? [directory] : searchPath.Split(':', StringSplitOptions.RemoveEmptyEntries))
                .Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
            if (found is null)
            {
                var path = ownName is null ? "postgresql.bin_dir" : $"postgresql.bin_name.{tool}";
                var where = directory.Length > 0 ? directory : "$PATH";
                v.Add(path, ownName ?? section["bin_dir"], $"does not contain '{name}' in '{where}'");
            }

            postgres = tool == "postgres" ? found : postgres;
        }

        return postgres;
    }

    private static async Task DataDirectoryAsync(Validation v, string? postgres)
    {
        const string Path = "postgresql.data_dir";
        if (v.Text(Path, required: true) is not { } directory)
        {
            return;
        }

        var problem = directory.Length == 0 ? "is an empty string"
            : File.Exists(directory) ? "is not a directory"
            : !Directory.Exists(directory) ? null
            : await ContentProblemAsync(directory, postgres, v.Stop);
        if (problem is not null)
        {
            v.Add(Path, v.At(Path), "didn't pass validation: " + problem);
        }
    }

    private static async Task<string?> ContentProblemAsync(string directory, string? postgres, CancellationToken stop)
    {
        string version;
        try
        {
            if (!Directory.EnumerateFileSystemEntries(directory).Any())
            {
                return null;
            }

            var versionFile = Path.Combine(directory, "PG_VERSION");
            if (!File.Exists(versionFile) || !File.Exists(Path.Combine(directory, "global", "pg_control")))
            {
                return "doesn't look like a valid data directory";
            }

            version = (await File.ReadAllTextAsync(versionFile, stop)).Trim();
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return "doesn't look like a valid data directory";
        }

        if (!Directory.Exists(Path.Combine(directory, "pg_wal")))
        {
            return "data dir for the cluster is not empty, but doesn't contain \"pg_wal\" directory";
        }

        var binary = postgres is null ? null : await BinaryVersionAsync(postgres, stop);
        return binary is null || binary == version
            ? null
            : $"data_dir directory postgresql version ({version}) doesn't match with 'postgres --version' output "
                + $"({binary})";
    }

    /// <returns>The major version; null when the binary does not tell it in time.</returns>
    private static async Task<string?> BinaryVersionAsync(string postgres, CancellationToken stop)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(stop);
        deadline.CancelAfter(Patience);
        try
        {
            using var process = Process.Start(new ProcessStartInfo(postgres, ["--version"])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                UseShellExecute = false,
                Environment = { ["LC_ALL"] = "C" },
            });
            var output = process is null ? "" : await process.StandardOutput.ReadToEndAsync(deadline.Token);
            var words = output.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            var number = words.FirstOrDefault(word => char.IsAsciiDigit(word[0]));
            return number is null ? null : new string([.. number.TakeWhile(char.IsAsciiDigit)]);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return null;
        }
        catch (Exception failed) when (failed is Win32Exception or IOException)
        {
            return null;
        }
    }
}
