using System.Collections.Immutable;
using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;

namespace HaAgent.Tests.Given;

/// <summary>A PostgreSQL of which only the probe is asked; it can hang.</summary>
internal sealed class ServerThatAnswers(TimeProvider clock) : IPostgresServer
{
    private int _running;
    private ulong _flushed = 0x4000000;

    public bool Hangs { get; set; }

    /// <summary>Answers with what it measured before it was asked, as no probe may.</summary>
    public bool AnswersFromThePast { get; set; }
    public int Probes { get; private set; }
    public int MostAtOnce { get; private set; }

    public PostgresReading Latest => PostgresReading.Nothing;

    public event Action? Changed
    {
        add { }
        remove { }
    }

    public void ProbeSoon()
    {
    }

    public async Task<PostgresReading> ProbeAsync(Instant notAfter, CancellationToken stop)
    {
        Probes++;
        MostAtOnce = Math.Max(MostAtOnce, Interlocked.Increment(ref _running));
        try
        {
            var asked = Instant.Now(clock);
            if (Hangs)
            {
                await Task.Delay(notAfter - asked, clock, stop);
                return Nodes.Primary(clock).Postgres with { Sql = new SqlReading.Unknown("hangs") };
            }

            await Task.Delay(TimeSpan.FromMilliseconds(1), clock, stop);
            var reading = Nodes.Primary(clock).Postgres;
            var sql = (SqlReading.Answered)reading.Sql;
            _flushed += 16;
            return reading with
            {
                Sql = sql with { AskedAt = AnswersFromThePast ? asked - TimeSpan.FromSeconds(5) : asked, Flushed = new(_flushed) },
            };
        }
        finally
        {
            Interlocked.Decrement(ref _running);
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    public Task<StepResult> InitializeAsync(CancellationToken stop) => throw NotAsked();

    public Task<StepResult> FinishInitializeAsync(CancellationToken stop) => throw NotAsked();

    public Task<StartResult> StartAsync(StartPlan plan, Instant notAfter, TimeSpan timeout, CancellationToken stop) => throw NotAsked();

    public bool Signal(StopMode mode) => throw NotAsked();

    public void Kill() => throw NotAsked();

    public Task<bool> WaitForExitAsync(Instant notAfter, CancellationToken stop) => throw NotAsked();

    public Task<bool> WaitForNoClientBackendsAsync(Instant notAfter, CancellationToken stop) => throw NotAsked();

    public Task<bool> WaitForControlStateAsync(ImmutableArray<ControlState> states, Instant notAfter, CancellationToken stop) =>
        throw NotAsked();

    public Task<string> WhatKeepsAStopAsync(Instant notAfter, CancellationToken stop) => throw NotAsked();

    public Task<ControlFacts?> ReadControlAsync(CancellationToken stop) => throw NotAsked();

    public Task<StepResult> PromoteAsync(Instant notAfter, CancellationToken stop) => throw NotAsked();

    public Task<StepResult> CheckpointAsync(TimeSpan timeout, CancellationToken stop) => throw NotAsked();

    public Task<StepResult> CloneAsync(Upstream source, CancellationToken stop) => throw NotAsked();

    public Task<DivergenceFacts> CompareAsync(Upstream leader, CancellationToken stop) => throw NotAsked();

    public Task<RewindResult> RewindAsync(Upstream leader, CancellationToken stop) => throw NotAsked();

    public Task<StepResult> DiscardDataDirectoryAsync(DiscardReason reason, CancellationToken stop) => throw NotAsked();

    public Task<ApplyResult> ApplyAsync(ApplyPlan plan, CancellationToken stop) => throw NotAsked();

    public Task<StepResult> ChangeSlotsAsync(ImmutableArray<SlotChange> changes, CancellationToken stop) => throw NotAsked();

    public Task<StepResult> ResumeReplayAsync(CancellationToken stop) => throw NotAsked();

    public Task<HistoryFile?> ReadHistoryAsync(Timeline timeline, CancellationToken stop) => throw NotAsked();

    private static NotSupportedException NotAsked() => new("The REST API only looks.");
}
