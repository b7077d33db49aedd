using System.Text;
using HaAgent.Core.Model;
using HaAgent.Guard;

namespace HaAgent.Postgres.Control;

/// <summary>Tools that an agent started on this data directory and did not outlive: two at once would ruin it.</summary>
/// <remarks>
/// A killed agent leaves pg_basebackup or pg_rewind running. Whoever holds the lock of the data directory is the only agent there, so
/// every such tool that names the directory is nobody's and is ended before anything else is done.
/// </remarks>
internal static class OrphanedTools
{
    private static readonly string[] Names = ["pg_basebackup", "pg_rewind", "initdb"];
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    /// <returns>What was ended, for the log; empty if nothing was.</returns>
    /// <exception cref="IOException">A tool does not end: it hangs in the kernel, and nothing may be done beside it.</exception>
    public static async Task<IReadOnlyList<string>> EndAsync(string dataDirectory, TimeProvider clock)
    {
        var ended = new List<string>();
        var deadline = Instant.Now(clock) + Patience;
        while (Find(dataDirectory) is { Count: > 0 } tools)
        {
            foreach (var (pid, name) in tools)
            {
                using var process = PidFd.TryOpen(pid);
                if (process?.Send(PidFd.SigKill) == true && !ended.Contains($"{name} ({pid})"))
                {
                    ended.Add($"{name} ({pid})");
                }
            }

            if (Instant.Now(clock) >= deadline)
            {
                throw new IOException($"{tools[0].Name} (pid {tools[0].Pid}) works on {dataDirectory} and cannot be ended");
            }

            await Task.Delay(Pause, clock).ConfigureAwait(false);
        }

        return ended;
    }

    private static List<(int Pid, string Name)> Find(string dataDirectory)
    {
        var found = new List<(int, string)>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), out var pid) && CommandLine(folder) is [var program, .. var words]
                && Names.Contains(Path.GetFileName(program)) && words.Any(word => NamesIt(word, dataDirectory)))
            {
                found.Add((pid, Path.GetFileName(program)));
            }
        }

        return found;
    }

    private static bool NamesIt(string word, string dataDirectory) =>
        word == dataDirectory || word.EndsWith('=' + dataDirectory, StringComparison.Ordinal);

    private static string[] CommandLine(string folder)
    {
        try
        {
            return Encoding.UTF8.GetString(File.ReadAllBytes(Path.Combine(folder, "cmdline"))).Split('\0', StringSplitOptions.RemoveEmptyEntries);
        }
        catch (IOException)
        {
            return []; // it has ended
        }
        catch (UnauthorizedAccessException)
        {
            return []; // not ours, so not a tool that we started
        }
    }
}
