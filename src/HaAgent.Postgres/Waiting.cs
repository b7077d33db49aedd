namespace HaAgent.Postgres;

/// <summary>Waiting for the first of several things, for a limited time.</summary>
internal static class Waiting
{
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    /// <summary>A time that timers take: not negative, and not for ever.</summary>
    public static TimeSpan Bounded(TimeSpan time) =>
        time < TimeSpan.Zero ? TimeSpan.Zero : time > Longest ? Longest : time;

    /// <summary>
    /// Returns when one of the tasks has ended or the time is over; their failures are not looked at.
    /// </summary>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> was signalled.</exception>
    public static async Task AnyAsync(TimeProvider clock, TimeSpan atMost, CancellationToken stop, params Task[] tasks)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var pause = Task.Delay(Bounded(atMost), clock, over.Token);
        await Task.WhenAny([.. tasks, pause]).ConfigureAwait(false);
        await over.CancelAsync().ConfigureAwait(false);
        stop.ThrowIfCancellationRequested();
    }
}
