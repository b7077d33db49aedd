using System.Collections.Immutable;
using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;

namespace HaAgent.Core.Tests.Loop;

/// <summary>A primary that runs until it is told to end; what a restarted agent may find.</summary>
internal sealed class RunningPrimary(TimeProvider clock) : IPostgresServer
{
    private static readonly PostgresReading Running = Given.Primary().Build().Postgres;

    /// <summary>When it was first told to end; null: not yet.</summary>
    public Instant? EndedAt { get; private set; }

    public PostgresReading Latest => EndedAt is null ? Running : Running with { Process = new ServerProcess.None() };

    public event Action? Changed;

    public bool Signal(StopMode mode)
    {
        EndedAt ??= Instant.Now(clock);
        Changed?.Invoke();
        return true;
    }

    public void Kill() => Signal(StopMode.Immediate);

    public Task<bool> WaitForExitAsync(Instant notAfter, CancellationToken stop) =>
        Task.FromResult(EndedAt is not null);

    /// <summary>Until when the first look might have taken.</summary>
    public Instant? FirstLookEndsBy { get; private set; }

    public Task<PostgresReading> ProbeAsync(Instant notAfter, CancellationToken stop)
    {
        FirstLookEndsBy ??= notAfter;
        return Task.FromResult(Latest);
    }

    public void ProbeSoon()
    {
    }

    public Task<ApplyResult> ApplyAsync(ApplyPlan plan, CancellationToken stop) =>
        Task.FromResult(new ApplyResult(true, false, [], ""));

    public Task<StepResult> ChangeSlotsAsync(ImmutableArray<SlotChange> changes, CancellationToken stop) =>
        Task.FromResult(StepResult.Ok(TimeSpan.Zero));

    /// <summary>Once fenced it stays down, so that the end of the loop has nothing left to stop.</summary>
    public Task<StartResult> StartAsync(StartPlan plan, Instant notAfter, TimeSpan timeout, CancellationToken stop) =>
        Task.FromResult(new StartResult(StartOutcome.Failed, "stays down"));

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    public Task<bool> WaitForNoClientBackendsAsync(Instant notAfter, CancellationToken stop) =>
        Task.FromResult(EndedAt is not null);

    public Task<bool> WaitForControlStateAsync(
        ImmutableArray<ControlState> states, Instant notAfter, CancellationToken stop) => throw NotAsked();

    public Task<string> WhatKeepsAStopAsync(Instant notAfter, CancellationToken stop) => throw NotAsked();

    public Task<ControlFacts?> ReadControlAsync(CancellationToken stop) => throw NotAsked();

    public Task<StepResult> InitializeAsync(CancellationToken stop) => throw NotAsked();

    public Task<StepResult> FinishInitializeAsync(CancellationToken stop) => throw NotAsked();

    public Task<StepResult> PromoteAsync(Instant notAfter, CancellationToken stop) => throw NotAsked();

    public Task<StepResult> CheckpointAsync(TimeSpan timeout, CancellationToken stop) => throw NotAsked();

    public Task<StepResult> CloneAsync(Upstream source, CancellationToken stop) => throw NotAsked();

    public Task<DivergenceFacts> CompareAsync(Upstream leader, CancellationToken stop) => throw NotAsked();

    public Task<RewindResult> RewindAsync(Upstream leader, CancellationToken stop) => throw NotAsked();

    public Task<StepResult> DiscardDataDirectoryAsync(DiscardReason reason, CancellationToken stop) => throw NotAsked();

    public Task<StepResult> ResumeReplayAsync(CancellationToken stop) => throw NotAsked();

    public Task<HistoryFile?> ReadHistoryAsync(Timeline timeline, CancellationToken stop) => throw NotAsked();

    private static NotSupportedException NotAsked() => new("A running primary is only looked at, or fenced.");
}
