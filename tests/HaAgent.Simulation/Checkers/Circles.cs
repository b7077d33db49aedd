using System.Collections.Immutable;
using HaAgent.Simulation.Cluster;

namespace HaAgent.Simulation.Checkers;

/// <summary>No node does the same thing again and again without a pause: a disk, a store and a leader's server pay for it.</summary>
/// <remarks>
/// A loop whose every round waits for an answer makes few events: what is counted is what an agent begins, not what happens. The
/// bounds are about twice what the busiest histories need.
/// </remarks>
internal sealed class Circles(SimCluster cluster)
{
    private const int JobStarted = 2030;
    private const int UpkeepFailed = 2040;
    private const int Turn = 0;

    private static readonly TimeSpan Window = TimeSpan.FromSeconds(3);

    /// <summary>What one node may do within <see cref="Window"/> at the most. A loop that finds something due sleeps for 5 ms.</summary>
    private static readonly ImmutableDictionary<int, (int Most, string What)> Bounds = ImmutableDictionary.CreateRange<int, (int, string)>(
    [
        new(JobStarted, (60, "jobs")),
        new(UpkeepFailed, (60, "failures of upkeep")),
        new(Turn, (1200, "turns")),
    ]);

    private readonly Dictionary<(string Node, int Id), Queue<TimeSpan>> _recent = [];

    /// <summary>A turn of its loop, whatever was decided.</summary>
    public void Turned(SimNode node) => Happened(node.Name, Turn);

    /// <param name="id">Of the product's log.</param>
    public void Happened(string node, int id)
    {
        if (!Bounds.TryGetValue(id, out var bound))
        {
            return;
        }

        if (!_recent.TryGetValue((node, id), out var recent))
        {
            _recent.Add((node, id), recent = new());
        }

        var now = cluster.World.Time.Now;
        recent.Enqueue(now);
        while (now - recent.Peek() > Window)
        {
            recent.Dequeue();
        }

        if (recent.Count > bound.Most)
        {
            cluster.Violations.Add("rules", $"{node}: {recent.Count} {bound.What} within {Window.TotalSeconds:0} s: it goes round in a circle");
            recent.Clear();
        }
    }
}
