using System.Collections.Immutable;
using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;

namespace HaAgent.Core.Tests.Jobs;

/// <summary>A primary that is told to stop, on a clock that moves only while somebody waits for it.</summary>
/// <param name="shutsDownAfter">How long an orderly stop takes; null: for ever.</param>
internal sealed class StoppingServer(TimeSpan? shutsDownAfter) : TimeProvider, IPostgresServer
{
    private Instant _now = Given.Now;
    private Instant _stopBegan = Instant.Never;
    private bool _ended;

    public List<StopMode> Signals { get; } = [];

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public PostgresReading Latest => Given.Primary().Build().Postgres;

    public event Action? Changed
    {
        add { }
        remove { }
    }

    public override long GetTimestamp() => _now.Ticks;

    public bool Signal(StopMode mode)
    {
        Signals.Add(mode);
        _stopBegan = Instant.Min(_stopBegan, _now);
        _ended |= mode == StopMode.Immediate;
        return true;
    }

    public void Kill() => throw NotAsked();

    public Task<bool> WaitForExitAsync(Instant notAfter, CancellationToken stop)
    {
        _now = _ended ? _now : Instant.Max(_now, notAfter);
        return Task.FromResult(_ended);
    }

    public Task<bool> WaitForControlStateAsync(
        ImmutableArray<ControlState> states, Instant notAfter, CancellationToken stop)
    {
        var downAt = shutsDownAfter is { } takes ? _stopBegan + takes : Instant.Never;
        _now = Instant.Max(_now, Instant.Min(downAt, notAfter));
        Assert.True(_now < Given.Now + TimeSpan.FromDays(1), "nobody waits for a day");
        return Task.FromResult(states.Contains(ControlState.ShutDown) && downAt <= _now);
    }

    public Task<string> WhatKeepsAStopAsync(Instant notAfter, CancellationToken stop) =>
        Task.FromResult("the shutdown checkpoint");

    public Task<ControlFacts?> ReadControlAsync(CancellationToken stop) => Task.FromResult<ControlFacts?>(new(
        Given.SystemId, ControlState.ShutDown, new(new(1), Given.Here), Given.Here, default, Given.Here, false));

    public Task<PostgresReading> ProbeAsync(Instant notAfter, CancellationToken stop) => Task.FromResult(Latest);

    public Task<StepResult> CheckpointAsync(TimeSpan timeout, CancellationToken stop) =>
        Task.FromResult(StepResult.Ok(TimeSpan.Zero));

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    public void ProbeSoon()
    {
    }

    public Task<StepResult> InitializeAsync(CancellationToken stop) => throw NotAsked();

    public Task<StepResult> FinishInitializeAsync(CancellationToken stop) => throw NotAsked();

    public Task<StartResult> StartAsync(StartPlan plan, Instant notAfter, TimeSpan timeout, CancellationToken stop) =>
        throw NotAsked();

    public Task<bool> WaitForNoClientBackendsAsync(Instant notAfter, CancellationToken stop) => throw NotAsked();

    public Task<StepResult> PromoteAsync(Instant notAfter, CancellationToken stop) => throw NotAsked();

    public Task<StepResult> CloneAsync(Upstream source, CancellationToken stop) => throw NotAsked();

    public Task<DivergenceFacts> CompareAsync(Upstream leader, CancellationToken stop) => throw NotAsked();

    public Task<RewindResult> RewindAsync(Upstream leader, CancellationToken stop) => throw NotAsked();

    public Task<StepResult> DiscardDataDirectoryAsync(DiscardReason reason, CancellationToken stop) => throw NotAsked();

    public Task<ApplyResult> ApplyAsync(ApplyPlan plan, CancellationToken stop) => throw NotAsked();

    public Task<StepResult> ChangeSlotsAsync(ImmutableArray<SlotChange> changes, CancellationToken stop) =>
        throw NotAsked();

    public Task<StepResult> ResumeReplayAsync(CancellationToken stop) => throw NotAsked();

    public Task<HistoryFile?> ReadHistoryAsync(Timeline timeline, CancellationToken stop) => throw NotAsked();

    private static NotSupportedException NotAsked() => new("A stop asks for nothing of the kind.");
}
