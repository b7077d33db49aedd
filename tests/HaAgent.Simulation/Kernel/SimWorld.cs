namespace HaAgent.Simulation.Kernel;

/// <summary>One run: its time, its chance, its network, its journal.</summary>
internal sealed class SimWorld
{
    public SimWorld(ulong seed)
    {
        Seed = seed;
        Network = new(Time, Stream("network"));
        Journal = new(this);
    }

    public ulong Seed { get; }
    public VirtualTime Time { get; } = new();
    public SimNetwork Network { get; }
    public Journal Journal { get; }

    /// <summary>How often each thing happened that a run is to cover, by name.</summary>
    public SortedDictionary<string, int> Coverage { get; } = new(StringComparer.Ordinal);

    /// <summary>The thread of this run: nothing may be posted from another.</summary>
    public int Thread { get; } = Environment.CurrentManagedThreadId;

    /// <summary>A source of chance of its own for whoever asks by this name.</summary>
    public Chance Stream(string name) => Chance.Of(Seed, name);

    public void Count(string what) => Coverage[what] = Coverage.GetValueOrDefault(what) + 1;
}
