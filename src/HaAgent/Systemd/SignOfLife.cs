namespace HaAgent.Systemd;

/// <summary>Tells systemd's watchdog that the agent lives: its loop turns, its thread pool does work.</summary>
/// <remarks>
/// The loop lives without the pool, and ends writing in time. But a process whose pool is full for good reaches no store
/// any more and must be replaced.
/// </remarks>
/// <param name="queue">Has something done by the thread pool.</param>
internal sealed class SignOfLife(SdNotify systemd, Action<Action> queue)
{
    private bool _poolHasAnswered = true;

    public SignOfLife(SdNotify systemd)
        : this(
            systemd,
            static work => ThreadPool.UnsafeQueueUserWorkItem(static todo => todo(), work, preferLocal: false))
    {
    }

    /// <summary>Once per completed turn.</summary>
    public void LoopHasTurned()
    {
        if (Volatile.Read(ref _poolHasAnswered))
        {
            Volatile.Write(ref _poolHasAnswered, false);
            systemd.Watchdog();
            queue(() => Volatile.Write(ref _poolHasAnswered, true));
        }
    }
}
