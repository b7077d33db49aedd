using System.ComponentModel;
using System.Runtime.InteropServices;

namespace HaAgent.Guard;

/// <summary>clock_gettime(2).</summary>
public static partial class LinuxClock
{
    /// <summary>Stands still while the machine is suspended.</summary>
    public const int Monotonic = 1;

    /// <summary>Goes on while the machine is suspended.</summary>
    public const int Boottime = 7;

    public static long Nanoseconds(int clock)
    {
        if (ClockGetTime(clock, out var time) != 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError(), $"clock_gettime({clock})");
        }

        return (time.Seconds * 1_000_000_000) + time.Nanoseconds;
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime", SetLastError = true)]
    private static partial int ClockGetTime(int clock, out TimeSpec time);

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }
}
