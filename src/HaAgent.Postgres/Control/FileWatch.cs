using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace HaAgent.Postgres.Control;

/// <summary>Says when something at a path changes (inotify), without anybody reading it meanwhile.</summary>
/// <remarks>Creating one looks the path up and may hang with its disk: never on a thread that must not wait.</remarks>
internal sealed partial class FileWatch : IDisposable
{
    private readonly Descriptor _descriptor;
    private readonly IDisposable _registration;
    private volatile TaskCompletionSource _changed = NewSource();

    private FileWatch(Descriptor descriptor, KernelEvents events)
    {
        _descriptor = descriptor;
        _registration = events.OnReadable(descriptor, once: false, OnEvent);
    }

    /// <summary>Null when inotify cannot be had (its limits are used up, no such path): poll instead.</summary>
    public static FileWatch? TryCreate(string path, KernelEvents events)
    {
        const int CloseOnExec = 0x80000;
        const int NonBlocking = 0x800;
        const uint Modified = 0x2, ClosedAfterWrite = 0x8, MovedTo = 0x80, Created = 0x100;
        var descriptor = new Descriptor(InotifyInit(CloseOnExec | NonBlocking));
        if (descriptor.IsInvalid
            || InotifyAddWatch(descriptor, path, Modified | ClosedAfterWrite | MovedTo | Created) < 0)
        {
            descriptor.Dispose();
            return null;
        }

        return new(descriptor, events);
    }

    /// <summary>
    /// Completes at the next change after this was read. Read it, look at the file, then await it: nothing is missed.
    /// </summary>
    public Task Changed => _changed.Task;

    public void Dispose()
    {
        _registration.Dispose();
        _descriptor.Dispose();
    }

    private unsafe void OnEvent()
    {
        const int Room = 4096;
        var buffer = stackalloc byte[Room];
        while (Read(_descriptor, buffer, Room) > 0)
        {
        }

        Interlocked.Exchange(ref _changed!, NewSource()).TrySetResult();
    }

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal sealed class Descriptor : SafeHandleMinusOneIsInvalid
    {
        public Descriptor(int descriptor)
            : base(ownsHandle: true) => SetHandle(descriptor);

        protected override bool ReleaseHandle() => CloseDescriptor((int)handle) == 0;
    }

    [LibraryImport("libc", EntryPoint = "inotify_init1", SetLastError = true)]
    private static partial int InotifyInit(int flags);

    [LibraryImport(
        "libc", EntryPoint = "inotify_add_watch", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int InotifyAddWatch(Descriptor descriptor, string path, uint mask);

    [LibraryImport("libc", EntryPoint = "read")]
    private static unsafe partial nint Read(Descriptor descriptor, void* buffer, nuint size);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int CloseDescriptor(int descriptor);
}
