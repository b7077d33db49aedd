using HaAgent.Guard;
using HaAgent.Simulation.Kernel;

namespace HaAgent.Simulation.Guarding;

/// <summary>What the guard can do to a server: find its processes and end them.</summary>
internal interface IGuarded
{
    /// <summary>Anything of the server lives, the postmaster or a backend of it.</summary>
    bool AnyProcess { get; }

    /// <summary>SIGQUIT to the postmaster.</summary>
    void Quit();

    /// <summary>SIGKILL to all of them.</summary>
    void KillEverything();
}

/// <summary>The word of one data directory, and the guard's process that watches it. It outlives agents, not the boot.</summary>
/// <remarks>
/// The word's rules are the product's (<see cref="WordRules"/>). The guard looks when the deadline comes and each quarter
/// of a second where it matters; what the product does by /proc and signals is asked of <see cref="IGuarded"/>.
/// </remarks>
internal sealed class SimGuard(SimHost host, IGuarded server)
{
    private const int NanosecondsPerTick = 100;

    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan FiredLookEvery = TimeSpan.FromMilliseconds(100);

    /// <summary>So long without an agent, disarmed, a guard goes.</summary>
    private static readonly TimeSpan Alone = TimeSpan.FromSeconds(1);

    /// <summary>A machine may take so long to run the guard when its timer has rung.</summary>
    private static readonly TimeSpan LongestWake = TimeSpan.FromMilliseconds(30);

    private readonly Chance _chance = host.World.Stream($"guard {host}");
    private long _word;
    private Scheduled? _next;
    private bool _quit;

    /// <summary>Null while none runs.</summary>
    public SimProcess? Process { get; private set; }

    /// <summary>The agent that keeps the word.</summary>
    public SimProcess? Agent { get; set; }

    public WordState State => WordRules.StateOf(_word);

    /// <summary>In ticks of the host's clock; null unless armed.</summary>
    public long? Deadline => State == WordState.Armed ? _word / NanosecondsPerTick : null;

    /// <summary>The last deadline that was ever set, in ticks of the host's clock.</summary>
    public long LastDeadline { get; private set; }

    /// <summary>
    /// The end of the lease that it was reckoned from, in the same ticks. An agent that found a server running knows no lease, but the
    /// deadline of its predecessor, which has the margin before it.
    /// </summary>
    public long LastLeaseEnd { get; private set; }

    /// <summary>From the deadline to the lease's end.</summary>
    public TimeSpan Margin { get; private set; }

    /// <summary>Nothing of the server is left.</summary>
    public bool ServerIsGone => !server.AnyProcess;

    /// <summary>When a deadline was last set, by the run's time: with each confirmed renewal of a primary.</summary>
    public TimeSpan LastSetAt { get; private set; }

    /// <summary>Raised when a deadline was set: the end of the lease behind it in ticks of the host's clock, and its id.</summary>
    public event Action<long, long>? DeadlineSet;

    /// <summary>Raised when an agent has written the word: what it said, and what it says.</summary>
    public event Action<WordState, WordState>? Written;

    /// <summary>Raised when the guard's process ended.</summary>
    public event Action? Ended;

    /// <summary>Raised when it has fired, before the first signal.</summary>
    public event Action? Fired;

    public void Start()
    {
        Process?.Kill();
        var process = host.Start("guard");
        Process = process;
        process.Died += () =>
        {
            if (Process == process)
            {
                Process = null;
                Ended?.Invoke();
            }
        };
        Schedule(TimeSpan.Zero);
    }

    /// <param name="leaseEndTicks">What the deadline was reckoned from.</param>
    public bool TryArm(long deadlineTicks, TimeSpan margin, long leaseEndTicks, long leaseId)
    {
        Interrupt();
        var was = State;
        var isEarlier = Deadline is not { } before || deadlineTicks < before;
        if (!WordRules.TrySet(ref _word, Math.Max(1, deadlineTicks * NanosecondsPerTick)))
        {
            return false;
        }

        Margin = margin;
        LastDeadline = deadlineTicks;
        LastLeaseEnd = leaseId != 0 ? leaseEndTicks : Math.Max(LastLeaseEnd, deadlineTicks + margin.Ticks);
        LastSetAt = host.World.Time.Now;
        Written?.Invoke(was, State);
        DeadlineSet?.Invoke(leaseEndTicks, leaseId);
        if (isEarlier || _next is not { IsPending: true })
        {
            Schedule(TimeSpan.Zero);
        }

        return true;
    }

    public bool TryDisarm()
    {
        Interrupt();
        var was = State;
        var done = WordRules.TrySet(ref _word, WordRules.Disarmed);
        if (done)
        {
            Written?.Invoke(was, State);
        }

        return done;
    }

    public void Reset() => WordRules.Reset(ref _word);

    /// <summary>The machine went down: the word with it.</summary>
    public void Reboot()
    {
        _word = WordRules.Disarmed;
        LastDeadline = LastLeaseEnd = 0;
        _quit = false;
        Process?.Kill();
    }

    /// <summary>The agent is about to write, and may have decided so before the guard, whose time has come, runs.</summary>
    private void Interrupt()
    {
        if (Deadline is { } deadline && deadline <= host.Boottime && Process is { IsFrozen: false } && _chance.Happens(0.5))
        {
            Look();
        }
    }

    private void Schedule(TimeSpan after)
    {
        _next?.Cancel();
        _next = Process?.After(host.ToRun(after), Look);
    }

    private void Look()
    {
        switch (State)
        {
            case WordState.Armed:
                Armed();
                break;
            case WordState.Fired:
                End();
                break;
            default:
                _quit = false;
                GoUnless(() => State != WordState.Disarmed);
                break;
        }
    }

    private void Armed()
    {
        var left = TimeSpan.FromTicks((_word / NanosecondsPerTick) - host.Boottime);
        if (left > TimeSpan.Zero)
        {
            Schedule(left + TimeSpan.FromTicks(1) + _chance.Between(TimeSpan.Zero, LongestWake));
            return;
        }

        if (!WordRules.TryFire(ref _word, _word))
        {
            Schedule(TimeSpan.Zero);
            return;
        }

        host.World.Journal.Write($"guard {host}", $"fired, {-left.TotalMilliseconds:0} ms after the deadline");
        host.World.Count("guard fired");
        _quit = false;
        Fired?.Invoke();
        End();
    }

    private void End()
    {
        if (server.AnyProcess)
        {
            if (!_quit)
            {
                _quit = true;
                server.Quit();
                Schedule(host.Boottime - LastDeadline >= Margin.Ticks ? TimeSpan.Zero : Margin / 4);
                return;
            }

            server.KillEverything();
        }
        else
        {
            _quit = false;
            GoUnless(() => server.AnyProcess);
        }

        Schedule(Agent is { IsDead: false } ? FiredLookEvery : LookEvery);
    }

    /// <summary>
    /// Without an agent it ends, if there is still nothing to do after a while, and leaves no firing behind. With one it waits to be
    /// woken.
    /// </summary>
    private void GoUnless(Func<bool> isNeeded)
    {
        if (Agent is { IsDead: false })
        {
            return;
        }

        Process?.After(Alone, () =>
        {
            if (!isNeeded() && Agent is not { IsDead: false })
            {
                Reset();
                Process?.Kill();
            }
        });
    }
}
