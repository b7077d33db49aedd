using System.Runtime.InteropServices;

namespace HaAgent.Testing.Processes;

/// <summary>The writing end of a named pipe. It never waits: neither for a reader nor for room.</summary>
public sealed partial class Fifo : IDisposable
{
    private const int WriteOnly = 0x1;
    private const int NonBlocking = 0x800;
    private const int CloseOnExec = 0x80000;
    private const uint OwnerOnly = 0x180; // 0600
    private const int TryAgain = 11;

    private readonly string _path;
    private int _file;

    private Fifo(string path, int file) => (_path, _file) = (path, file);

    /// <summary>Makes the pipe, for <see cref="ServiceUser"/>.</summary>
    public static void Create(string path)
    {
        if (mkfifo(path, OwnerOnly) != 0)
        {
            throw Failure("mkfifo", path);
        }

        ServiceUser.Own(path);
    }

    /// <exception cref="IOException">Nobody has it open for reading.</exception>
    public static Fifo OpenForWriting(string path) =>
        open(path, WriteOnly | NonBlocking | CloseOnExec) is >= 0 and var file
            ? new Fifo(path, file)
            : throw Failure("open", path);

    /// <summary>False when there is no room: then a writer that waits for room waits until somebody reads.</summary>
    public bool TryWrite(ReadOnlySpan<byte> bytes)
    {
        if (write(_file, bytes, bytes.Length) == bytes.Length)
        {
            return true;
        }

        return Marshal.GetLastPInvokeError() == TryAgain ? false : throw Failure("write", _path);
    }

    /// <summary>Writes empty lines until there is no room for one more.</summary>
    public void Fill()
    {
        var block = new byte[4096]; // what the kernel writes in one piece or not at all
        block.AsSpan().Fill((byte)'\n');
        while (TryWrite(block))
        {
        }

        while (TryWrite("\n"u8))
        {
        }
    }

    public void Dispose()
    {
        if (_file >= 0)
        {
            _ = close(_file); // nothing is buffered on our side
            _file = -1;
        }
    }

    private static IOException Failure(string call, string path) =>
        new($"{call} {path}: {Marshal.GetLastPInvokeErrorMessage()}");

#pragma warning disable IDE1006 // named as in libc
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int mkfifo(string path, uint mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint write(int file, ReadOnlySpan<byte> bytes, nint count);

    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int close(int file);
#pragma warning restore IDE1006
}
