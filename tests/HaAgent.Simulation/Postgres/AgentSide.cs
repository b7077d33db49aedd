using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;
using HaAgent.Simulation.Kernel;

namespace HaAgent.Simulation.Postgres;

/// <summary>What the port of one agent process has of its process: time, threads of its own, and an eye on the server.</summary>
/// <remarks>
/// Whatever is awaited here is completed by an event of the run that was delivered to the process, outside of its pump: a
/// frozen agent goes on when it is thawed, a dead one never. Every await says <c>ConfigureAwait(false)</c>, so that the
/// rest runs right there, as it does on a thread of the pool; and no task has two who await it, for then it would not.
/// </remarks>
internal sealed class AgentSide
{
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    private readonly List<TaskCompletionSource> _waiting = [];
    private ServerRun? _held;
    private SimTool? _single;
    private bool _newsDue;

    public AgentSide(SimServer server, SimProcess process, TimeProvider clock)
    {
        Server = server;
        Agent = process;
        Clock = clock;
        Chance = process.Host.World.Stream($"port {server.Name} {process.Host.World.Time.Now.Ticks}");
        server.Changed += OnServerChanged;
        process.Died += () => server.Changed -= OnServerChanged;
    }

    public SimServer Server { get; }
    public SimProcess Agent { get; }
    public TimeProvider Clock { get; }
    public Chance Chance { get; }

    /// <summary>The postmaster as this agent knows it.</summary>
    public ServerProcess Process { get; private set; } = new ServerProcess.None();

    /// <summary>Its life, while it is known to run.</summary>
    public ServerRun? Held => _held;

    public int Kills { get; private set; }

    /// <summary>The process came or went.</summary>
    public event Action? ProcessChanged;

    public Instant Now => Instant.Now(Clock);

    /// <summary>The product's last look at the clock before an effect, and a look at whether it looked.</summary>
    public bool HasPassed(Instant notAfter)
    {
        var hasPassed = LastMoment.HasPassed(Clock, notAfter);
        if (!hasPassed && Now > notAfter)
        {
            Server.History.NoteTooLate(Server);
        }

        return hasPassed;
    }

    public SimDirectory Directory => Server.Directory;

    /// <summary>Off the pump, onto a thread of the pool.</summary>
    public Task Hop() => Pause(TimeSpan.FromTicks(100));

    /// <param name="own">By the host's clock.</param>
    public Task Pause(TimeSpan own)
    {
        var over = new TaskCompletionSource();
        Agent.After(Agent.Host.ToRun(own), () => Complete(over));
        return over.Task;
    }

    public Task Milliseconds(double from, double to) => Pause(Chance.Milliseconds(from, to));

    /// <summary>At once; when the process stands still, at its thaw; when it is dead, never.</summary>
    public Task Here()
    {
        if (!Agent.IsFrozen && !Agent.IsDead)
        {
            return Task.CompletedTask;
        }

        var thawed = new TaskCompletionSource();
        Agent.Deliver(() => Complete(thawed));
        return thawed.Task;
    }

    /// <summary>A hanging disk holds up whoever touches it.</summary>
    public Task Disk()
    {
        if (!Server.Faults.DiskHangs)
        {
            return Task.CompletedTask;
        }

        var answered = new TaskCompletionSource();
        Server.WhenDiskAnswers(() => Agent.After(TimeSpan.Zero, () => Complete(answered)));
        return answered.Task;
    }

    /// <summary>Looks again at each piece of news of the server, until it is decided or too late.</summary>
    /// <param name="look">Null: not decided.</param>
    /// <returns>What was decided; false at the limit.</returns>
    public async Task<bool> UntilAsync(Func<bool?> look, Instant notAfter, CancellationToken stop)
    {
        while (true)
        {
            if (look() is { } decided)
            {
                return decided;
            }

            var left = notAfter == Instant.Never ? Longest : notAfter - Now;
            if (left <= TimeSpan.Zero)
            {
                return false;
            }

            await News(left < Longest ? left : Longest, stop).ConfigureAwait(false);
        }
    }

    /// <summary>Until a pause is over, or the job is called off.</summary>
    public async Task PauseAsync(TimeSpan own, CancellationToken stop) =>
        await UntilAsync(() => null, Now + own, stop).ConfigureAwait(false);

    /// <summary>Takes a running postmaster for the server, if it knows of none.</summary>
    public void Adopt()
    {
        if (_held is null && _single is null)
        {
            if (Server.Run is { Postmaster.IsDead: false } run)
            {
                Hold(run);
            }
            else if (Server.Tool is { Process: { IsDead: false, Name: Rewinding.SingleUser } } single)
            {
                _single = single;
                Process = new ServerProcess.SingleUser(1);
                single.Process.Died += () => Agent.After(TimeSpan.FromTicks(500), () => LetGo(single));
                ProcessChanged?.Invoke();
            }
        }
    }

    public void CountKill() => Kills++;

    private void Hold(ServerRun run)
    {
        _held = run;
        Process = new ServerProcess.Running(run.Pid, Now);
        run.Postmaster.Died += () => Agent.After(TimeSpan.FromTicks(500), () => EndOrphans(run));
        ProcessChanged?.Invoke();
    }

    /// <summary>What a dead postmaster has left is killed; the server has ended when all of it has.</summary>
    private void EndOrphans(ServerRun run)
    {
        if (run.IsAlive)
        {
            if (!Server.Faults.DiskHangs)
            {
                run.Backends.Kill();
            }

            Agent.After(TimeSpan.FromMilliseconds(5), () => EndOrphans(run));
            return;
        }

        LetGo(run);
    }

    private void LetGo(ServerRun run)
    {
        if (_held == run)
        {
            _held = null;
            Process = new ServerProcess.None(Now);
            ProcessChanged?.Invoke();
            Wake();
        }
    }

    private void LetGo(SimTool single)
    {
        if (_single == single)
        {
            _single = null;
            Process = new ServerProcess.None(Now);
            ProcessChanged?.Invoke();
            Wake();
        }
    }

    private async Task News(TimeSpan atMost, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        var news = new TaskCompletionSource();
        _waiting.Add(news);
        var limit = Agent.After(Agent.Host.ToRun(atMost) + TimeSpan.FromTicks(1), () => Complete(news));
        using var called = stop.CanBeCanceled
            ? stop.Register(() => Agent.After(TimeSpan.Zero, () => Complete(news)))
            : default;
        await news.Task.ConfigureAwait(false);
        limit.Cancel();
        _waiting.Remove(news);
        stop.ThrowIfCancellationRequested();
    }

    private void OnServerChanged()
    {
        if (!_newsDue)
        {
            _newsDue = true;
            Agent.After(TimeSpan.FromTicks(1000), () =>
            {
                _newsDue = false;
                Wake();
            });
        }
    }

    public void Wake()
    {
        foreach (var waiting in _waiting.ToArray())
        {
            Complete(waiting);
        }
    }

    /// <summary>As if outside of any pump: from within one, the rest would go to the thread pool.</summary>
    private static void Complete(TaskCompletionSource source)
    {
        var pump = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            source.TrySetResult();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(pump);
        }
    }
}
