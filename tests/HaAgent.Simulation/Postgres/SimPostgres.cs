using System.Collections.Immutable;
using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;
using HaAgent.Simulation.Kernel;

namespace HaAgent.Simulation.Postgres;

/// <summary>The port of one agent process to the simulated server of its host: what the product's own one would show and do.</summary>
internal sealed class SimPostgres : IPostgresServer
{
    private static readonly TimeSpan CommandWithin = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ApplyWithin = TimeSpan.FromSeconds(5);

    private readonly AgentSide _side;
    private readonly SimBoard _board = new();
    private readonly SimObserver _observer;
    private readonly SqlWork _sql;
    private readonly SimStart _start;
    private readonly SimCreation _creation;
    private readonly SimRejoin _rejoin;

    /// <summary>Ends the tools that a dead agent has left, adopts a server that runs, and has looked once.</summary>
    public SimPostgres(SimServer server, SimProcess agent, TimeProvider clock)
    {
        if (server.Tool is { Process.Name: not Rewinding.SingleUser } orphan)
        {
            server.Write($"{orphan.Process.Name}, which an agent has left, is ended");
            server.World.Count("orphaned tool ended");
            server.EndTools();
        }

        _side = new(server, agent, clock);
        _observer = new(_side, _board);
        _sql = new(_side);
        _start = new(_side, _observer, _sql);
        _creation = new(_side, _sql);
        _rejoin = new(_side, _board, _sql, _creation);
        _observer.LookAtFirst();
    }

    public PostgresReading Latest => _board.Latest;

    public event Action? Changed
    {
        add => _board.Changed += value;
        remove => _board.Changed -= value;
    }

    /// <summary>Called with the effect's name between the last look at the clock and an effect that could make it writable.</summary>
    /// <remarks>It may freeze the agent, then the effect comes at its thaw, or kill it, then it never comes.</remarks>
    public Action<string>? BeforeEffect
    {
        get => _start.BeforeEffect;
        set => _start.BeforeEffect = value;
    }

    public void ProbeSoon() => _observer.LookSoon();

    public Task<PostgresReading> ProbeAsync(Instant notAfter, CancellationToken stop) => _observer.BallotAsync(notAfter, stop);

    public Task<StepResult> InitializeAsync(CancellationToken stop) => StepAsync(() => _creation.InitializeAsync(stop));

    public Task<StepResult> FinishInitializeAsync(CancellationToken stop) => StepAsync(() => _creation.FinishInitializeAsync(stop));

    public Task<StartResult> StartAsync(StartPlan plan, Instant notAfter, TimeSpan timeout, CancellationToken stop) =>
        SeenAsync(_start.RunAsync(plan, notAfter, timeout, stop));

    public bool Signal(StopMode mode) => _side.Process is ServerProcess.Running && _side.Server.Signal(mode, "agent");

    public void Kill()
    {
        _side.CountKill();
        _side.Server.KillEverything();
    }

    public Task<bool> WaitForExitAsync(Instant notAfter, CancellationToken stop) =>
        _side.UntilAsync(() => _side.Process is ServerProcess.Running ? null : true, notAfter, stop);

    public async Task<bool> WaitForNoClientBackendsAsync(Instant notAfter, CancellationToken stop)
    {
        await _side.Hop().ConfigureAwait(false);
        return await _side.UntilAsync(() => _side.Server.HasClientBackends ? null : true, notAfter, stop).ConfigureAwait(false);
    }

    public async Task<bool> WaitForControlStateAsync(
        ImmutableArray<ControlState> states, Instant notAfter, CancellationToken stop)
    {
        await _side.Hop().ConfigureAwait(false);
        return await _side.UntilAsync(Look, notAfter, stop).ConfigureAwait(false);

        bool? Look()
        {
            if (_side.Server.Faults.DiskHangs)
            {
                return null;
            }

            var directory = _side.Directory;
            return directory.Content == DirectoryContent.Initialized && states.Contains(directory.State) ? true
                : _side.Process is ServerProcess.Running ? null
                : false;
        }
    }

    public async Task<string> WhatKeepsAStopAsync(Instant notAfter, CancellationToken stop)
    {
        await _side.Hop().ConfigureAwait(false);
        if (_side.Server.Faults.DiskHangs)
        {
            await _side.UntilAsync(() => _side.Server.Faults.DiskHangs ? null : true, notAfter, stop).ConfigureAwait(false);
        }

        return _side.Server.Faults.DiskHangs
            ? "the disk of the data directory, which does not answer"
            : _side.Held?.Stop.WaitsFor ?? "its last processes to end";
    }

    public async Task<ControlFacts?> ReadControlAsync(CancellationToken stop)
    {
        await _side.Hop().ConfigureAwait(false);
        return await _rejoin.ReadControlAsync().ConfigureAwait(false);
    }

    public Task<StepResult> PromoteAsync(Instant notAfter, CancellationToken stop) => StepAsync(async () =>
    {
        const string TooLate = "the time to promote had passed";
        var server = _side.Server;
        if (_side.Process is not ServerProcess.Running)
        {
            return "PostgreSQL is not running";
        }

        await _side.Disk().ConfigureAwait(false);
        if (_side.Directory.State != ControlState.InArchiveRecovery)
        {
            return $"the server is not a standby: its control file says {_side.Directory.State}";
        }

        stop.ThrowIfCancellationRequested();
        var kills = _side.Kills;
        if (_side.HasPassed(notAfter))
        {
            return TooLate;
        }

        BeforeEffect?.Invoke("promote");
        await _side.Here().ConfigureAwait(false);
        server.WritePromoteFile("agent");
        if (_side.HasPassed(notAfter) || _side.Kills != kills)
        {
            _side.Directory.HasPromoteFile = false;
            return TooLate;
        }

        BeforeEffect?.Invoke("signal the promotion");
        await _side.Here().ConfigureAwait(false);
        return server.SignalPromotion() ? null : "the server ended";
    });

    public Task<StepResult> CheckpointAsync(TimeSpan timeout, CancellationToken stop) =>
        StepAsync(() => _sql.LocalAsync(timeout, (run, done) => run.Checkpoint(done), stop));

    public Task<StepResult> CloneAsync(Upstream source, CancellationToken stop) => StepAsync(() => _creation.CloneAsync(source, stop));

    public Task<DivergenceFacts> CompareAsync(Upstream leader, CancellationToken stop) => _rejoin.CompareAsync(leader, stop);

    public Task<RewindResult> RewindAsync(Upstream leader, CancellationToken stop) => SeenAsync(_rejoin.RewindAsync(leader, stop));

    public Task<StepResult> DiscardDataDirectoryAsync(DiscardReason reason, CancellationToken stop) =>
        StepAsync(() => _creation.DiscardAsync(reason));

    public Task<ApplyResult> ApplyAsync(ApplyPlan plan, CancellationToken stop) => SeenAsync(ApplyNowAsync(plan, stop));

    public Task<StepResult> ChangeSlotsAsync(ImmutableArray<SlotChange> changes, CancellationToken stop) => StepAsync(async () =>
    {
        var problems = "";
        var failed = await _sql.LocalAsync(CommandWithin, (run, done) =>
        {
            foreach (var change in changes)
            {
                problems += run.Senders.Change(change) is { } problem ? $"{change.Name}: {problem}; " : "";
            }

            done();
        }, stop).ConfigureAwait(false);
        return failed ?? (problems.Length > 0 ? problems : null);
    });

    public Task<StepResult> ResumeReplayAsync(CancellationToken stop) => StepAsync(() =>
        _sql.LocalAsync(CommandWithin, (run, done) =>
        {
            run.Receiver.Resume();
            done();
        }, stop));

    public Task<HistoryFile?> ReadHistoryAsync(Timeline timeline, CancellationToken stop) => _rejoin.ReadHistoryAsync(timeline);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async Task<ApplyResult> ApplyNowAsync(ApplyPlan plan, CancellationToken stop)
    {
        await _side.Hop().ConfigureAwait(false);
        await _side.Disk().ConfigureAwait(false);
        if (_side.Server.Faults.DiskIsFull)
        {
            return new(false, false, [], "No space left on device");
        }

        var changed = SimStart.WriteFiles(_side.Server, plan.IsPrimary, plan.Follow);
        _side.Directory.HasStandbySignal |= !plan.IsPrimary;
        if (_side.Process is not ServerProcess.Running)
        {
            return new(true, false, [], "");
        }

        var owed = changed || plan.Force;
        try
        {
            var problem = plan.Starting ? null : await _sql.LocalAsync(ApplyWithin, (_, done) => done(), stop).ConfigureAwait(false);
            if (problem is not null)
            {
                return new(false, false, [], problem);
            }

            if (!owed)
            {
                return new(true, false, [], "");
            }

            owed = false;
            _side.Server.Reload(changed);
            await _side.Milliseconds(5, 40).ConfigureAwait(false);
            return new(true, true, [], "");
        }
        finally
        {
            if (owed)
            {
                _side.Server.Reload(changed); // the next call will find nothing to change
            }
        }
    }

    /// <summary>Off the caller's pump, and timed.</summary>
    private async Task<StepResult> StepAsync(Func<Task<string?>> body)
    {
        await _side.Hop().ConfigureAwait(false);
        var began = _side.Now;
        try
        {
            var problem = await body().ConfigureAwait(false);
            var took = _side.Now - began;
            return problem is null ? StepResult.Ok(took) : StepResult.Failed(problem, took);
        }
        finally
        {
            _observer.LookAgain();
        }
    }

    private async Task<T> SeenAsync<T>(Task<T> job)
    {
        try
        {
            return await job.ConfigureAwait(false);
        }
        finally
        {
            _observer.LookAgain();
        }
    }
}
