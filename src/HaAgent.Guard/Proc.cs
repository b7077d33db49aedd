using System.Runtime.InteropServices;
using System.Text;

namespace HaAgent.Guard;

/// <summary>What <c>/proc</c> says of single processes, without allocating.</summary>
/// <remarks>All of it but a command line is answered from the kernel's memory: it works while a disk hangs.</remarks>
internal static unsafe partial class Proc
{
    private const int ReadOnlyCloseOnExec = 0x80000;

    /// <summary>What a symbolic link of a process points to; 0 bytes when it is gone or somebody else's.</summary>
    public static ReadOnlySpan<byte> Link(int pid, ReadOnlySpan<byte> name, Span<byte> buffer)
    {
        var path = stackalloc byte[PathRoom];
        PathOf(pid, name, path);
        fixed (byte* into = buffer)
        {
            var length = ReadLink(path, into, (nuint)buffer.Length);
            return length > 0 ? buffer[..(int)length] : default;
        }
    }

    /// <summary>Likewise; of a file that was removed since, where it was.</summary>
    public static ReadOnlySpan<byte> Path(int pid, ReadOnlySpan<byte> name, Span<byte> buffer)
    {
        var deleted = " (deleted)"u8;
        var link = Link(pid, name, buffer);
        return link.EndsWith(deleted) ? link[..^deleted.Length] : link;
    }

    /// <summary>The first bytes of a file of a process; 0 bytes when it is gone or somebody else's.</summary>
    public static ReadOnlySpan<byte> Text(int pid, ReadOnlySpan<byte> name, Span<byte> buffer)
    {
        var path = stackalloc byte[PathRoom];
        PathOf(pid, name, path);
        var descriptor = Open(path, ReadOnlyCloseOnExec);
        if (descriptor < 0)
        {
            return default;
        }

        fixed (byte* into = buffer)
        {
            var length = Read(descriptor, into, (nuint)buffer.Length);
            _ = Close(descriptor);
            return length > 0 ? buffer[..(int)length] : default;
        }
    }

    /// <summary>
    /// A field of <c>/proc/PID/stat</c>, counted as proc(5) does, from 3 on (the second may hold anything);
    /// 0 bytes when the process is gone.
    /// </summary>
    public static ReadOnlySpan<byte> Stat(int pid, int field, Span<byte> buffer)
    {
        var text = Text(pid, "stat"u8, buffer);
        var rest = text[(text.LastIndexOf((byte)')') + 1)..].TrimStart((byte)' ');
        for (var at = 3; at < field && !rest.IsEmpty; at++)
        {
            var blank = rest.IndexOf((byte)' ');
            rest = blank < 0 ? default : rest[(blank + 1)..];
        }

        var end = rest.IndexOfAny((byte)' ', (byte)'\n');
        return end < 0 ? rest : rest[..end];
    }

    /// <summary>0 when the process is gone.</summary>
    public static int ParentOf(int pid)
    {
        Span<byte> buffer = stackalloc byte[StatRoom];
        return (int)Number(Stat(pid, 4, buffer));
    }

    /// <summary>Clock ticks from boot to the start of the process; 0 when it is gone or waits to be reaped.</summary>
    public static long StartTicks(int pid)
    {
        Span<byte> buffer = stackalloc byte[StatRoom];
        var state = Stat(pid, 3, buffer);
        if (state.IsEmpty || state[0] is (byte)'Z' or (byte)'X')
        {
            return 0;
        }

        return Number(Stat(pid, 22, buffer));
    }

    /// <summary>Whether it is stopped (by SIGSTOP, or a debugger), gone, or waits to be reaped: it runs no more.</summary>
    public static bool StandsStill(int pid)
    {
        Span<byte> buffer = stackalloc byte[StatRoom];
        var state = Stat(pid, 3, buffer);
        return state.IsEmpty || state[0] is (byte)'T' or (byte)'t' or (byte)'Z' or (byte)'X';
    }

    /// <summary>In a sleep that no signal ends.</summary>
    public static bool WaitsForDisk(int pid)
    {
        Span<byte> buffer = stackalloc byte[StatRoom];
        var state = Stat(pid, 3, buffer);
        return !state.IsEmpty && state[0] == (byte)'D';
    }

    /// <summary>Device and inode of where a process works; zeros when it is gone. From memory: the disk is not asked.</summary>
    public static (long Device, long Inode) WorkingDirectory(int pid)
    {
        // struct statx is the same on every architecture: stx_ino at 32, stx_dev_major and _minor at 136 and 140.
        const int CurrentDirectory = -100;
        const int DoNotSynchronize = 0x4000;
        const uint InodeWanted = 0x100;
        var path = stackalloc byte[PathRoom];
        PathOf(pid, "cwd"u8, path);
        var found = stackalloc byte[256];
        return StatX(CurrentDirectory, path, DoNotSynchronize, InodeWanted, found) == 0
            ? (((long)*(uint*)(found + 136) << 32) | *(uint*)(found + 140), *(long*)(found + 32))
            : default;
    }

    /// <summary>0 for what is no number.</summary>
    public static long Number(ReadOnlySpan<byte> digits)
    {
        var number = 0L;
        foreach (var digit in digits)
        {
            if (digit is < (byte)'0' or > (byte)'9')
            {
                return 0;
            }

            number = (number * 10) + (digit - '0');
        }

        return number;
    }

    private const int PathRoom = 64;
    private const int StatRoom = 1024;

    /// <summary><c>/proc/PID/name</c>, terminated.</summary>
    private static void PathOf(int pid, ReadOnlySpan<byte> name, byte* path)
    {
        var room = new Span<byte>(path, PathRoom);
        "/proc/"u8.CopyTo(room);
        pid.TryFormat(room[6..], out var digits);
        room[6 + digits] = (byte)'/';
        name.CopyTo(room[(7 + digits)..]);
        room[7 + digits + name.Length] = 0;
    }

    [LibraryImport("libc", EntryPoint = "statx")]
    private static partial int StatX(int directory, byte* path, int flags, uint mask, byte* found);

    [LibraryImport("libc", EntryPoint = "readlink")]
    private static partial nint ReadLink(byte* path, byte* buffer, nuint size);

    [LibraryImport("libc", EntryPoint = "open")]
    private static partial int Open(byte* path, int flags);

    [LibraryImport("libc", EntryPoint = "read")]
    private static partial nint Read(int descriptor, byte* buffer, nuint size);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
