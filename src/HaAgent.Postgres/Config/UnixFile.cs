using System.Runtime.InteropServices;
using HaAgent.Core.Snapshot;

namespace HaAgent.Postgres.Config;

/// <summary>What the operating system says of a path, where the BCL has no words for it.</summary>
internal static unsafe partial class UnixFile
{
    private const int CurrentDirectory = -100;

    /// <summary>Whether this process may create files there.</summary>
    public static bool IsWritable(string directory)
    {
        const int WriteAndSearch = 3;
        return Access(directory, WriteAndSearch) == 0;
    }

    public static bool IsReadable(string file) => Access(file, 4) == 0;

    public static bool IsExecutable(string file) => File.Exists(file) && Access(file, 1) == 0;

    /// <summary>Owner and permission bits; null when there is nothing at the path or it may not be looked at.</summary>
    public static (uint Owner, UnixFileMode Mode)? Stat(string path)
    {
        // struct statx is the same on every architecture: stx_uid at 20, stx_mode at 28.
        const uint TypeModeAndOwner = 0x1 | 0x2 | 0x8;
        var buffer = stackalloc byte[256];
        if (StatX(CurrentDirectory, path, 0, TypeModeAndOwner, buffer) != 0)
        {
            return null;
        }

        return (*(uint*)(buffer + 20), (UnixFileMode)(*(ushort*)(buffer + 28) & 0xFFF));
    }

    /// <summary>Which file or directory is at the path; the default when there is none or it may not be looked at.</summary>
    public static FileIdentity Identity(string path)
    {
        // stx_ino at 32, stx_dev_major and stx_dev_minor from 136.
        const uint InodeNumber = 0x100;
        var buffer = stackalloc byte[256];
        return StatX(CurrentDirectory, path, 0, InodeNumber, buffer) == 0 ? new(*(ulong*)(buffer + 136), *(ulong*)(buffer + 32)) : default;
    }

    /// <summary>The effective user.</summary>
    public static uint CurrentUser => EffectiveUser();

    /// <summary>The path with all symbolic links resolved; null when it does not exist.</summary>
    public static string? Canonical(string path)
    {
        const int Longest = 4096;
        var buffer = stackalloc byte[Longest];
        return RealPath(path, buffer) != null ? Marshal.PtrToStringUTF8((nint)buffer) : null;
    }

    /// <summary>Makes a rename or creation in a directory survive a power loss.</summary>
    /// <exception cref="IOException">The directory cannot be synchronised.</exception>
    public static void SynchronizeDirectory(string directory)
    {
        const int ReadOnlyDirectoryCloseOnExec = 0x80000 | 0x10000;
        var descriptor = Open(directory, ReadOnlyDirectoryCloseOnExec, 0);
        if (descriptor < 0)
        {
            throw new IOException($"{directory} could not be opened: {Marshal.GetLastPInvokeErrorMessage()}");
        }

        var failed = Sync(descriptor) != 0;
        var reason = failed ? Marshal.GetLastPInvokeErrorMessage() : "";
        _ = CloseDescriptor(descriptor);
        if (failed)
        {
            throw new IOException($"{directory} could not be synchronised: {reason}");
        }
    }

    [LibraryImport("libc", EntryPoint = "access", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Access(string path, int mode);

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatX(int directory, string path, int flags, uint mask, byte* buffer);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint EffectiveUser();

    [LibraryImport("libc", EntryPoint = "realpath", StringMarshalling = StringMarshalling.Utf8)]
    private static partial byte* RealPath(string path, byte* resolved);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Sync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int CloseDescriptor(int descriptor);
}
