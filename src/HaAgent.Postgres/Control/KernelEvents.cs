using System.Runtime.InteropServices;

namespace HaAgent.Postgres.Control;

/// <summary>One thread that waits for the kernel: for processes to end (pidfd) and files to change (inotify).</summary>
/// <remarks>
/// Callbacks run on that thread and must only set flags or complete tasks. It touches no disk and cannot be held up by
/// one.
/// </remarks>
internal sealed partial class KernelEvents : IDisposable
{
    private const short PollIn = 1;

    private readonly Lock _gate = new();
    private readonly List<Registration> _registrations = [];
    private readonly int _wake;
    private readonly Thread _thread;
    private volatile bool _stopping;

    public KernelEvents()
    {
        const int CloseOnExec = 0x80000;
        const int NonBlocking = 0x800;
        _wake = EventFd(0, CloseOnExec | NonBlocking);
        if (_wake < 0)
        {
            throw new IOException($"eventfd failed: {Marshal.GetLastPInvokeErrorMessage()}");
        }

        _thread = new Thread(Run) { IsBackground = true, Name = "postgres-events" };
        _thread.Start();
    }

    /// <summary>Calls back each time the descriptor is readable, until the result is disposed.</summary>
    /// <param name="once">Stop watching after the first time: a pidfd stays readable for ever.</param>
    public IDisposable OnReadable(SafeHandle descriptor, bool once, Action callback)
    {
        var registration = new Registration(this, descriptor, once, callback);
        lock (_gate)
        {
            _registrations.Add(registration);
        }

        Wake();
        return registration;
    }

    public void Dispose()
    {
        _stopping = true;
        Wake();
        _thread.Join();
        _ = Close(_wake);
    }

    private void Run()
    {
        var watched = new List<Registration>();
        while (!_stopping)
        {
            watched.Clear();
            lock (_gate)
            {
                _registrations.RemoveAll(registration => registration.ReleaseIfDone());
                watched.AddRange(_registrations);
            }

            Wait(watched);
        }

        lock (_gate)
        {
            _registrations.ForEach(registration => registration.Dispose());
            _registrations.RemoveAll(registration => registration.ReleaseIfDone());
        }
    }

    private unsafe void Wait(List<Registration> watched)
    {
        var polls = new PollEntry[watched.Count + 1];
        polls[0] = new PollEntry { Descriptor = _wake, Events = PollIn };
        for (var i = 0; i < watched.Count; i++)
        {
            polls[i + 1] = new PollEntry { Descriptor = watched[i].Descriptor, Events = PollIn };
        }

        fixed (PollEntry* first = polls)
        {
            if (Poll(first, (nuint)polls.Length, -1) <= 0)
            {
                return; // interrupted by a signal
            }
        }

        if (polls[0].Returned != 0)
        {
            ulong count;
            _ = Read(_wake, &count, sizeof(ulong));
        }

        for (var i = 0; i < watched.Count; i++)
        {
            if (polls[i + 1].Returned != 0)
            {
                watched[i].Fire();
            }
        }
    }

    private unsafe void Wake()
    {
        ulong one = 1;
        _ = Write(_wake, &one, sizeof(ulong));
    }

    private sealed class Registration : IDisposable
    {
        private readonly KernelEvents _owner;
        private readonly SafeHandle _handle;
        private readonly bool _once;
        private readonly Action _callback;
        private readonly bool _referenced;
        private volatile bool _done;

        public Registration(KernelEvents owner, SafeHandle handle, bool once, Action callback)
        {
            _owner = owner;
            _handle = handle;
            _once = once;
            _callback = callback;
            // Held until the thread has let go of it: a descriptor that is closed and reused must never be polled.
            handle.DangerousAddRef(ref _referenced);
        }

        public int Descriptor => (int)_handle.DangerousGetHandle();

        public void Fire()
        {
            if (_done)
            {
                return;
            }

            _done |= _once;
            _callback();
        }

        public bool ReleaseIfDone()
        {
            if (_done && _referenced)
            {
                _handle.DangerousRelease();
            }

            return _done;
        }

        public void Dispose()
        {
            if (!_done)
            {
                _done = true;
                _owner.Wake();
            }
        }
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct PollEntry
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static unsafe partial int Poll(PollEntry* entries, nuint count, int milliseconds);

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    private static partial int EventFd(uint initial, int flags);

    [LibraryImport("libc", EntryPoint = "read")]
    private static unsafe partial nint Read(int descriptor, void* buffer, nuint size);

    [LibraryImport("libc", EntryPoint = "write")]
    private static unsafe partial nint Write(int descriptor, void* buffer, nuint size);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
