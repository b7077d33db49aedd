namespace HaAgent.Dcs.Etcd;

/// <summary>A beat that any number of waiters can wait for. Take <see cref="Next"/> before looking at the condition.</summary>
internal sealed class Pulse
{
    private TaskCompletionSource _next = New();

    public Task Next => FollowAsync(Volatile.Read(ref _next).Task);

    public void Beat() => Interlocked.Exchange(ref _next, New()).TrySetResult();

    // A task of ours: what else hangs on it than an await (a time limit) is run where it ends, on the waiter's pump or pool.
    private static async Task FollowAsync(Task beat) => await beat;

    // Waiters run on their own: whoever beats must not run their code.
    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
