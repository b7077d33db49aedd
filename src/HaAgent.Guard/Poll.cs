using System.Runtime.InteropServices;

namespace HaAgent.Guard;

/// <summary>poll(2): waits for one descriptor, or for nothing but time.</summary>
internal static unsafe partial class Poll
{
    public const short In = 1;
    public const short Out = 4;

    /// <summary>Whether one of the events came within the time. False also when a signal came first.</summary>
    public static bool Wait(int descriptor, short events, int milliseconds)
    {
        var entry = new Entry { Descriptor = descriptor, Events = events };
        return System(&entry, 1, milliseconds) > 0 && (entry.Returned & events) != 0;
    }

    public static void Pause(int milliseconds) => _ = System(null, 0, milliseconds);

    [StructLayout(LayoutKind.Sequential)]
    private struct Entry
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }

    [LibraryImport("libc", EntryPoint = "poll")]
    private static partial int System(Entry* entries, nuint count, int milliseconds);
}
