using System.Collections.Frozen;
using HaAgent.Guard;
using HaAgent.Testing.Cluster;

namespace HaAgent.EndToEnd.Tests.GuardFigures;

/// <summary>Looks at the deadline words of some nodes all the time: does any say that it has fired, and how near did its deadline come?</summary>
/// <remarks>A word that has fired says so until its agent has seen that nothing runs and has given up its key: longer than a look.</remarks>
internal sealed class FiringWatch : IDisposable
{
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(5);

    private readonly FrozenDictionary<AgentProcess, Watched> _words;
    private readonly ManualResetEventSlim _stop = new();
    private readonly Thread _thread;

    /// <param name="nodes">Each has run, so its word is there.</param>
    public FiringWatch(IEnumerable<AgentProcess> nodes)
    {
        _words = nodes.ToFrozenDictionary(node => node, node => new Watched(DeadlineWord.Watch(FileOf(node))));
        _thread = new Thread(Look) { IsBackground = true, Name = "firing-watch" };
        _thread.Start();
    }

    public DeadlineWord Word(AgentProcess node) => _words[node].Word;

    /// <summary>How often the guard of this node has fired.</summary>
    public int Firings(AgentProcess node) => Volatile.Read(ref _words[node].Firings);

    /// <summary>The least time from a look to a deadline that was still ahead.</summary>
    public TimeSpan LeastLeft(AgentProcess node) => Boottime.Span(Volatile.Read(ref _words[node].LeastLeft));

    /// <summary>The lease as the agent armed it last; it must be armed.</summary>
    public Lease Lease(AgentProcess node)
    {
        var word = Word(node);
        var guardAt = word.Deadline ?? throw new InvalidOperationException($"The word of {node.Name} says {word.State}.");
        return new(guardAt, guardAt + word.Margin);
    }

    public void Dispose()
    {
        _stop.Set();
        _thread.Join();
        _stop.Dispose();
        foreach (var watched in _words.Values)
        {
            watched.Word.Dispose();
        }
    }

    private static string FileOf(AgentProcess node) =>
        Path.Combine(node.Configuration.RunFolder, $"deadline-{DataDirectoryKey.Of(node.DataDirectory)}");

    private void Look()
    {
        while (!_stop.Wait(BetweenLooks))
        {
            foreach (var watched in _words.Values)
            {
                watched.Look();
            }
        }
    }

    private sealed class Watched(DeadlineWord word)
    {
        private bool _fired;

        public int Firings;
        public long LeastLeft = long.MaxValue;

        public DeadlineWord Word => word;

        public void Look()
        {
            var fired = word.State == WordState.Fired;
            Firings += fired && !_fired ? 1 : 0;
            _fired = fired;
            if (word.Deadline is { } deadline)
            {
                LeastLeft = Math.Min(LeastLeft, deadline - Boottime.Now);
            }
        }
    }
}

/// <param name="GuardAt">The deadline, nanoseconds of CLOCK_BOOTTIME.</param>
/// <param name="End">Likewise: from here on the key may be another's.</param>
internal readonly record struct Lease(long GuardAt, long End);
