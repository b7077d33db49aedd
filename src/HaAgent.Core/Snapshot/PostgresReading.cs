using System.Collections.Immutable;
using HaAgent.Core.Model;

namespace HaAgent.Core.Snapshot;

/// <summary>What is known of the local PostgreSQL at one moment. Each part says itself what is not known.</summary>
/// <param name="ServerVersion">Of the running server or else of the binary, e.g. 150018; 0 when unknown.</param>
public sealed record PostgresReading(
    DataDirectory Directory, ServerProcess Process, SqlReading Sql, int ServerVersion)
{
    public static readonly PostgresReading Nothing =
        new(new DataDirectory.Unreadable("not looked at yet"), new ServerProcess.None(), new SqlReading.Unknown("not asked yet"), 0);

    public bool IsRunning => Process is ServerProcess.Running;

    /// <summary>Null when not known.</summary>
    public bool? InRecovery => Sql is SqlReading.Answered answered ? answered.InRecovery : null;
}

/// <summary>What lies in the data directory.</summary>
public abstract record DataDirectory
{
    private DataDirectory()
    {
    }

    /// <summary>Missing, or no <c>global/pg_control</c> and at most hidden entries and <c>lost+found</c>.</summary>
    public sealed record Empty : DataDirectory;

    /// <summary>It cannot be looked at: a wrong owner, an I/O error, a hanging disk. Nothing is known (S6).</summary>
    public sealed record Unreadable(string Detail) : DataDirectory;

    /// <summary>Not empty and not a data directory, or one whose control file cannot be read.</summary>
    public sealed record Foreign(string Detail) : DataDirectory;

    /// <param name="SystemIdentifier">Decimal, as PostgreSQL prints it.</param>
    /// <param name="State">From <c>global/pg_control</c>.</param>
    /// <param name="Checkpoint">Position and timeline of the latest checkpoint record.</param>
    /// <param name="HasStandbySignal">It will start in recovery.</param>
    /// <param name="HasBackupLabel">A base backup that was never started.</param>
    /// <param name="Unfinished">This agent's own marker says its creation was never completed.</param>
    /// <param name="Identity">Which directory it is, whatever the path; the default when that is not known.</param>
    public sealed record Initialized(
        string SystemIdentifier,
        ControlState State,
        WalPosition Checkpoint,
        bool HasStandbySignal,
        bool HasBackupLabel,
        bool Unfinished,
        FileIdentity Identity = default) : DataDirectory
    {
        /// <summary>A rewind was broken off in it: no server may be started from it.</summary>
        public bool Damaged { get; init; }
    }
}

/// <summary>A file or directory for as long as its file system is mounted.</summary>
/// <param name="Device">Major and minor number of the device.</param>
public readonly record struct FileIdentity(ulong Device, ulong Inode)
{
    public bool IsKnown => this != default;
}

/// <summary><c>DBState</c> of PostgreSQL's <c>catalog/pg_control.h</c>; the numbers are those on disk.</summary>
public enum ControlState
{
    StartingUp = 0,
    ShutDown = 1,
    ShutDownInRecovery = 2,
    ShuttingDown = 3,
    InCrashRecovery = 4,
    InArchiveRecovery = 5,
    InProduction = 6,
}

/// <summary>The postmaster of the data directory.</summary>
public abstract record ServerProcess
{
    private ServerProcess()
    {
    }

    /// <param name="EndedAt">When its end was seen; null when none was seen running since the agent started.</param>
    public sealed record None(Instant? EndedAt = null) : ServerProcess;

    /// <param name="Since">When this agent started or first saw it.</param>
    public sealed record Running(int Pid, Instant Since) : ServerProcess;

    /// <summary>A single-user backend holds the directory; it is nobody's to signal.</summary>
    public sealed record SingleUser(int Pid) : ServerProcess;
}

/// <summary>The dated answer of the probe query, or why there is none.</summary>
public abstract record SqlReading
{
    private SqlReading()
    {
    }

    /// <summary>Not asked, no answer in time, or an error. Neither healthy nor dead (S6).</summary>
    public sealed record Unknown(string Detail) : SqlReading;

    /// <summary>The server is up but takes no connections yet, or not any more (SQLSTATE 57P03).</summary>
    public sealed record Rejecting(Instant AskedAt) : SqlReading;

    public sealed record Answered : SqlReading
    {
        /// <summary>Taken before the query left.</summary>
        public required Instant AskedAt { get; init; }
        public required bool InRecovery { get; init; }

        /// <summary>Primary: of the current WAL file. Standby: received by the wal receiver, else of the last checkpoint.</summary>
        public Timeline Timeline { get; init; }

        /// <summary>Primary only: everything before this is on disk.</summary>
        public Lsn Flushed { get; init; }

        /// <summary>Standby only: the furthest of received and written; unknown without a wal receiver so far.</summary>
        public Lsn Received { get; init; }
        public Lsn Replayed { get; init; }

        /// <summary>Standby: where the upstream said its WAL ended, last time; for lag.</summary>
        public Lsn LatestEnd { get; init; }
        public DateTimeOffset? ReplayedAt { get; init; }
        public bool ReplayPaused { get; init; }

        /// <summary><c>streaming</c>, <c>in archive recovery</c> or null.</summary>
        public string? ReplicationState { get; init; }
        public string? RestoreCommand { get; init; }
        public DateTimeOffset? PostmasterStartTime { get; init; }

        /// <summary>True when the control file's timeline is the current one: the checkpoint after promotion is done.</summary>
        public bool CheckpointOnCurrentTimeline { get; init; }
        public ImmutableArray<WalSender> WalSenders { get; init; } = [];
        public ImmutableArray<SlotReading> Slots { get; init; } = [];

        /// <summary>How far this server is: primary, what is flushed; standby, the furthest of received and replayed.</summary>
        public Lsn Position => InRecovery ? Lsn.Max(Received, Replayed) : Flushed;

        public WalPosition WalPosition => new(Timeline, Position);
    }
}

/// <param name="State"><c>streaming</c>, <c>catchup</c>, <c>backup</c>, ...</param>
public sealed record WalSender(
    int Pid, string User, string ApplicationName, string? ClientAddress, string State, string SyncState, int SyncPriority, Lsn Flushed);

/// <summary>One replication slot of the local server. Positions unknown when null there.</summary>
public sealed record SlotReading(
    string Name, bool IsPhysical, bool Active, Lsn Restart, Lsn ConfirmedFlush, bool HasXmin, string? Database, string? Plugin, bool IsLost);
