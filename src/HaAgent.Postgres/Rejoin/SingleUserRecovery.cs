using HaAgent.Postgres.Control;

namespace HaAgent.Postgres.Rejoin;

/// <summary>
/// Brings a crashed data directory to a clean state with a stand-alone backend, so that pg_rewind can read where it
/// ends.
/// </summary>
/// <remarks>
/// A stand-alone backend refuses standby mode, so the signal files go; the start that follows writes them again.
/// Archiving is pretended and always fails, so that no WAL is removed that the rewind needs; the old archive status
/// would defeat that.
/// </remarks>
internal sealed class SingleUserRecovery(ServerContext context)
{
    private static readonly TimeSpan Within = TimeSpan.FromHours(12);

    /// <returns>What failed; null when the data directory was recovered.</returns>
    public async Task<string?> RunAsync(CancellationToken stop)
    {
        var status = Path.Combine(context.DataDirectory, "pg_wal", "archive_status");
        foreach (var file in Directory.Exists(status) ? Directory.EnumerateFiles(status) : [])
        {
            File.Delete(file);
        }

        File.Delete(Path.Combine(context.DataDirectory, DataDirectoryReader.StandbySignal));
        File.Delete(Path.Combine(context.DataDirectory, "recovery.signal"));
        List<string> arguments = ["--single", "-D", context.DataDirectory];
        foreach (var (name, value) in OptionsOfLastStart())
        {
            arguments.AddRange(["-c", $"{name}={value}"]);
        }

        arguments.AddRange(["-c", "archive_mode=on", "-c", "archive_command=false", "template1"]);
        var command =
            new Command(
                context.Configuration.Tool("postgres"), arguments)
            { Environment = context.EnvironmentForServer() };
        var result = await context.Runner.RunAsync(command, Within, stop).ConfigureAwait(false);
        return result.Succeeded ? null : result.Complaint;
    }

    /// <summary><c>postmaster.opts</c> holds the last command line: words in double quotes.</summary>
    internal static IEnumerable<(string Name, string Value)> ParseOptions(string content)
    {
        foreach (var word in content.Trim().Split("\" \"").Select(word => word.Trim('"')))
        {
            // The first word is `program "first argument`, hence the search for the dashes.
            var at = word.IndexOf("--", StringComparison.Ordinal);
            var equals = at < 0 ? -1 : word.IndexOf('=', at);
            if (equals > 0)
            {
                yield return (word[(at + 2)..equals].Replace('-', '_'), word[(equals + 1)..]);
            }
        }
    }

    private IEnumerable<(string Name, string Value)> OptionsOfLastStart()
    {
        var path = Path.Combine(context.DataDirectory, "postmaster.opts");
        return File.Exists(path) ? ParseOptions(File.ReadAllText(path)) : [];
    }
}
