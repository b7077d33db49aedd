using HaAgent.Core.Model;

namespace HaAgent.Core.Loop;

/// <summary>Ends the loop's sleep. Set from any thread; many sets before the loop looks count as one.</summary>
/// <remarks>
/// Whoever sets it, or the timer, posts the sleeper to its pump from its own thread. Nothing here passes through the
/// thread pool, where it would wait behind whatever fills that: no <c>WhenAny</c>, no <c>Task.Delay</c>.
/// </remarks>
internal sealed class WakeUp
{
    private readonly Lock _gate = new();
    private TaskCompletionSource _next = New();
    private bool _isSet;

    public void Set()
    {
        TaskCompletionSource toComplete;
        lock (_gate)
        {
            _isSet = true;
            toComplete = _next;
        }

        toComplete.TrySetResult();
    }

    /// <summary>Sleeps until set or until <paramref name="until"/>.</summary>
    /// <param name="alarms">Fires its timers whatever else the process does.</param>
    /// <returns>True when woken.</returns>
    public async Task<bool> SleepAsync(TimeProvider alarms, Instant until)
    {
        TaskCompletionSource next;
        lock (_gate)
        {
            next = _next;
        }

        var left = until - Instant.Now(alarms);
        if (left > TimeSpan.Zero)
        {
            using var timer = alarms.CreateTimer(
                static sleeper => ((TaskCompletionSource)sleeper!).TrySetResult(), // given in the next argument
                next, left < Longest ? left : Longest, Timeout.InfiniteTimeSpan);
            await next.Task;
        }

        lock (_gate)
        {
            var wasSet = _isSet;
            _isSet = false;
            _next = _next.Task.IsCompleted ? New() : _next;
            return wasSet;
        }
    }

    // Timers take no longer spans; waking early from a long sleep does no harm.
    private static readonly TimeSpan Longest = TimeSpan.FromHours(1);

    // Never resumed within Set: its caller has not finished what it set it for.
    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
