using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using HaAgent.Core.Settings;
using HaAgent.Guard;
using Microsoft.Win32.SafeHandles;

namespace HaAgent.Runtime;

/// <summary>One agent per data directory: a lock that ends with the process that holds it, however it ends.</summary>
/// <remarks>
/// flock(2) on a file that is closed on exec, so that a PostgreSQL that outlives its agent does not keep the lock.
/// Opened by open(2): .NET's own opening takes a shared lock of the same kind, and would fail before the holder's pid
/// could be read.
/// </remarks>
internal sealed partial class InstanceLock : IDisposable
{
    private const int OpenReadWrite = 0x2;
    private const int OpenCreate = 0x40;
    private const int OpenCloseOnExec = 0x80000;
    private const int OwnerOnly = 0x180; // 0600
    private const int LockExclusive = 2;
    private const int LockNonBlocking = 4;
    private const int WouldBlock = 11;

    private readonly SafeFileHandle _file;

    private InstanceLock(SafeFileHandle file) => _file = file;

    /// <exception cref="ConfigurationException">
    /// Another process manages this data directory, or the run directory cannot be used.
    /// </exception>
    public static InstanceLock Take(string runDirectory, string dataDirectory)
    {
        var path = Path.Join(runDirectory, $"agent-{DataDirectoryKey.Of(dataDirectory)}.lock");
        var file = new SafeFileHandle(
            OpenFile(path, OpenReadWrite | OpenCreate | OpenCloseOnExec, OwnerOnly), ownsHandle: true);
        if (file.IsInvalid)
        {
            var error = Marshal.GetLastPInvokeError();
            file.Dispose();
            throw new ConfigurationException(
                $"The run directory '{runDirectory}' cannot be used ({Marshal.GetPInvokeErrorMessage(error)}):"
                + " create it and give it to the user that runs haagent");
        }

        if (FLock((int)file.DangerousGetHandle(), LockExclusive | LockNonBlocking) != 0)
        {
            var error = Marshal.GetLastPInvokeError();
            var holder = Holder(file);
            file.Dispose();
            throw new ConfigurationException(error == WouldBlock
                ? $"Another haagent ({holder}) manages '{dataDirectory}' already:"
                    + " stop that one first, or give this one a data directory of its own"
                : $"The lock '{path}' cannot be taken: {Marshal.GetPInvokeErrorMessage(error)}");
        }

        WritePid(file);
        return new(file);
    }

    public void Dispose() => _file.Dispose();

    private static void WritePid(SafeFileHandle file)
    {
        try
        {
            RandomAccess.SetLength(file, 0);
            var pid = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
            RandomAccess.Write(file, Encoding.ASCII.GetBytes(pid + "\n"), 0);
        }
        catch (IOException)
        {
            // The disk is full, say. It is the lock that counts; the pid only tells a second agent whose it is.
        }
    }

    private static string Holder(SafeFileHandle file)
    {
        Span<byte> text = stackalloc byte[16];
        var length = RandomAccess.Read(file, text, 0);
        var pid = Encoding.ASCII.GetString(text[..length]).Trim();
        return pid.Length > 0 ? $"pid {pid}" : "its pid is not known";
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenFile(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    private static partial int FLock(int descriptor, int operation);
}
