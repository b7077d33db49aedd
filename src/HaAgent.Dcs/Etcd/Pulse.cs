namespace HaAgent.Dcs.Etcd;

/// <summary>A beat that any number of waiters can wait for. Take <see cref="Next"/> before looking at the condition.</summary>
internal sealed class Pulse
{
    private TaskCompletionSource _next = new();

    public Task Next => Volatile.Read(ref _next).Task;

    /// <summary>Waiters run on their own: whoever beats must not run their code. On a pump they stay on it.</summary>
    public void Beat()
    {
        var beaten = Interlocked.Exchange(ref _next, new());
        if (SynchronizationContext.Current is { } pump)
        {
            pump.Post(static beaten => ((TaskCompletionSource)beaten!).TrySetResult(), beaten);
        }
        else
        {
            ThreadPool.UnsafeQueueUserWorkItem(static beaten => beaten.TrySetResult(), beaten, preferLocal: true);
        }
    }
}
