using System.Collections.Immutable;

namespace HaAgent.Core.Model;

/// <summary>How often something was how late. Immutable: adding gives a new one, so any thread may read it.</summary>
public sealed class DelayHistogram
{
    /// <summary>Upper bounds of the classes, ascending, each inclusive; above the last is one more class without a bound.</summary>
    public static readonly ImmutableArray<TimeSpan> Bounds =
    [
        TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(2.5), TimeSpan.FromMilliseconds(5),
        TimeSpan.FromMilliseconds(10), TimeSpan.FromMilliseconds(25), TimeSpan.FromMilliseconds(50),
        TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(250), TimeSpan.FromMilliseconds(500),
        TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5),
    ];

    public static readonly DelayHistogram Empty = new([.. new long[Bounds.Length + 1]], TimeSpan.Zero, TimeSpan.Zero);

    private readonly ImmutableArray<long> _counts;

    private DelayHistogram(ImmutableArray<long> counts, TimeSpan sum, TimeSpan worst) =>
        (_counts, Sum, Worst) = (counts, sum, worst);

    /// <summary>All delays together.</summary>
    public TimeSpan Sum { get; }

    /// <summary>The longest delay; zero while there is none.</summary>
    public TimeSpan Worst { get; }

    public long Count => _counts.Sum();

    /// <summary>How many were at most as late as the bound of that index.</summary>
    /// <param name="bound">An index into <see cref="Bounds"/>.</param>
    public long CountUpTo(int bound) => _counts.Take(bound + 1).Sum();

    /// <param name="delay">A negative one was early, and counts as none.</param>
    public DelayHistogram With(TimeSpan delay)
    {
        var late = delay > TimeSpan.Zero ? delay : TimeSpan.Zero;
        var place = 0;
        while (place < Bounds.Length && late > Bounds[place])
        {
            place++;
        }

        return new(_counts.SetItem(place, _counts[place] + 1), Sum + late, late > Worst ? late : Worst);
    }
}
