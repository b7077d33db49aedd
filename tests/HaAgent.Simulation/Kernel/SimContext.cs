using HaAgent.Core.Loop;

namespace HaAgent.Simulation.Kernel;

/// <summary>The product's own pump, run step by step in virtual time, as part of one process.</summary>
/// <remarks>
/// Between any two steps, which is at any await, the process may be stopped or killed. A post from any thread but the
/// run's would make the run impossible to replay: it is remembered, and fails the run.
/// </remarks>
internal sealed class SimContext(SimProcess process) : LoopContext
{
    /// <summary>More steps than this at one instant: the product is in a circle.</summary>
    private const int Circle = 50_000;

    private bool _isDraining;
    private bool _isDue;

    /// <summary>Steps so far.</summary>
    public long Steps { get; private set; }

    /// <summary>Called between any two steps; may stop or kill the process.</summary>
    public Action? BetweenSteps { get; set; }

    /// <summary>Set when something was posted from a foreign thread.</summary>
    public volatile string? ForeignPost;

    public override void Post(SendOrPostCallback d, object? state)
    {
        base.Post(d, state);
        if (Environment.CurrentManagedThreadId != process.Host.World.Thread)
        {
            ForeignPost ??= Environment.StackTrace;
            return;
        }

        if (!_isDraining && !_isDue)
        {
            _isDue = true;
            process.After(TimeSpan.FromTicks(20), Drain); // two microseconds: what a thread needs to be woken
        }
    }

    /// <summary>Runs <paramref name="first"/> as a step of its own.</summary>
    public void Begin(Action first) => Post(static state => ((Action)state!)(), first);

    private void Drain()
    {
        _isDue = false;
        _isDraining = true;
        var before = Current;
        var steps = 0;
        SetSynchronizationContext(this);
        try
        {
            while (!process.IsDead)
            {
                if (process.IsFrozen)
                {
                    // What is left is taken up when the process goes on.
                    _isDue = true;
                    process.Deliver(Drain);
                    return;
                }

                if (ForeignPost is { } stack)
                {
                    throw new InvalidOperationException($"something was posted to the pump of {process} from a foreign thread: {stack}");
                }

                if (!RunOne())
                {
                    return;
                }

                Steps++;
                if (++steps > Circle)
                {
                    throw new InvalidOperationException($"{process} made {Circle} steps at one instant: it goes round in a circle");
                }

                BetweenSteps?.Invoke();
            }
        }
        finally
        {
            SetSynchronizationContext(before);
            _isDraining = false;
        }
    }
}
