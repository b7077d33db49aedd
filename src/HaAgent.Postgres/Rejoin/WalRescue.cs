using System.Text;
using System.Text.RegularExpressions;
using HaAgent.Postgres.Control;

namespace HaAgent.Postgres.Rejoin;

/// <summary>
/// WAL files around a rewind: what is ready for the archive goes there first, and what is missing is fetched from it.
/// </summary>
/// <remarks>
/// <c>archive_command</c> and <c>restore_command</c> are shell commands by PostgreSQL's own definition: a shell runs
/// them, with the placeholders replaced as the server would.
/// </remarks>
internal sealed partial class WalRescue(ServerContext context)
{
    private const string NeverNeeded = "000000010000000000000001";
    private static readonly TimeSpan PerFile = TimeSpan.FromMinutes(10);

    /// <summary>A rewind removes WAL of the old timeline, which nobody else may have.</summary>
    public async Task ArchiveReadyAsync(CancellationToken stop)
    {
        var parameters = context.Configuration.Parameters(isPrimary: true);
        var status = Path.Combine(context.DataDirectory, "pg_wal", "archive_status");
        if (parameters.GetValueOrDefault("archive_mode") is not ("on" or "always")
            || !parameters.TryGetValue("archive_command", out var template) || template.Length == 0
                || !Directory.Exists(status))
        {
            return;
        }

        foreach (var ready in Directory.EnumerateFiles(status, "*.ready").Order(StringComparer.Ordinal))
        {
            var name = Path.GetFileNameWithoutExtension(ready);
            var result = await ShellAsync(Expand(template, name, "pg_wal/" + name), stop).ConfigureAwait(false);
            if (!result.Succeeded)
            {
                PgLog.StepFailed(context.Log, $"archiving {name} before the rewind", result.Complaint);
                return;
            }

            File.Move(ready, Path.Combine(status, name + ".done"), overwrite: true);
        }
    }

    public async Task<bool> RestoreAsync(string file, CancellationToken stop)
    {
        if (!context.Configuration.RecoveryConf.TryGetValue("restore_command", out var template))
        {
            return false;
        }

        var result = await ShellAsync(Expand(template, file, "pg_wal/" + file), stop).ConfigureAwait(false);
        return result.Succeeded && File.Exists(Path.Combine(context.DataDirectory, "pg_wal", file));
    }

    /// <summary>The WAL file for want of which pg_rewind gave up; null when that was not the reason.</summary>
    internal static string? MissingFile(string complaint) =>
        Missing().Match(complaint) is { Success: true } match ? match.Groups["file"].Value : null;

    internal static string Expand(string template, string file, string path)
    {
        var text = new StringBuilder();
        for (var i = 0; i < template.Length; i++)
        {
            if (template[i] != '%' || i + 1 == template.Length)
            {
                text.Append(template[i]);
                continue;
            }

            i++;
            _ = template[i] switch
            {
                'f' => text.Append(file),
                'p' => text.Append(path),
                'r' => text.Append(NeverNeeded),
                '%' => text.Append('%'),
                var other => text.Append('%').Append(other),
            };
        }

        return text.ToString();
    }

    /// <summary>The commands' paths are relative to the data directory.</summary>
    private Task<ProcessResult> ShellAsync(string command, CancellationToken stop) => context.Runner.RunAsync(
        new Command("/bin/sh", ["-c", command]) { WorkingDirectory = context.DataDirectory, PlainLocale = false },
            PerFile, stop);

    [GeneratedRegex("could not open file \"[^\"]*/pg_wal/(?<file>[0-9A-F]{24})\"")]
    private static partial Regex Missing();
}
