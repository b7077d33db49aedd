namespace HaAgent.Guard;

/// <summary>What one process is to PostgreSQL, told by <c>/proc</c> alone. Nothing allocates.</summary>
internal static class PostgresProcess
{
    private const int TitleRoom = 4096;

    /// <summary>Runs the program of a server: by executable; by name where the link cannot be read.</summary>
    /// <param name="room">For a path.</param>
    public static bool IsServer(int pid, Span<byte> room)
    {
        var executable = Proc.Path(pid, "exe"u8, room); // packages replace the file under a running server
        var name = executable.IsEmpty
            ? Proc.Text(pid, "comm"u8, room).TrimEnd((byte)'\n')
            : executable[(executable.LastIndexOf((byte)'/') + 1)..];
        return name.SequenceEqual("postgres"u8) || name.SequenceEqual("postmaster"u8);
    }

    /// <remarks>
    /// A command line lies in the process's own memory: asking one that waits for a disk could wait for it too. A single-user
    /// server that does so is not told apart.
    /// </remarks>
    public static bool IsSingleUser(int pid)
    {
        if (Proc.WaitsForDisk(pid))
        {
            return false;
        }

        Span<byte> title = stackalloc byte[TitleRoom];
        return Proc.Text(pid, "cmdline"u8, title).IndexOf("\0--single"u8) >= 0;
    }

    /// <summary>The head of the processes; 0 when it is gone and has left orphans.</summary>
    /// <remarks>
    /// A fork that has not set its title yet still looks like its parent: the postmaster is the one whose parent is not
    /// a member.
    /// </remarks>
    public static int PostmasterOf(ReadOnlySpan<int> members)
    {
        foreach (var pid in members)
        {
            if (!members.Contains(Proc.ParentOf(pid)) && !IsChild(pid))
            {
                return pid;
            }
        }

        return 0;
    }

    /// <summary>A child of a postmaster calls itself <c>postgres: ...</c>; a postmaster's title is its command line.</summary>
    private static bool IsChild(int pid)
    {
        if (Proc.WaitsForDisk(pid))
        {
            return false;
        }

        Span<byte> title = stackalloc byte[16];
        return Proc.Text(pid, "cmdline"u8, title).StartsWith("postgres: "u8);
    }
}
