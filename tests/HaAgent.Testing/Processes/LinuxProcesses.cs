using System.Globalization;
using System.Runtime.InteropServices;

namespace HaAgent.Testing.Processes;

/// <summary>A look into /proc, and the one way to send a signal.</summary>
public static partial class LinuxProcesses
{
    private const int NoSuchProcess = 3;

    /// <summary>Sends a signal; false when there is no such process.</summary>
    public static bool Send(int pid, Signal signal)
    {
        if (pid <= 1)
        {
            throw new ArgumentOutOfRangeException(nameof(pid), pid, "Only a process of one's own is ever signalled.");
        }

        if (kill(pid, (int)signal) == 0)
        {
            return true;
        }

        return Marshal.GetLastPInvokeError() == NoSuchProcess
            ? false
            : throw new InvalidOperationException(
                $"Signal {signal} to process {pid}: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    /// <summary>Whether the process exists and is more than a zombie that waits to be collected.</summary>
    public static bool IsAlive(int pid) => Read(pid) is { State: not ('Z' or 'X') };

    /// <summary>All living processes whose working folder is <paramref name="folder"/> or below it.</summary>
    /// <remarks>PostgreSQL changes into its data directory, and so do all its processes: this finds them and nothing else.</remarks>
    public static IReadOnlyList<LinuxProcess> WorkingBelow(string folder)
    {
        var prefix = folder.TrimEnd('/') + "/";
        return [.. All().Where(p => (WorkingFolder(p.Pid) + "/").StartsWith(prefix, StringComparison.Ordinal))];
    }

    /// <summary>All living processes of a session: what a leader has started, unless it left for a session of its own.</summary>
    public static IReadOnlyList<LinuxProcess> OfSession(int session) => [.. All().Where(p => p.Session == session)];

    public static IEnumerable<LinuxProcess> All()
    {
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var pid)
                && Read(pid) is { State: not ('Z' or 'X') } process)
            {
                yield return process;
            }
        }
    }

    /// <summary>Kills a set of processes again and again until it is empty: what forks while we look is caught by the next look.</summary>
    public static void KillAll(Func<IReadOnlyList<LinuxProcess>> find)
    {
        for (var round = 0; round < 200; round++)
        {
            var found = find();
            if (found.Count == 0)
            {
                return;
            }

            foreach (var process in found)
            {
                Send(process.Pid, Signal.Kill);
            }

            Thread.Sleep(5); // the kernel takes a moment; there is no event for processes that are not our children
        }

        throw new InvalidOperationException(
            $"Still alive after being killed: {string.Join(", ", find().Select(p => $"{p.Pid} {p.Title}"))}");
    }

    /// <summary>The facts of one process; null when it does not exist.</summary>
    public static LinuxProcess? Read(int pid)
    {
        string stat;
        string title;
        try
        {
            stat = File.ReadAllText($"/proc/{pid}/stat");
            title = File.ReadAllText($"/proc/{pid}/cmdline").Replace('\0', ' ').Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }

        // The name is in parentheses and may contain any character: what follows the last one is plain.
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return new LinuxProcess(
            pid,
            fields[0][0],
            int.Parse(fields[1], CultureInfo.InvariantCulture),
            int.Parse(fields[3], CultureInfo.InvariantCulture),
            title);
    }

    private static string WorkingFolder(int pid)
    {
        try
        {
            return new FileInfo($"/proc/{pid}/cwd").LinkTarget ?? "";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return ""; // somebody else's, or just gone
        }
    }

#pragma warning disable SYSLIB1054, IDE1006 // named as in libc
    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int kill(int pid, int signal);
#pragma warning restore SYSLIB1054, IDE1006
}

/// <param name="State">As in proc(5): R, S, D, T (stopped), Z.</param>
/// <param name="Title">The command line, which PostgreSQL rewrites into what the process does.</param>
public sealed record LinuxProcess(int Pid, char State, int Parent, int Session, string Title);
