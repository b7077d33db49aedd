using System.Collections.Immutable;
using System.Text.Json.Nodes;
using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;
using HaAgent.Guard;
using HaAgent.Postgres.Config;
using HaAgent.Postgres.Control;
using HaAgent.Postgres.Rejoin;
using Microsoft.Extensions.Logging;

namespace HaAgent.Postgres;

/// <summary>The PostgreSQL of this host. It composes; each part does one thing, and none decides anything.</summary>
/// <remarks>
/// Jobs run on the thread pool, so that a slow disk never holds up the caller. Disposing leaves the server running: it
/// is not ours to end, and the next agent adopts it.
/// </remarks>
public sealed class LocalPostgresServer : IPostgresServer
{
    private readonly ServerContext _context;
    private readonly Observer _observer;
    private readonly PostmasterStart _start;
    private readonly ConfigurationApply _apply;
    private readonly ServerWaits _waits;
    private readonly SqlCommands _commands;
    private readonly ClusterCreation _creation;
    private readonly PgBaseBackup _baseBackup;
    private readonly PgRewind _rewind;
    private readonly Divergence _divergence;
    private readonly DataDirectoryRemoval _removal;

    private LocalPostgresServer(ServerContext context)
    {
        _context = context;
        var knowledge = new ParameterKnowledge(context.Binary, context.DataDirectory);
        _observer = new(context);
        _start = new(context, _observer, knowledge);
        _apply = new(context, knowledge, _start);
        _waits = new(context);
        _commands = new(context);
        _removal = new(context);
        _creation = new(context, _removal);
        _baseBackup = new(context, _removal);
        _divergence = new(context);
        _rewind = new(context);
    }

    public PostgresReading Latest => _context.Board.Latest;

    public event Action? Changed
    {
        add => _context.Board.Changed += value;
        remove => _context.Board.Changed -= value;
    }

    /// <summary>What the configuration amounts to now.</summary>
    public PostgresEffectiveConfiguration Configuration => _context.Configuration;

    /// <summary>Opens it, and looks once: a server that runs already is adopted.</summary>
    /// <param name="dynamicConfig">The dynamic configuration known so far; empty if none.</param>
    public static async Task<LocalPostgresServer> OpenAsync(
        PostgresOptions options, JsonObject dynamicConfig, TimeProvider clock, ILogger log)
    {
        var server = new LocalPostgresServer(new(options, dynamicConfig, clock, log));
        foreach (var tool in await OrphanedTools.EndAsync(options.DataDirectory, clock).ConfigureAwait(false))
        {
            PgLog.OrphanEnded(log, tool);
        }

        server._context.Postmaster.AdoptByScan();
        await server._observer.LookAsync().ConfigureAwait(false);
        return server;
    }

    /// <summary>
    /// New configuration, local or dynamic. The next start or <see cref="ApplyAsync"/> uses it; nothing else happens.
    /// </summary>
    /// <param name="options">
    /// Settings of the section and credentials are taken over. Names, addresses and paths stay those of the start.
    /// </param>
    public void Configure(PostgresOptions options, JsonObject dynamicConfig) =>
        _context.Configure(options, dynamicConfig);

    public void ProbeSoon() => _observer.LookSoon();

    public Task<PostgresReading> ProbeAsync(Instant notAfter, CancellationToken stop) =>
        _observer.BallotAsync(notAfter, stop);

    public Task<StepResult> InitializeAsync(CancellationToken stop) => JobAsync(() => _creation.InitializeAsync(stop));

    public Task<StepResult> FinishInitializeAsync(CancellationToken stop) =>
        JobAsync(() => _creation.FinishInitializeAsync(stop));

    public Task<StartResult> StartAsync(StartPlan plan, Instant notAfter, TimeSpan timeout, CancellationToken stop) =>
        JobAsync(() => _start.RunAsync(plan, notAfter, timeout, stop));

    public bool Signal(StopMode mode) => _context.Postmaster.Signal(mode switch
    {
        StopMode.Smart => PidFd.SigTerm,
        StopMode.Fast => PidFd.SigInt,
        StopMode.Immediate => PidFd.SigQuit,
        _ => throw new System.Diagnostics.UnreachableException(),
    });

    public void Kill()
    {
        PgLog.Killing(_context.Log, _context.DataDirectory);
        _context.Postmaster.Kill();
    }

    public Task<bool> WaitForExitAsync(Instant notAfter, CancellationToken stop) => _waits.ForExitAsync(notAfter, stop);

    public Task<bool> WaitForNoClientBackendsAsync(Instant notAfter, CancellationToken stop) =>
        Task.Run(() => _waits.ForNoClientsAsync(notAfter, stop), CancellationToken.None);

    public Task<bool> WaitForControlStateAsync(
        ImmutableArray<ControlState> states, Instant notAfter, CancellationToken stop) =>
        Task.Run(() => _waits.ForControlStateAsync(states, notAfter, stop), CancellationToken.None);

    public Task<string> WhatKeepsAStopAsync(Instant notAfter, CancellationToken stop) =>
        Task.Run(() => _waits.WhatKeepsAStopAsync(notAfter), stop);

    public Task<ControlFacts?> ReadControlAsync(CancellationToken stop) =>
        Task.Run(() => _context.ControlData.FactsAsync(stop), CancellationToken.None);

    public Task<StepResult> PromoteAsync(Instant notAfter, CancellationToken stop) =>
        JobAsync(() => _commands.PromoteAsync(notAfter, stop));

    public Task<StepResult> CheckpointAsync(TimeSpan timeout, CancellationToken stop) =>
        JobAsync(() => _commands.CheckpointAsync(timeout, stop));

    public Task<StepResult> CloneAsync(Upstream source, CancellationToken stop) =>
        JobAsync(() => _baseBackup.CloneAsync(source, stop));

    public Task<DivergenceFacts> CompareAsync(Upstream leader, CancellationToken stop) =>
        Task.Run(() => _divergence.CompareAsync(leader, stop), CancellationToken.None);

    public Task<RewindResult> RewindAsync(Upstream leader, CancellationToken stop) =>
        JobAsync(() => _rewind.RunAsync(leader, stop));

    public Task<StepResult> DiscardDataDirectoryAsync(DiscardReason reason, CancellationToken stop) =>
        JobAsync(() => _removal.DiscardAsync(reason));

    public Task<ApplyResult> ApplyAsync(ApplyPlan plan, CancellationToken stop) =>
        JobAsync(() => _apply.RunAsync(plan, stop));

    public Task<StepResult> ChangeSlotsAsync(ImmutableArray<SlotChange> changes, CancellationToken stop) =>
        JobAsync(() => _commands.ChangeSlotsAsync(changes, stop));

    public Task<StepResult> ResumeReplayAsync(CancellationToken stop) =>
        JobAsync(() => _commands.ResumeReplayAsync(stop));

    public Task<HistoryFile?> ReadHistoryAsync(Timeline timeline, CancellationToken stop) =>
        Task.Run(() => TimelineHistory.ReadFile(_context.DataDirectory, timeline), stop);

    public async ValueTask DisposeAsync()
    {
        await _observer.DisposeAsync().ConfigureAwait(false);
        _context.Dispose();
    }

    /// <summary>
    /// Runs a job off the caller's thread, and has the result seen: what it changed shows in the next reading.
    /// </summary>
    private async Task<T> JobAsync<T>(Func<Task<T>> job)
    {
        try
        {
            return await Task.Run(job, CancellationToken.None).ConfigureAwait(false);
        }
        finally
        {
            _observer.LookAgain();
        }
    }
}
