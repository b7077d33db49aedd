using System.Collections.Concurrent;
using System.Diagnostics;
using HaAgent.Simulation.Checkers;

namespace HaAgent.Simulation.Running;

/// <param name="Hash">Of the journal: the same for the same seed.</param>
/// <param name="Events">That happened in virtual time.</param>
internal sealed record Outcome(ulong Seed, ulong Hash, long Events, TimeSpan Simulated, IReadOnlyList<Violation> Violations)
{
    /// <summary>Runs one history.</summary>
    public static (Outcome Outcome, History History) Of(ulong seed, Action<History>? prepare = null)
    {
        var history = new History(seed);
        prepare?.Invoke(history);
        try
        {
            history.Run();
        }
        catch (Exception broken) // a fault of the simulator, or of product code under it: it belongs to its seed
        {
            history.Cluster.Violations.Add("code", broken.ToString());
        }

        var world = history.World;
        return (new(seed, world.Journal.Hash, world.Time.Happened, world.Time.Now, history.Violations), history);
    }
}

/// <summary>Many histories, on as many threads as asked for; each of them on one.</summary>
internal sealed class Campaign
{
    private readonly SortedDictionary<string, long> _coverage = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<Outcome> _failed = new();
    private long _next;
    private long _events;
    private long _done;
    private long _simulatedTicks;

    /// <summary>Sums over all histories.</summary>
    public IReadOnlyDictionary<string, long> Coverage => _coverage;

    public IReadOnlyCollection<Outcome> Failed => _failed;
    public long Done => _done;
    public long Events => _events;
    public TimeSpan Simulated => new(_simulatedTicks);
    public TimeSpan Took { get; private set; }

    /// <param name="stopAtFirst">Do not go on once a history has failed.</param>
    /// <param name="laws">Only violations of these count; null: of any.</param>
    public void Run(ulong from, long count, int threads, bool stopAtFirst, IReadOnlyCollection<string>? laws = null)
    {
        var watch = Stopwatch.StartNew();
        _next = -1;
        var workers = Enumerable.Range(0, threads).Select(_ => new Thread(() => Work(from, count, stopAtFirst, laws), 16 << 20)).ToArray();
        foreach (var worker in workers)
        {
            worker.Start();
        }

        foreach (var worker in workers)
        {
            worker.Join();
        }

        Took = watch.Elapsed;
    }

    private void Work(ulong from, long count, bool stopAtFirst, IReadOnlyCollection<string>? laws)
    {
        while (Interlocked.Increment(ref _next) is var i && i < count && !(stopAtFirst && !_failed.IsEmpty))
        {
            var (outcome, history) = Outcome.Of(from + (ulong)i);
            lock (_coverage)
            {
                foreach (var (what, times) in history.World.Coverage)
                {
                    _coverage[what] = _coverage.GetValueOrDefault(what) + times;
                }

                _done++;
                _events += outcome.Events;
                _simulatedTicks += outcome.Simulated.Ticks;
            }

            if (outcome.Violations.Any(violation => laws?.Contains(violation.Law) ?? true))
            {
                _failed.Enqueue(outcome);
            }
        }
    }
}
