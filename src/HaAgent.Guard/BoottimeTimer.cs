using System.Runtime.InteropServices;

namespace HaAgent.Guard;

/// <summary>Sleeps until an instant of CLOCK_BOOTTIME, which goes on while the machine is suspended (timerfd).</summary>
internal sealed unsafe partial class BoottimeTimer : IDisposable
{
    private const int Absolute = 1;
    private readonly int _descriptor;

    /// <exception cref="IOException">The kernel has no timer for us.</exception>
    public BoottimeTimer()
    {
        const int CloseOnExec = 0x80000;
        _descriptor = Create(LinuxClock.Boottime, CloseOnExec);
        if (_descriptor < 0)
        {
            throw new IOException($"timerfd_create failed: {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }

    /// <summary>Returns at once when the instant has passed; may return early when a signal comes.</summary>
    /// <param name="instant">Nanoseconds of CLOCK_BOOTTIME, above zero.</param>
    public void SleepUntil(long instant)
    {
        var time = stackalloc long[4];
        (time[0], time[1]) = (0, 0); // once
        (time[2], time[3]) = (instant / 1_000_000_000, instant % 1_000_000_000);
        _ = SetTime(_descriptor, Absolute, time, null);
        long expirations;
        _ = Read(_descriptor, &expirations, sizeof(long));
    }

    public void Dispose() => _ = Close(_descriptor);

    [LibraryImport("libc", EntryPoint = "timerfd_create", SetLastError = true)]
    private static partial int Create(int clock, int flags);

    [LibraryImport("libc", EntryPoint = "timerfd_settime")]
    private static partial int SetTime(int descriptor, int flags, long* time, long* before);

    [LibraryImport("libc", EntryPoint = "read")]
    private static partial nint Read(int descriptor, void* buffer, nuint size);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
