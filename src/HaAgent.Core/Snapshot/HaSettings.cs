using HaAgent.Core.Model;

namespace HaAgent.Core.Snapshot;

/// <summary>The settings that decisions look at: effective values, after limits and the timing rule.</summary>
/// <remarks>Defaults and limits: spec, dynamic configuration. Built by <see cref="HaSettingsReader"/>.</remarks>
public sealed record HaSettings
{
    public static readonly HaSettings Default = new();

    public TimeSpan Ttl { get; init; } = TimeSpan.FromSeconds(30);
    public TimeSpan LoopWait { get; init; } = TimeSpan.FromSeconds(10);
    public TimeSpan RetryTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Asked for below the peers' minimums: in force instead of the three above only while <see cref="ShortTimes.InForce"/>. Null: not
    /// asked for.
    /// </summary>
    public Timing? Short { get; init; }
    public ByteCount MaximumLagOnFailover { get; init; } = new(1048576);

    /// <summary>How long a leader may take to start after a crash before it yields; zero: yield at once if somebody can take over.</summary>
    public TimeSpan PrimaryStartTimeout { get; init; } = TimeSpan.FromSeconds(300);

    /// <summary>Zero: not set.</summary>
    public TimeSpan PrimaryStopTimeout { get; init; }
    public bool CheckTimeline { get; init; }
    public bool Pause { get; init; }

    /// <summary>0: keep all.</summary>
    public int MaxTimelinesHistory { get; init; }
    public TimeSpan MemberSlotsTtl { get; init; } = TimeSpan.FromMinutes(30);
    public bool UseSlots { get; init; } = true;
    public bool UsePgRewind { get; init; }
    public bool RemoveDataDirectoryOnRewindFailure { get; init; }
    public bool RemoveDataDirectoryOnDivergedTimelines { get; init; }

    /// <summary>Wait for start-up, <c>postgresql.pg_ctl_timeout</c>.</summary>
    public TimeSpan PgCtlTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>What the cluster asks for and this version cannot honour, by setting; empty when all is well.</summary>
    /// <remarks>A node that cannot keep a promise about commits must not become leader while it is asked for.</remarks>
    public System.Collections.Immutable.ImmutableArray<UnsupportedSetting> Unsupported { get; init; } = [];

    /// <summary>This member's own tags: local configuration, not the store's.</summary>
    public Tags Tags { get; init; } = Tags.None;

    /// <summary>Counts changes of anything that PostgreSQL's configuration files depend on.</summary>
    public long Serial { get; init; }

    /// <summary>A <c>bootstrap</c> section is there: this node may found a cluster.</summary>
    public bool MayBootstrap { get; init; }

    public Timing Timing => new(Ttl, LoopWait, RetryTimeout);

    public HaSettings With(Timing timing)
    {
        ArgumentNullException.ThrowIfNull(timing);
        return this with { Ttl = timing.Ttl, LoopWait = timing.LoopWait, RetryTimeout = timing.RetryTimeout };
    }
}

/// <param name="Name">Full path, e.g. <c>synchronous_mode</c>.</param>
/// <param name="EndangersCommits">Ignoring it could lose a promised commit.</param>
public sealed record UnsupportedSetting(string Name, string Value, bool EndangersCommits);
