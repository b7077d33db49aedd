using System.Runtime.InteropServices;
using System.Text;

namespace HaAgent.Guard;

/// <summary>The PostgreSQL processes of one data directory: found by <c>/proc</c> alone, ended by the kernel alone.</summary>
/// <remarks>
/// <para>Nothing here reads the data directory: <c>/proc/PID/cwd</c> is answered from the kernel's memory, so it works
/// while the disk hangs, and it cannot meet a reused pid. PostgreSQL's processes all work in their data directory;
/// archive commands do so too, but are not called postgres and are left alone, as is a single-user server.</para>
/// <para>After the constructor nothing allocates. Not for use by two threads at a time.</para>
/// </remarks>
public sealed unsafe partial class ServerProcesses : IDisposable
{
    internal const int MostPasses = 50;
    internal const int PauseMs = 1;

    /// <summary>Who has a SIGKILL and is still there after this, and all shorter pauses before it, is not waited for.</summary>
    private const int LongestPauseMs = 128;


    private const int MostMembers = 8192;
    private const int ListRoom = 64 * 1024;
    private const int LinkRoom = 4096;

    private readonly byte[][] _directories;
    private readonly int[] _pids = new int[MostMembers];
    private readonly int[] _pidsBefore = new int[MostMembers];
    private readonly Func<bool>? _mayKill;
    private readonly byte* _list = (byte*)NativeMemory.Alloc(ListRoom);
    private readonly byte* _link = (byte*)NativeMemory.Alloc(LinkRoom);
    private readonly int _proc;
    private int _before;

    /// <param name="directories">The data directory's paths as the kernel may write them: canonical ones.</param>
    /// <exception cref="IOException"><c>/proc</c> cannot be opened.</exception>
    public ServerProcesses(params IEnumerable<string> directories)
        : this([.. directories.Select(Encoding.UTF8.GetBytes)])
    {
    }

    /// <param name="directories">Likewise, as bytes.</param>
    /// <param name="mayKill">
    /// Asked of each process once it is held: whoever was held before the answer was yes is a rightful target, and a
    /// server that was started after it became no is none, however long this code was held up. Null: always.
    /// </param>
    internal ServerProcesses(byte[][] directories, Func<bool>? mayKill = null)
    {
        const int CloseOnExec = 0x80000;
        _directories = directories;
        _mayKill = mayKill;
        _proc = Open("/proc", CloseOnExec);
        if (_proc < 0)
        {
            throw new IOException($"/proc cannot be opened: {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }

    private Span<byte> Link => new(_link, LinkRoom);

    /// <summary>The pids of the processes that are there now; valid until the next call.</summary>
    public ReadOnlySpan<int> Scan()
    {
        var count = 0;
        _ = Seek(_proc, 0, 0);
        for (long length; (length = Syscall(GetDirectoryEntries, _proc, _list, ListRoom)) > 0;)
        {
            // struct linux_dirent64: inode 8, offset 8, length of the record 2, type 1, name, 0.
            for (var at = 0; at < length; at += *(ushort*)(_list + at + 16))
            {
                var pid = (int)Proc.Number(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(_list + at + 19));
                if (pid > 0 && count < MostMembers && IsMember(pid))
                {
                    _pids[count++] = pid;
                }
            }
        }

        return _pids.AsSpan(0, count);
    }

    /// <summary>Whether the process works in the data directory and is a PostgreSQL server, but not a single-user one.</summary>
    public bool IsMember(int pid) => WorksHere(pid) && PostgresProcess.IsServer(pid, Link) && !PostgresProcess.IsSingleUser(pid);

    /// <summary>The head of the processes; 0 when there is none, or it is gone and has left orphans.</summary>
    public int Postmaster() => PostgresProcess.PostmasterOf(Scan());

    /// <summary>The data directory itself, wherever it was moved to: known once its server was seen to run.</summary>
    internal (long Device, long Inode) Identity { get; set; }

    /// <summary>Learns <see cref="Identity"/> from where a process works. False when that cannot be told.</summary>
    internal bool Identify(int pid)
    {
        var found = Proc.WorkingDirectory(pid);
        if (found == default)
        {
            return false;
        }

        Identity = found;
        return true;
    }

    /// <summary>Ends all of it within the time given, orderly if it can be, else by the kernel.</summary>
    /// <param name="orderly">Nanoseconds that an immediate stop (SIGQUIT) gets.</param>
    /// <returns>Whether more than the immediate stop was needed.</returns>
    public bool End(long orderly)
    {
        var began = LinuxClock.Nanoseconds(LinuxClock.Boottime);
        if (SignalPostmaster(PidFd.SigQuit) != 0)
        {
            while (LinuxClock.Nanoseconds(LinuxClock.Boottime) - began < orderly)
            {
                if (IsEmpty())
                {
                    return false;
                }

                Poll.Pause(PauseMs);
            }
        }

        if (IsEmpty())
        {
            return false;
        }

        Kill();
        return true;
    }

    /// <summary>Stops the postmaster where it stands, kills all others, then the postmaster.</summary>
    /// <remarks>
    /// A stopped postmaster forks no more. The scan is repeated until two in a row find nothing, or always the same. A
    /// process that cannot die (it waits for a disk) does not hold this up for ever: the kernel will not let it run another
    /// instruction of its own.
    /// </remarks>
    public void Kill()
    {
        var postmaster = SignalPostmaster(PidFd.SigStop);

        // The signal is sent, but a fork may be under way: the state says when it has taken effect.
        for (var i = 0; postmaster != 0 && i < MostPasses && !Proc.StandsStill(postmaster); i++)
        {
            Poll.Pause(PauseMs);
        }

        KillAllBut(postmaster, longestPause: PauseMs);
        KillAllBut(0, LongestPauseMs);
    }

    /// <summary>Two looks in a row found nothing.</summary>
    public bool IsEmpty() => Scan().IsEmpty && Scan().IsEmpty;

    /// <summary>Everything that ending does, on processes that are not there and on this one with no signal.</summary>
    /// <exception cref="IOException">A process cannot be held or signalled: nothing could be ended.</exception>
    internal void Rehearse()
    {
        _ = End(orderly: 1);
        Kill();
        var self = Environment.ProcessId;
        _ = (PostgresProcess.IsServer(self, Link), PostgresProcess.IsSingleUser(self), Proc.StandsStill(self));
        _ = PostgresProcess.PostmasterOf([self, self]);
        _ = Identify(self);
        Identity = default;
        var held = PidFd.Open(self);
        if (held < 0 || !PidFd.Send(held, 0))
        {
            throw new IOException($"pidfd_open is refused ({Marshal.GetLastPInvokeErrorMessage()}): the guard could end nothing");
        }

        _ = Close(held);
    }

    public void Dispose()
    {
        _ = Close(_proc);
        NativeMemory.Free(_list);
        NativeMemory.Free(_link);
    }

    /// <summary>
    /// Pass after pass, until two in a row find nobody. While they find the same as before, each one waits twice as long:
    /// who cannot die must not cost the processor that others need.
    /// </summary>
    /// <param name="longestPause">Milliseconds: it ends when it would have to wait longer than that.</param>
    private void KillAllBut(int spared, int longestPause)
    {
        var (empty, pause) = (0, PauseMs);
        _before = 0;
        for (var pass = 0; pass < MostPasses && empty < 2; pass++)
        {
            var members = Scan();
            var isSame = members.SequenceEqual(_pidsBefore.AsSpan(0, _before));
            members.CopyTo(_pidsBefore);
            _before = members.Length;
            var any = KillAllBut(spared, members);
            empty = any ? 0 : empty + 1;
            pause = any && isSame ? pause * 2 : PauseMs;
            if (pause > longestPause)
            {
                return;
            }

            Poll.Pause(pause);
        }
    }

    /// <summary>True when there was anybody.</summary>
    private bool KillAllBut(int spared, ReadOnlySpan<int> members)
    {
        var any = false;
        foreach (var pid in members)
        {
            if (pid != spared)
            {
                any = true;
                Signal(pid, PidFd.SigKill);
            }
        }

        return any;
    }

    /// <returns>The pid of the postmaster that was signalled; 0 when there is none.</returns>
    private int SignalPostmaster(int signal)
    {
        var postmaster = Postmaster();
        return postmaster != 0 && Signal(postmaster, signal) ? postmaster : 0;
    }

    /// <summary>Signals a member, and nobody else who got its number meanwhile.</summary>
    private bool Signal(int pid, int signal)
    {
        var held = PidFd.Open(pid);
        if (held < 0)
        {
            return false;
        }

        // Asked again now that it is held: between the scan and the opening the number may have been reused.
        var sent = IsMember(pid) && _mayKill?.Invoke() != false && PidFd.Send(held, signal);
        _ = Close(held);
        return sent;
    }

    private bool WorksHere(int pid)
    {
        if (Identity != default && Proc.WorkingDirectory(pid) == Identity)
        {
            return true;
        }

        var cwd = Proc.Path(pid, "cwd"u8, Link);
        foreach (var directory in _directories)
        {
            if (cwd.SequenceEqual(directory))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>getdents64(2), for which glibc before 2.30 has no wrapper.</summary>
    private static readonly long GetDirectoryEntries =
        RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 217 : 61;

    [LibraryImport("libc", EntryPoint = "syscall")]
    private static partial long Syscall(long number, long descriptor, byte* buffer, long size);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "lseek")]
    private static partial long Seek(int descriptor, long offset, int whence);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
