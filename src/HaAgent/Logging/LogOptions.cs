using System.Collections.Immutable;

namespace HaAgent.Logging;

/// <summary>The settings of the log, as <c>log.*</c> holds them.</summary>
internal sealed record LogOptions
{
    public const string DefaultFormat = "%(asctime)s %(levelname)s: %(message)s";

    public LogLevel Level { get; init; } = LogLevel.Information;

    /// <summary>
    /// <c>loggers</c>: the peer's logger names or our categories, and their levels. See <see cref="LoggerNames"/>.
    /// </summary>
    public ImmutableDictionary<string, LogLevel> Categories { get; init; } = ImmutableDictionary<string, LogLevel>.Empty;

    /// <summary><c>format</c>: printf-style with the attributes of a record.</summary>
    public string Format { get; init; } = DefaultFormat;

    /// <summary><c>dateformat</c>: strftime-style; null: <c>YYYY-MM-DD HH:MM:SS,mmm</c>, local time.</summary>
    public string? DateFormat { get; init; }

    /// <summary>
    /// Stack traces with every error; otherwise the exception's text only, unless <see cref="Level"/> is Debug.
    /// </summary>
    public bool TracebackOnError { get; init; } = true;

    /// <summary>Records that may wait to be written; more are dropped and counted. Read at start only.</summary>
    public int MaxQueueSize { get; init; } = 1000;

    /// <summary>Directory of <c>patroni.log</c>; null: standard error.</summary>
    public string? Directory { get; init; }

    /// <summary>Bytes at which the file is rotated; 0: never.</summary>
    public long FileSize { get; init; } = 25_000_000;

    /// <summary>Rotated files kept.</summary>
    public int FileNumber { get; init; } = 4;

    /// <summary>Permissions of the file; null: 0666 without the umask.</summary>
    public UnixFileMode? Mode { get; init; }

    /// <summary>A heartbeat line equal to the one before is left out.</summary>
    public bool DeduplicateHeartbeat { get; init; }
}

/// <summary>The peer's logger names in configuration files, as our categories.</summary>
internal static class LoggerNames
{
    /// <summary>The cycle line has a category of its own, so that its level can be set.</summary>
    public const string Heartbeat = "HaAgent.Heartbeat";

    /// <returns>A category prefix; null for names that mean nothing here.</returns>
    public static string? Category(string logger) => logger switch
    {
        "patroni" => "HaAgent",
        "patroni.ha" => "HaAgent.Loop",
        "patroni.api" => "HaAgent.Rest",
        "patroni.dcs" or "patroni.dcs.etcd" or "patroni.dcs.etcd3" => "HaAgent.Dcs",
        "patroni.postgresql" => "HaAgent.Postgres",
        "patroni.postmaster" or "patroni.postgresql.postmaster" => "HaAgent.Postgres.Control",
        "urllib3" => "HaAgent.Peers",
        _ when logger.StartsWith("HaAgent", StringComparison.Ordinal) => logger,
        _ => null,
    };
}
