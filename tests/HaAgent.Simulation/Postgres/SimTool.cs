using HaAgent.Simulation.Kernel;

namespace HaAgent.Simulation.Postgres;

/// <summary>A program that works on a data directory; a child of an agent, which it may outlive.</summary>
/// <remarks>It ends by <paramref name="ended"/>, with what it complains of or null; killed, it says nothing.</remarks>
internal sealed class SimTool
{
    private readonly SimServer _target;
    private readonly Action<string?> _ended;

    public SimTool(SimServer target, string name, Action<string?> ended)
    {
        _target = target;
        _ended = ended;
        if (target.Tool is { } other)
        {
            target.Write($"{name} begins beside {other.Process.Name}");
            target.World.Count("two tools at once");
            other.Process.Kill();
        }

        Process = target.Host.Start(name);
        target.Tool = this;
    }

    public SimProcess Process { get; }

    public void End(string? complaint)
    {
        if (Process.IsDead)
        {
            return;
        }

        Process.Kill();
        if (_target.Tool == this)
        {
            _target.Tool = null;
        }

        _ended(complaint);
    }
}

/// <summary>Looks after another server while something is copied from it.</summary>
internal sealed class SourceWatch(SimServer target, SimServer source, SimTool tool)
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(250);

    /// <summary>So long a connection outlives a network that is cut.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly ServerRun? _run = source.Run;
    private readonly int _generation = source.Run?.Commits.Generation ?? -1;
    private readonly bool _wasInRecovery = source.Run?.IsInRecovery ?? false;
    private TimeSpan _silent;

    /// <summary>Calls back when the time of work is over; time in which the source stood still does not count.</summary>
    public void Work(TimeSpan left, Action<string?> done)
    {
        var step = left < LookEvery ? left : LookEvery;
        tool.Process.After(step, () =>
        {
            if (_run is null || source.Run != _run || _run.Commits.Generation != _generation || _run.IsInRecovery != _wasInRecovery)
            {
                done("the source has gone");
            }
            else if (!target.World.Network.ReachBoth(target.Host.Name, source.Host.Name) || _run.Backends.IsFrozen)
            {
                _silent += step;
                if (_silent >= Patience)
                {
                    done("the connection to the source is lost");
                }
                else
                {
                    Work(left, done);
                }
            }
            else if (left > step)
            {
                _silent = TimeSpan.Zero;
                Work(left - step, done);
            }
            else
            {
                done(null);
            }
        });
    }
}
