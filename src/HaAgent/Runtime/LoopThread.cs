namespace HaAgent.Runtime;

/// <summary>A thread of its own for the HA loop: nothing that fills the thread pool can keep it from running.</summary>
/// <remarks>What wakes it does not pass through the pool either: <see cref="AlarmThread"/> and <c>WakeUp</c>.</remarks>
internal static class LoopThread
{
    /// <param name="body">Runs the loop's pump; returns when the loop has ended.</param>
    /// <returns>Completes when it has returned; faulted with what it threw.</returns>
    public static Task Start(string name, Action body)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() =>
        {
            try
            {
                body();
                ended.SetResult();
            }
#pragma warning disable CA1031 // Not swallowed: it becomes the outcome that the process awaits.
            catch (Exception e)
#pragma warning restore CA1031
            {
                ended.SetException(e);
            }
        })
        {
            IsBackground = true,
            Name = name,
            Priority = ThreadPriority.AboveNormal,
        };
        thread.Start();
        return ended.Task;
    }
}
