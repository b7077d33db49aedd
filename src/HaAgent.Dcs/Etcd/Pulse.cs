namespace HaAgent.Dcs.Etcd;

/// <summary>A beat that any number of waiters can wait for. Take <see cref="Next"/> before looking at the condition.</summary>
internal sealed class Pulse
{
    private TaskCompletionSource _next = New();

    public Task Next => Volatile.Read(ref _next).Task;

    public void Beat() => Interlocked.Exchange(ref _next, New()).TrySetResult();

    // Waiters run on their own: whoever beats must not run their code.
    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
