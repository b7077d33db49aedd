namespace HaAgent.Simulation.Kernel;

/// <summary>Something that runs on a host, can be stopped where it stands, and dies.</summary>
internal sealed class SimProcess(SimHost host, string name)
{
    /// <summary>What a machine needs at the most to run a process again that was stopped.</summary>
    private static readonly TimeSpan LongestWake = TimeSpan.FromMilliseconds(90);

    private readonly List<Action> _held = [];
    private readonly Chance _chance = host.World.Stream($"process {name} at {host.World.Time.Now.Ticks}");
    private bool _frozen;

    public SimHost Host { get; } = host;
    public string Name { get; } = name;
    public bool IsDead { get; private set; }

    /// <summary>By SIGSTOP, or with its host.</summary>
    public bool IsFrozen => _frozen || Host.IsFrozen;

    /// <summary>Raised once, at its end.</summary>
    public event Action? Died;

    /// <summary>Something reaches the process: now, when it is thawed, or never.</summary>
    public void Deliver(Action action)
    {
        if (IsDead)
        {
            return;
        }

        if (IsFrozen)
        {
            _held.Add(action);
        }
        else
        {
            action();
        }
    }

    /// <summary>Later, by the run's time, if it still lives then.</summary>
    public Scheduled After(TimeSpan delay, Action action) => Host.World.Time.After(delay, () => Deliver(action));

    public void Freeze() => _frozen = true;

    public void Thaw()
    {
        _frozen = false;
        ReleaseHeld();
    }

    public void Kill()
    {
        if (IsDead)
        {
            return;
        }

        IsDead = true;
        _held.Clear();
        Died?.Invoke();
    }

    /// <summary>What came meanwhile is found in no order that anybody promised.</summary>
    internal void ReleaseHeld()
    {
        if (IsFrozen || _held.Count == 0)
        {
            return;
        }

        var held = _held.ToArray();
        _held.Clear();
        _chance.Shuffle(held);
        var wake = _chance.Between(TimeSpan.Zero, LongestWake);
        foreach (var action in held)
        {
            Host.World.Time.After(wake, () => Deliver(action));
        }
    }

    public override string ToString() => $"{Name}@{Host}";
}
