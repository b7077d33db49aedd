using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace HaAgent.Postgres.Control;

/// <summary>One process that works in a data directory.</summary>
/// <param name="Title">Its command line with blanks between the words; PostgreSQL's children write what they are
/// there.</param>
internal readonly record struct ProcEntry(int Pid, int ParentPid, string Title)
{
    /// <summary>
    /// A child of a postmaster: it calls itself <c>postgres: ...</c>. A postmaster's title is its command line.
    /// </summary>
    public bool IsChild => Title.StartsWith("postgres: ", StringComparison.Ordinal);

    public bool IsSingleUser => Title.Contains(" --single", StringComparison.Ordinal);
}

/// <summary>Tells of the processes of a data directory by <c>/proc</c> alone.</summary>
/// <remarks>
/// Nothing here reads the data directory: <c>/proc/PID/cwd</c> is answered from the kernel's
/// memory, so it works while the disk hangs. PostgreSQL's processes all work in their data directory; archive commands
/// do so too, but are not called postgres. They are ended by <see cref="Guard.ServerProcesses"/>.
/// </remarks>
internal static partial class ProcScan
{
    private const string Deleted = " (deleted)";

    /// <summary>
    /// The PostgreSQL processes whose working directory is one of <paramref name="directories"/> (canonical paths).
    /// </summary>
    public static List<ProcEntry> MembersOf(IReadOnlyCollection<string> directories)
    {
        var found = new List<ProcEntry>();
        foreach (var pid in Pids())
        {
            if (IsMember(pid, directories))
            {
                found.Add(new(pid, ParentOf(pid), TitleOf(pid)));
            }
        }

        return found;
    }

    /// <summary>Whether the process works in one of the directories and is a PostgreSQL program.</summary>
    public static bool IsMember(int pid, IReadOnlyCollection<string> directories) =>
        WorkingDirectory(pid) is { } cwd && directories.Contains(cwd) && IsPostgres(pid);

    /// <summary>The postmaster among <paramref name="members"/>; null when there is none.</summary>
    public static ProcEntry? PostmasterOf(List<ProcEntry> members)
    {
        // A fork that has not set its title yet still looks like its parent: the postmaster is the one whose parent is
        // not a member.
        foreach (var member in members)
        {
            if (!member.IsChild && !member.IsSingleUser && !members.Exists(other => other.Pid == member.ParentPid))
            {
                return member;
            }
        }

        return null;
    }

    /// <summary>The children of a process, by a look at all processes.</summary>
    public static List<int> ChildrenOf(int parent) => [.. Pids().Where(pid => ParentOf(pid) == parent)];

    /// <summary>Titles of the children of a process. Much cheaper than a scan of all processes.</summary>
    public static List<string> ChildTitles(int pid)
    {
        var titles = new List<string>();
        var line =
            Encoding.ASCII.GetString(ReadSmall(pid, $"task/{pid.ToString(CultureInfo.InvariantCulture)}/children"));
        foreach (var word in line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var child)
                && TitleOf(child) is { Length: > 0 } title)
            {
                titles.Add(title);
            }
        }

        return titles;
    }

    /// <summary>
    /// Seconds since the epoch at which the process started, by the present wall clock; null when it is gone.
    /// </summary>
    public static double? StartTime(int pid)
    {
        if (SinceBoot(pid) is not { } started)
        {
            return null;
        }

        foreach (var line in File.ReadLines("/proc/stat"))
        {
            if (line.StartsWith("btime ", StringComparison.Ordinal)
                && double.TryParse(line.AsSpan(6), NumberStyles.None, CultureInfo.InvariantCulture, out var boot))
            {
                return boot + started.TotalSeconds;
            }
        }

        return null;
    }

    /// <summary>From boot to the start of the process, in steps of 10 ms; null when it is gone.</summary>
    public static TimeSpan? SinceBoot(int pid)
    {
        // Field 22, after the last ')' because the name in parentheses may hold anything. In clock ticks since boot.
        const double TicksPerSecond = 100; // USER_HZ, fixed for user space on every Linux architecture in use
        var fields = StatFields(pid);
        return fields.Length >= 20 && double.TryParse(fields[19], NumberStyles.None, CultureInfo.InvariantCulture, out var ticks)
            ? TimeSpan.FromSeconds(ticks / TicksPerSecond)
            : null;
    }

    public static string TitleOf(int pid)
    {
        var bytes = ReadSmall(pid, "cmdline");
        return Encoding.UTF8.GetString(bytes).Replace('\0', ' ').TrimEnd();
    }

    public static string? WorkingDirectory(int pid)
    {
        var link = ReadLink(pid, "cwd");
        return link is not null && link.EndsWith(Deleted, StringComparison.Ordinal) ? link[..^Deleted.Length] : link;
    }

    /// <summary>By executable; by name where the link cannot be read.</summary>
    private static bool IsPostgres(int pid)
    {
        var executable = ReadLink(pid, "exe");
        if (executable is null)
        {
            return Encoding.UTF8.GetString(ReadSmall(pid, "comm")).TrimEnd('\n') is "postgres" or "postmaster";
        }

        // Packages replace the file under a running server: the link then ends in " (deleted)".
        var name = executable.EndsWith(Deleted, StringComparison.Ordinal) ? executable[..^Deleted.Length] : executable;
        return name[(name.LastIndexOf('/') + 1)..] is "postgres" or "postmaster";
    }

    private static int ParentOf(int pid) =>
        StatFields(pid) is { Length: > 1 } fields
        && int.TryParse(fields[1], NumberStyles.None, CultureInfo.InvariantCulture, out var parent)
            ? parent
            : 0;

    private static string[] StatFields(int pid)
    {
        var text = Encoding.UTF8.GetString(ReadSmall(pid, "stat"));
        var close = text.LastIndexOf(')');
        return close < 0 ? [] : text[(close + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
    }

    private static IEnumerable<int> Pids()
    {
        foreach (var path in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(
                path.AsSpan("/proc/".Length), NumberStyles.None, CultureInfo.InvariantCulture, out var pid))
            {
                yield return pid;
            }
        }
    }

    /// <summary>Empty when the process is gone or belongs to somebody else.</summary>
    private static byte[] ReadSmall(int pid, string name)
    {
        try
        {
            return File.ReadAllBytes($"/proc/{pid.ToString(CultureInfo.InvariantCulture)}/{name}");
        }
        catch (IOException)
        {
            return [];
        }
        catch (UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static unsafe string? ReadLink(int pid, string name)
    {
        const int Longest = 4096;
        var buffer = stackalloc byte[Longest];
        var length = ReadLink($"/proc/{pid.ToString(CultureInfo.InvariantCulture)}/{name}", buffer, Longest);
        return length > 0 ? Encoding.UTF8.GetString(buffer, (int)length) : null;
    }

    [LibraryImport("libc", EntryPoint = "readlink", StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial nint ReadLink(string path, byte* buffer, nint size);
}
