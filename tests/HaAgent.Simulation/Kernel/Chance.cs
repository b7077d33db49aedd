namespace HaAgent.Simulation.Kernel;

/// <summary>A stream of chance: the same seed and name give the same values on every machine and every version of .NET.</summary>
/// <remarks>SplitMix64 (Steele, Lea, Flood, 2014). Each user has a stream of its own: what one draws moves nobody else's.</remarks>
internal sealed class Chance(ulong seed)
{
    private ulong _state = seed;

    /// <summary>A stream that depends on the seed and the name, not on what was drawn before.</summary>
    public static Chance Of(ulong seed, string name)
    {
        var hash = 14695981039346656037UL;
        foreach (var letter in name)
        {
            hash = (hash ^ letter) * 1099511628211UL;
        }

        return new(Mix(seed + 0x9E3779B97F4A7C15UL) ^ hash);
    }

    public ulong Next()
    {
        _state += 0x9E3779B97F4A7C15UL;
        return Mix(_state);
    }

    /// <summary>0 to <paramref name="below"/> - 1.</summary>
    public int Below(int below) => (int)(Next() % (ulong)below);

    /// <summary>0 to 1, without 1.</summary>
    public double Fraction() => (Next() >> 11) * (1.0 / (1UL << 53));

    public bool Happens(double probability) => Fraction() < probability;

    public TimeSpan Between(TimeSpan from, TimeSpan to) => from + ((to - from) * Fraction());

    public TimeSpan Milliseconds(double from, double to) =>
        Between(TimeSpan.FromMilliseconds(from), TimeSpan.FromMilliseconds(to));

    public TimeSpan Seconds(double from, double to) => Between(TimeSpan.FromSeconds(from), TimeSpan.FromSeconds(to));

    public T OneOf<T>(IReadOnlyList<T> of) => of[Below(of.Count)];

    public void Shuffle<T>(IList<T> list)
    {
        for (var i = list.Count - 1; i > 0; i--)
        {
            var j = Below(i + 1);
            (list[i], list[j]) = (list[j], list[i]);
        }
    }

    /// <summary>For product code that takes a <see cref="Random"/>. A seeded one keeps its algorithm for ever.</summary>
    public Random ToRandom() => new((int)(Next() & int.MaxValue));

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }
}
