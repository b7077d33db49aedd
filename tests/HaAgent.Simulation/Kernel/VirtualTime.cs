namespace HaAgent.Simulation.Kernel;

/// <summary>The one clock of a run, and everything that is to happen on it, in order.</summary>
/// <remarks>
/// Nothing waits: time jumps to the next event. Events of one instant happen in the order they were scheduled. All of
/// it runs on the thread that calls <see cref="RunNext"/>, without a synchronization context.
/// </remarks>
internal sealed class VirtualTime
{
    private readonly PriorityQueue<Scheduled, (long At, long Order)> _queue = new(new ByTime());
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private long _order;

    /// <summary>Since the beginning of the run.</summary>
    public TimeSpan Now { get; private set; }

    /// <summary>How many events have happened.</summary>
    public long Happened { get; private set; }

    public Scheduled After(TimeSpan delay, Action action)
    {
        if (Environment.CurrentManagedThreadId != _thread)
        {
            throw new InvalidOperationException("scheduled from a foreign thread: the run could not be replayed");
        }

        var scheduled = new Scheduled(action);
        var at = delay > TimeSpan.Zero ? Now + delay : Now;
        _queue.Enqueue(scheduled, (at.Ticks, _order++));
        return scheduled;
    }

    public Scheduled At(TimeSpan at, Action action) => After(at - Now, action);

    /// <summary>The next event, if it comes by <paramref name="until"/>; else time moves there.</summary>
    /// <returns>False when nothing is left until then.</returns>
    public bool RunNext(TimeSpan until)
    {
        while (_queue.TryPeek(out var next, out var when) && when.At <= until.Ticks)
        {
            _queue.Dequeue();
            if (next.Take() is not { } action)
            {
                continue;
            }

            Now = new(when.At);
            Happened++;
            action();
            return true;
        }

        Now = until;
        return false;
    }

    /// <summary>The queue spends its time comparing.</summary>
    private sealed class ByTime : IComparer<(long At, long Order)>
    {
        public int Compare((long At, long Order) x, (long At, long Order) y) =>
            x.At != y.At ? (x.At < y.At ? -1 : 1) : x.Order.CompareTo(y.Order);
    }
}

/// <summary>Something that is to happen, unless it is called off.</summary>
internal sealed class Scheduled(Action action)
{
    private Action? _action = action;

    public bool IsPending => _action is not null;

    public void Cancel() => _action = null;

    /// <summary>Null when it was called off.</summary>
    internal Action? Take()
    {
        var action = _action;
        _action = null;
        return action;
    }
}
