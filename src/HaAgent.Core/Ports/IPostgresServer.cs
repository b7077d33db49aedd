using System.Collections.Immutable;
using HaAgent.Core.Model;
using HaAgent.Core.Snapshot;

namespace HaAgent.Core.Ports;

/// <summary>The local PostgreSQL. It holds no policy: it looks, and does the one thing it is asked to do.</summary>
/// <remarks>
/// No method throws for an expected failure. Methods that take <c>stop</c> end child processes as a tree when it is signalled
/// and throw <see cref="OperationCanceledException"/>. Nothing here may block the caller's thread on disk or SQL.
/// </remarks>
public interface IPostgresServer : IAsyncDisposable
{
    /// <summary>The newest reading, without waiting.</summary>
    PostgresReading Latest { get; }

    /// <summary>Raised on any thread when a reading differs in more than its date: process gone, role changed, ...</summary>
    event Action? Changed;

    /// <summary>Starts a probe unless one is in flight. It posts to <see cref="Latest"/>.</summary>
    void ProbeSoon();

    /// <summary>A reading measured after the call; shared by all who ask meanwhile. Without an answer in time its SQL part is unknown.</summary>
    Task<PostgresReading> ProbeAsync(Instant notAfter, CancellationToken stop);

    /// <summary>Creates the cluster: initdb with the configured options. Leaves nothing behind on failure but a moved-aside directory.</summary>
    Task<StepResult> InitializeAsync(CancellationToken stop);

    /// <summary>After the first start: the configured superuser, replication and rewind users, and the post_bootstrap command.</summary>
    Task<StepResult> FinishInitializeAsync(CancellationToken stop);

    /// <summary>Writes the configuration and starts the postmaster, not as a child of the agent. Ends when it accepts connections or failed.</summary>
    /// <param name="plan">As what, and whom to follow.</param>
    /// <param name="notAfter">Compared with the clock immediately before the process is created: later means <see cref="StartOutcome.TooLate"/>.</param>
    /// <param name="timeout">How long to wait for readiness; past it the outcome is <see cref="StartOutcome.StillStarting"/>.</param>
    Task<StartResult> StartAsync(StartPlan plan, Instant notAfter, TimeSpan timeout, CancellationToken stop);

    /// <summary>Signals the postmaster; false when there is none. A single-user process is never signalled.</summary>
    bool Signal(StopMode mode);

    /// <summary>The last rung: stops the postmaster where it stands, kills every process of the data directory, then the postmaster.</summary>
    void Kill();

    /// <summary>True as soon as no postmaster of this data directory exists.</summary>
    Task<bool> WaitForExitAsync(Instant notAfter, CancellationToken stop);

    /// <summary>True as soon as no client backend is left (or no postmaster); seen in /proc, not by SQL.</summary>
    Task<bool> WaitForNoClientBackendsAsync(Instant notAfter, CancellationToken stop);

    /// <summary>True as soon as the control file says one of <paramref name="states"/>; false at the deadline or when the process ended in another state.</summary>
    Task<bool> WaitForControlStateAsync(ImmutableArray<ControlState> states, Instant notAfter, CancellationToken stop);

    /// <summary>What a stop under way waits for, in words for the operator. Never empty.</summary>
    Task<string> WhatKeepsAStopAsync(Instant notAfter, CancellationToken stop);

    /// <summary>The facts of the control file and of the last records that a hand-over and a rewind need. Null when unreadable.</summary>
    Task<ControlFacts?> ReadControlAsync(CancellationToken stop);

    /// <summary>Issues the promotion and returns; the end of recovery is seen by <see cref="WaitForControlStateAsync"/>.</summary>
    Task<StepResult> PromoteAsync(Instant notAfter, CancellationToken stop);

    Task<StepResult> CheckpointAsync(TimeSpan timeout, CancellationToken stop);

    /// <summary>A base backup into an empty directory.</summary>
    Task<StepResult> CloneAsync(Upstream source, CancellationToken stop);

    /// <summary>What <paramref name="leader"/> says of its timelines, and where this server stands. No judgement.</summary>
    Task<DivergenceFacts> CompareAsync(Upstream leader, CancellationToken stop);

    /// <summary>pg_rewind from <paramref name="leader"/>. The server must not run.</summary>
    Task<RewindResult> RewindAsync(Upstream leader, CancellationToken stop);

    /// <summary>Removes the data directory, or moves it aside to <c>.failed</c> when a server in it ever accepted connections.</summary>
    Task<StepResult> DiscardDataDirectoryAsync(DiscardReason reason, CancellationToken stop);

    /// <summary>Makes configuration and recovery settings what they should be; reloads a running server if anything differs.</summary>
    Task<ApplyResult> ApplyAsync(ApplyPlan plan, CancellationToken stop);

    /// <summary>Creates, drops and advances replication slots.</summary>
    Task<StepResult> ChangeSlotsAsync(ImmutableArray<SlotChange> changes, CancellationToken stop);

    /// <summary>pg_wal_replay_resume().</summary>
    Task<StepResult> ResumeReplayAsync(CancellationToken stop);

    /// <summary>The history file of a timeline, as lines (parent, switch point, reason), and its modification time. Null when there is none.</summary>
    Task<HistoryFile?> ReadHistoryAsync(Timeline timeline, CancellationToken stop);
}

/// <param name="Detail">For the operator: what failed and what the tool said; empty when done.</param>
public sealed record StepResult(bool Done, string Detail, TimeSpan Took)
{
    public static StepResult Ok(TimeSpan took) => new(true, "", took);

    public static StepResult Failed(string detail, TimeSpan took = default) => new(false, detail, took);
}

public enum StopMode
{
    /// <summary>SIGTERM: wait for clients.</summary>
    Smart,

    /// <summary>SIGINT: roll back, checkpoint, end.</summary>
    Fast,

    /// <summary>SIGQUIT: end at once, recover at the next start.</summary>
    Immediate,
}

public enum StartOutcome
{
    Running,
    StillStarting,
    Failed,
    TooLate,
}

public sealed record StartResult(StartOutcome Outcome, string Detail);

/// <param name="AsPrimary">Start writable: no signal file. Otherwise in recovery.</param>
/// <param name="Follow">Whom to stream from; null: nobody.</param>
/// <param name="Only">Start from this data directory and fail if another lies there by now; the default: from whatever lies there.</param>
public sealed record StartPlan(bool AsPrimary, Upstream? Follow, FileIdentity Only = default);

/// <param name="Follow">For a standby: whom to stream from; null: nobody. Not looked at on a primary.</param>
/// <param name="Force">Rewrite and reload even when nothing differs (SIGHUP).</param>
/// <param name="Starting">The server takes no connections yet: it is told to reload, and asked nothing.</param>
public sealed record ApplyPlan(bool IsPrimary, Upstream? Follow, bool Force, bool Starting = false);

/// <param name="Reloaded">The server was told to reload.</param>
/// <param name="PendingRestart">Parameters that need a restart, with old and new value.</param>
public sealed record ApplyResult(bool Done, bool Reloaded, ImmutableArray<PendingParameter> PendingRestart, string Detail);

public sealed record PendingParameter(string Name, string OldValue, string NewValue);

/// <summary>Another server to stream from, clone from or rewind from.</summary>
/// <param name="ConnUrl">As its member key publishes it.</param>
public sealed record Upstream(NodeName Name, string ConnUrl);

/// <param name="FinalPosition">
/// What a standby must have received to have everything: the shutdown checkpoint, or the WAL switch record right before it when archiving
/// forced one. Unknown unless cleanly shut down.
/// </param>
/// <param name="MinimumRecoveryEnd">Of a standby; unknown otherwise.</param>
/// <param name="EndOfCheckpoint">Where the record after the shutdown checkpoint would begin; unknown when it could not be told.</param>
public sealed record ControlFacts(
    string SystemIdentifier,
    ControlState State,
    WalPosition Checkpoint,
    Lsn FinalPosition,
    WalPosition MinimumRecoveryEnd,
    Lsn EndOfCheckpoint,
    bool ChecksumsOrHints);

/// <summary>Material for the judgement whether the own history has left the leader's.</summary>
public sealed record DivergenceFacts
{
    /// <summary>Why nothing can be said; empty when all below is known.</summary>
    public string Unknown { get; init; } = "";
    public string LeaderSystemIdentifier { get; init; } = "";
    public bool LeaderInRecovery { get; init; }
    public Timeline LeaderTimeline { get; init; }
    public ImmutableArray<HistoryLine> LeaderHistory { get; init; } = [];
    public WalPosition Local { get; init; }

    /// <summary>The local position is that of a standby (running or stopped in recovery), not of a shutdown checkpoint.</summary>
    public bool LocalInRecovery { get; init; }

    /// <summary>End of the local shutdown checkpoint record; unknown if it could not be told.</summary>
    public Lsn LocalEndOfCheckpoint { get; init; }

    /// <summary>The leader has checkpointed on its current timeline: a rewind may start.</summary>
    public bool LeaderCheckpointDone { get; init; }
}

public enum RewindOutcome
{
    Done,

    /// <summary>pg_rewind found that nothing had to be done.</summary>
    NotNeeded,

    /// <summary>It failed while the leader was well: repeating it will not help.</summary>
    Failed,

    /// <summary>The leader could not be reached; nothing is lost by trying again.</summary>
    SourceUnreachable,

    /// <summary>The tool or a prerequisite (checksums, wal_log_hints) is missing.</summary>
    NotPossible,
}

public sealed record RewindResult(RewindOutcome Outcome, string Detail);

public enum DiscardReason
{
    /// <summary>Its creation by this agent did not end well.</summary>
    CreationFailed,
    RewindFailed,
    DivergedTimelines,

    /// <summary>An operator wants a new copy.</summary>
    Requested,
}

public abstract record SlotChange(string Name)
{
    public sealed record CreatePhysical(string Name) : SlotChange(Name);

    public sealed record Drop(string Name) : SlotChange(Name);

    /// <summary>Moves an unused slot forward, so that it holds back no more WAL than its owner needs.</summary>
    public sealed record Advance(string Name, Lsn To) : SlotChange(Name);
}

public sealed record HistoryFile(ImmutableArray<HistoryLine> Lines, DateTimeOffset ModifiedAt);
