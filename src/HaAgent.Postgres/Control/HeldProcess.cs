using HaAgent.Guard;

namespace HaAgent.Postgres.Control;

/// <summary>A process held by its pidfd: signals reach it or nobody, and its end is seen at once.</summary>
internal sealed class HeldProcess : IDisposable
{
    private readonly PidFd _handle;
    private readonly IDisposable _registration;
    private readonly TaskCompletionSource _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private HeldProcess(int pid, PidFd handle, KernelEvents events)
    {
        Pid = pid;
        _handle = handle;
        _registration = events.OnReadable(handle, once: true, () => _exited.TrySetResult());
    }

    public int Pid { get; }

    public PidFd Handle => _handle;

    /// <summary>Completes when the process has ended.</summary>
    public Task Exited => _exited.Task;

    /// <summary>
    /// Null when there is no such process. The caller checks who it is <em>afterwards</em>: only then the answer stays
    /// true.
    /// </summary>
    public static HeldProcess? TryOpen(int pid, KernelEvents events) =>
        PidFd.TryOpen(pid) is { } handle ? new(pid, handle, events) : null;

    public bool Signal(int signal) => _handle.Send(signal);

    public bool IsAlive => _handle.Send(0);

    public void Dispose()
    {
        _registration.Dispose();
        _handle.Dispose();
    }
}
