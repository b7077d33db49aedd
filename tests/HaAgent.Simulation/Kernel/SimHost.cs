namespace HaAgent.Simulation.Kernel;

/// <summary>A machine: a name on the network, a clock that runs a little fast or slow, and processes.</summary>
/// <param name="rate">Seconds of its clock per second of the run; within a thousandth of one.</param>
internal sealed class SimHost(SimWorld world, string name, double rate = 1)
{
    private readonly List<SimProcess> _processes = [];
    private readonly TimeSpan _upFor = TimeSpan.FromHours(1) + world.Stream($"boot of {name}").Seconds(0, 100_000);

    public SimWorld World { get; } = world;
    public string Name { get; } = name;
    public double Rate { get; } = rate;

    /// <summary>Stopped as a whole, as by its hypervisor. Its clock goes on.</summary>
    public bool IsFrozen { get; private set; }

    /// <summary>When it was last thawed; null: never.</summary>
    public TimeSpan? ThawedAt { get; private set; }

    /// <summary>By how much its wall clock is wrong.</summary>
    public TimeSpan WallOffset { get; set; }

    /// <summary>CLOCK_BOOTTIME, in ticks of 100 ns. Says nothing on another host.</summary>
    public long Boottime => _upFor.Ticks + (long)(World.Time.Now.Ticks * Rate);

    public IReadOnlyList<SimProcess> Processes => _processes;

    /// <summary>A span of this host's clock as one of the run's.</summary>
    public TimeSpan ToRun(TimeSpan own) => own / Rate;

    public SimProcess Start(string process)
    {
        var started = new SimProcess(this, process);
        _processes.RemoveAll(old => old.IsDead);
        _processes.Add(started);
        return started;
    }

    public void Freeze() => IsFrozen = true;

    public void Thaw()
    {
        if (!IsFrozen)
        {
            return;
        }

        IsFrozen = false;
        ThawedAt = World.Time.Now;
        foreach (var process in _processes.ToArray())
        {
            process.ReleaseHeld();
        }
    }

    public override string ToString() => Name;
}
