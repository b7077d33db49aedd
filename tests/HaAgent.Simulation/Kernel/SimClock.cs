namespace HaAgent.Simulation.Kernel;

/// <summary>CLOCK_BOOTTIME and timers, as one process has them.</summary>
internal sealed class SimClock(SimProcess process) : TimeProvider
{
    private static readonly DateTimeOffset Epoch = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => process.Host.Boottime;

    public override DateTimeOffset GetUtcNow() => Epoch + process.Host.World.Time.Now + process.Host.WallOffset;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new SimTimer(process, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class SimTimer(SimProcess process, TimerCallback callback, object? state) : ITimer
    {
        private Scheduled? _next;
        private TimeSpan _period;
        private long _generation;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            _next?.Cancel();
            _next = null;
            _generation++;
            _period = period;
            if (dueTime != Timeout.InfiniteTimeSpan)
            {
                Schedule(dueTime);
            }

            return true;
        }

        public void Dispose() => Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Schedule(TimeSpan due)
        {
            var generation = _generation;

            // Never early by its own clock: what is rounded is rounded up.
            var delay = process.Host.ToRun(due) + TimeSpan.FromTicks(1);
            _next = process.Host.World.Time.After(delay, () => process.Deliver(() => Fire(generation)));
        }

        private void Fire(long generation)
        {
            if (generation != _generation)
            {
                return;
            }

            if (_period > TimeSpan.Zero)
            {
                Schedule(_period);
            }

            callback(state);
        }
    }
}
