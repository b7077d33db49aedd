namespace HaAgent.Runtime;

/// <summary>A clock whose timers are fired by a thread of their own, whatever else the process does.</summary>
/// <remarks>
/// .NET's own timers fire on the thread pool. A pool full of work that blocks would keep the loop asleep past the end of
/// its lease, over a server that is still writable (S2). The callbacks run one after the other, so they must be quick.
/// </remarks>
internal sealed class AlarmThread : TimeProvider, IDisposable
{
    /// <summary>A thread's waits stand still while the machine is suspended; the clock does not.</summary>
    internal static readonly TimeSpan Longest = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _clock;
    private readonly object _gate = new();
    private readonly PriorityQueue<Alarm, long> _set = new();
    private bool _isDisposed;

    /// <param name="clock">What time it is; its timers are not used.</param>
    public AlarmThread(TimeProvider clock)
    {
        _clock = clock;
        new Thread(Run) { IsBackground = true, Name = "haagent-alarms", Priority = ThreadPriority.AboveNormal }.Start();
    }

    public override long TimestampFrequency => _clock.TimestampFrequency;

    public override long GetTimestamp() => _clock.GetTimestamp();

    public override DateTimeOffset GetUtcNow() => _clock.GetUtcNow();

    /// <param name="period">None: each fires once.</param>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var alarm = new Alarm(this, callback, state);
        alarm.Change(dueTime, period);
        return alarm;
    }

    /// <summary>No alarm fires any more.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            Monitor.Pulse(_gate);
        }
    }

    private void Run()
    {
        while (Next() is { } alarm)
        {
            alarm.Fire();
        }
    }

    /// <summary>Waits for the first alarm to be due; null at the end.</summary>
    private Alarm? Next()
    {
        lock (_gate)
        {
            while (!_isDisposed)
            {
                if (!_set.TryPeek(out var first, out var due))
                {
                    Monitor.Wait(_gate);
                    continue;
                }

                var left = GetElapsedTime(GetTimestamp(), due);
                if (left <= TimeSpan.Zero)
                {
                    return _set.Dequeue();
                }

                // Whole milliseconds, upwards: an alarm is never early.
                var whole = TimeSpan.FromMilliseconds(Math.Ceiling(left.TotalMilliseconds));
                Monitor.Wait(_gate, whole < Longest ? whole : Longest);
            }

            return null;
        }
    }

    private void Set(Alarm alarm, TimeSpan dueTime)
    {
        lock (_gate)
        {
            _set.Remove(alarm, out _, out _);
            if (dueTime >= TimeSpan.Zero)
            {
                _set.Enqueue(alarm, GetTimestamp() + (long)(dueTime.TotalSeconds * TimestampFrequency));
                Monitor.Pulse(_gate);
            }
        }
    }

    private sealed class Alarm(AlarmThread thread, TimerCallback callback, object? state) : ITimer
    {
        public void Fire() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            if (period != Timeout.InfiniteTimeSpan)
            {
                throw new NotSupportedException("An alarm fires once.");
            }

            thread.Set(this, dueTime);
            return true;
        }

        public void Dispose() => thread.Set(this, Timeout.InfiniteTimeSpan);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
