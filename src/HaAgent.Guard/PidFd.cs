using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace HaAgent.Guard;

/// <summary>A handle on one process, which a reused pid can never become (<c>pidfd_open(2)</c>).</summary>
/// <remarks>
/// BCL and P/Invoke only, as all of this project: the last rung must work when nothing else does. System calls by
/// number, because glibc before 2.36 has no wrappers; both numbers are the same on every architecture.
/// </remarks>
public sealed partial class PidFd : SafeHandleMinusOneIsInvalid
{
    public const int SigInt = 2;
    public const int SigHup = 1;
    public const int SigQuit = 3;
    public const int SigKill = 9;
    public const int SigUsr1 = 10;
    public const int SigTerm = 15;
    public const int SigCont = 18;
    public const int SigStop = 19;

    private const long PidFdSendSignal = 424;
    private const long PidFdOpen = 434;

    private PidFd(int descriptor)
        : base(ownsHandle: true) => SetHandle(descriptor);

    /// <summary>Null when there is no such process.</summary>
    public static PidFd? TryOpen(int pid)
    {
        var descriptor = Open(pid);
        return descriptor >= 0 ? new PidFd(descriptor) : null;
    }

    /// <summary>The bare descriptor, for code that must not allocate; below zero when there is no such process.</summary>
    internal static int Open(int pid) => (int)Syscall(PidFdOpen, pid, 0, 0, 0);

    /// <summary>False when the process has ended or may not be signalled.</summary>
    internal static bool Send(int descriptor, int signal) => Syscall(PidFdSendSignal, descriptor, signal, 0, 0) == 0;

    /// <summary>False when the process has ended or may not be signalled.</summary>
    public bool Send(int signal)
    {
        var taken = false;
        try
        {
            DangerousAddRef(ref taken);
            return Syscall(PidFdSendSignal, handle, signal, 0, 0) == 0;
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
        finally
        {
            if (taken)
            {
                DangerousRelease();
            }
        }
    }

    protected override bool ReleaseHandle() => Close((int)handle) == 0;

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial long Syscall(long number, long first, long second, long third, long fourth);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
