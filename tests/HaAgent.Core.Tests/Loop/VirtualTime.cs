using HaAgent.Core.Loop;
using HaAgent.Core.Model;

namespace HaAgent.Core.Tests.Loop;

/// <summary>A clock that stands still while anything is left to do, and then jumps to its next timer.</summary>
/// <remarks>One thread: what is under test runs on <see cref="Pump"/>, and so do the timers.</remarks>
internal sealed class VirtualTime : TimeProvider, IDisposable
{
    private readonly PriorityQueue<Alarm, (long Due, long Order)> _set = new();
    private long _ticks = Given.Now.Ticks;
    private long _order;

    public LoopContext Pump { get; } = new();

    public Instant Now => Instant.Now(this);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => _ticks;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch + TimeSpan.FromTicks(_ticks);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var alarm = new Alarm(this, () => callback(state));
        alarm.Change(dueTime, period);
        return alarm;
    }

    /// <summary>Does something on the pump, and whatever it brings about within this time.</summary>
    public void Run(TimeSpan length, Action? first = null) => RunUntil(Now + length, () => false, first);

    /// <summary>Likewise, until a condition holds; it must hold by then.</summary>
    public void RunUntil(Func<bool> holds, TimeSpan atMost)
    {
        RunUntil(Now + atMost, holds, null);
        Assert.True(holds(), $"not within {atMost}");
    }

    public void Dispose() => Pump.Dispose();

    private void RunUntil(Instant end, Func<bool> holds, Action? first)
    {
        var before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(Pump);
        try
        {
            first?.Invoke();
            Pump.RunPending();
            while (!holds() && _set.TryPeek(out _, out var next) && next.Due <= end.Ticks)
            {
                var alarm = _set.Dequeue();
                _ticks = Math.Max(_ticks, next.Due);
                alarm.Fire(next.Due);
                Pump.RunPending();
            }

            _ticks = holds() ? _ticks : Math.Max(_ticks, end.Ticks);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }
    }

    private sealed class Alarm(VirtualTime time, Action ring) : ITimer
    {
        private long _due = long.MaxValue;
        private TimeSpan _period;

        public void Fire(long due)
        {
            if (due != _due)
            {
                return; // set anew or cancelled since
            }

            Set(_period);
            ring();
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            _period = period;
            Set(dueTime);
            return true;
        }

        public void Dispose() => _due = long.MaxValue;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Set(TimeSpan due)
        {
            _due = due < TimeSpan.Zero || (due == TimeSpan.Zero && _due != long.MaxValue) ? long.MaxValue : time._ticks + due.Ticks;
            if (_due != long.MaxValue)
            {
                time._set.Enqueue(this, (_due, time._order++));
            }
        }
    }
}
