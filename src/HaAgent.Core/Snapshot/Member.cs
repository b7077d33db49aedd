using HaAgent.Core.Model;

namespace HaAgent.Core.Snapshot;

/// <summary>What a member last published about itself. Everything but the name may be missing.</summary>
public sealed record Member
{
    public required NodeName Name { get; init; }

    /// <summary><c>postgres://host:port/database</c>, without credentials; null when not published.</summary>
    public string? ConnUrl { get; init; }

    /// <summary><c>http://host:port/patroni</c>; null when not published.</summary>
    public string? ApiUrl { get; init; }

    /// <summary>State text as published; <c>unknown</c> when missing.</summary>
    public string State { get; init; } = "unknown";

    /// <summary>Role text as published (<c>master</c> of old peers reads as <c>primary</c>); empty when missing.</summary>
    public string Role { get; init; } = "";

    /// <summary>The Patroni version the member speaks as; null when missing.</summary>
    public string? Version { get; init; }

    public Tags Tags { get; init; } = Tags.None;

    /// <summary>Primary: flush position. Standby: the furthest of received and replayed.</summary>
    public Lsn Position { get; init; }
    public Lsn ReceiveLsn { get; init; }
    public Lsn ReplayLsn { get; init; }
    public Timeline Timeline { get; init; }

    /// <summary><c>streaming</c>, <c>in archive recovery</c>, or null.</summary>
    public string? ReplicationState { get; init; }

    /// <summary>False while a new leader has not finished its first checkpoint; null when not published.</summary>
    public bool? CheckpointAfterPromote { get; init; }

    public bool Pause { get; init; }
    public bool PendingRestart { get; init; }

    /// <summary>It has said that it can keep times below the peers' minimums (<c>haagent.features</c>).</summary>
    public bool CanKeepShortTimes { get; init; }

    /// <summary>The <c>ttl</c> of its lease while it uses such times; null: it does not.</summary>
    public TimeSpan? ShortTtl { get; init; }

    /// <summary>The lease the key hangs on.</summary>
    public long LeaseId { get; init; }
    public DcsVersion KeyVersion { get; init; }

    /// <summary>The value as stored: for listings, which show fields that the decisions do not need.</summary>
    public string Raw { get; init; } = "{}";

    public bool IsRunning => State == "running";
    public bool IsPrimaryByRole => Role == "primary";
}
