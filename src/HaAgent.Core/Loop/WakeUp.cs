using HaAgent.Core.Model;

namespace HaAgent.Core.Loop;

/// <summary>Ends the loop's sleep. Set from any thread; many sets before the loop looks count as one.</summary>
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
    /// <returns>True when woken.</returns>
    public async Task<bool> SleepAsync(TimeProvider clock, Instant until)
    {
        Task woken;
        lock (_gate)
        {
            if (_isSet)
            {
                Reset();
                return true;
            }

            woken = _next.Task;
        }

        var left = until - Instant.Now(clock);
        if (left > TimeSpan.Zero)
        {
            using var done = new CancellationTokenSource();
            var timer = Task.Delay(left < Longest ? left : Longest, clock, done.Token);
            await Task.WhenAny(woken, timer);
            done.Cancel();
        }

        lock (_gate)
        {
            var wasSet = _isSet;
            Reset();
            return wasSet;
        }
    }

    // Timers take no longer spans; waking early from a long sleep does no harm.
    private static readonly TimeSpan Longest = TimeSpan.FromHours(1);

    private void Reset()
    {
        if (_isSet)
        {
            _isSet = false;
            _next = New();
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
