namespace HaAgent.Systemd;

/// <summary>Tells systemd's watchdog that the agent lives: its loop turns, its thread pool does work.</summary>
/// <remarks>
/// The loop lives without the pool, and ends writing in time. But a process whose pool is full for good reaches no store
/// any more and must be replaced. Called by one thread at a time.
/// </remarks>
/// <param name="queue">Has something done by the thread pool.</param>
internal sealed class SignOfLife(SdNotify systemd, TimeProvider clock, Action<Action> queue)
{
    /// <summary>A pool that has not begun an item for so long does no work.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private long _askedAt;

    public SignOfLife(SdNotify systemd, TimeProvider clock)
        : this(
            systemd,
            clock,
            static work => ThreadPool.UnsafeQueueUserWorkItem(static todo => todo(), work, preferLocal: false))
    {
    }

    /// <summary>Once per completed turn.</summary>
    public void LoopHasTurned()
    {
        var asked = Volatile.Read(ref _askedAt);
        if (asked != 0 && clock.GetElapsedTime(asked) > Patience)
        {
            return;
        }

        if (asked == 0)
        {
            Volatile.Write(ref _askedAt, clock.GetTimestamp());
            queue(() => Volatile.Write(ref _askedAt, 0));
        }

        systemd.Watchdog();
    }
}
