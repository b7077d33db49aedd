using System.Collections.Immutable;
using System.Text.Json.Nodes;
using HaAgent.Core.Settings;
using Microsoft.Extensions.Logging;

namespace HaAgent.Configuration.Options;

/// <summary>One attribute of a log record and the key under which JSON output has it.</summary>
public sealed record LogAttribute(string Name, string OutputKey);

/// <summary>The <c>log</c> section.</summary>
public sealed record LogOptions
{
    public const string DefaultFormat = "%(asctime)s %(levelname)s: %(message)s";

    public bool IsJson { get; init; }
    public LogLevel Level { get; init; } = LogLevel.Information;

    /// <summary>Stack traces only where <see cref="Level"/> is Debug; otherwise they come with every error.</summary>
    public bool TracebackAtDebugOnly { get; init; }

    /// <summary>printf-style with record attributes; for plain output.</summary>
    public string Format { get; init; } = DefaultFormat;

    /// <summary>For JSON output; empty: <see cref="Format"/>'s attributes.</summary>
    public ImmutableArray<LogAttribute> Attributes { get; init; } = [];

    /// <summary>strftime; null: <c>YYYY-MM-DD HH:MM:SS,mmm</c>.</summary>
    public string? DateFormat { get; init; }

    /// <summary>Added to each record of JSON output.</summary>
    public JsonObject StaticFields { get; init; } = [];

    /// <summary>Records waiting to be written; more are dropped and counted. Read at start only.</summary>
    public int MaxQueueSize { get; init; } = 1000;

    /// <summary>Null: standard error.</summary>
    public string? Directory { get; init; }

    /// <summary>Bytes after which the file is rotated; 0: never.</summary>
    public long FileSize { get; init; } = 25_000_000;

    /// <summary>Rotated files kept; 0: no rotation.</summary>
    public int FileCount { get; init; } = 4;

    /// <summary>Permissions of the log file; null: what the umask leaves of 0666.</summary>
    public UnixFileMode? Mode { get; init; }

    /// <summary>Levels of single components, by the peer's module names or our categories.</summary>
    public ImmutableDictionary<string, LogLevel> Loggers { get; init; } = ImmutableDictionary<string, LogLevel>.Empty;

    public bool DeduplicateHeartbeats { get; init; }

    /// <summary>Values that were not understood and what is used instead.</summary>
    public ImmutableArray<string> Notices { get; init; } = [];

    public static LogOptions Read(JsonObject root)
    {
        var section = root["log"] as JsonObject ?? [];
        var notices = ImmutableArray.CreateBuilder<string>();
        var type = ValueParsers.Text(section["type"])?.ToLowerInvariant();
        var isJson = type == "json";
        if (type is not (null or "" or "plain" or "json"))
        {
            notices.Add($"log.type = '{type}': expected plain or json; plain is used.");
        }

        var (format, attributes) = LogFormats.Read(section["format"], isJson, notices);
        return new LogOptions
        {
            IsJson = isJson,
            Level = LevelOr(section["level"], LogLevel.Information, "log.level", notices),
            TracebackAtDebugOnly = ValueParsers.Text(section["traceback_level"])?.ToUpperInvariant() == "DEBUG",
            Format = format,
            Attributes = attributes,
            DateFormat = ValueParsers.Text(section["dateformat"]) is { Length: > 0 } dateFormat ? dateFormat : null,
            StaticFields = section["static_fields"]?.DeepClone() as JsonObject ?? [],
            MaxQueueSize = (int)Math.Clamp(ValueParsers.Integer(section["max_queue_size"]) ?? 1000, 1, 1_000_000),
            Directory = ValueParsers.Text(section["dir"]) is { Length: > 0 } directory ? directory : null,
            FileSize = Math.Max(ValueParsers.Integer(section["file_size"]) ?? 25_000_000, 0),
            FileCount = (int)Math.Clamp(ValueParsers.Integer(section["file_num"]) ?? 4, 0, 10_000),
            Mode = ValueParsers.Integer(section["mode"]) is { } mode and >= 0 and <= 511 ? (UnixFileMode)mode : null,
            Loggers = Levels(section["loggers"] as JsonObject, notices),
            DeduplicateHeartbeats = ValueParsers.Bool(section["deduplicate_heartbeat_logs"]) ?? false,
            Notices = notices.ToImmutable(),
        };
    }

    private static ImmutableDictionary<string, LogLevel> Levels(
        JsonObject? loggers, ImmutableArray<string>.Builder notices) =>
        (loggers ?? []).ToImmutableDictionary(
            pair => pair.Key,
            pair => LevelOr(pair.Value, LogLevel.Information, "log.loggers." + pair.Key, notices));

    private static LogLevel LevelOr(
        JsonNode? node, LogLevel otherwise, string setting, ImmutableArray<string>.Builder notices)
    {
        var text = ValueParsers.Text(node);
        switch (text?.ToUpperInvariant())
        {
            case null or "":
                return otherwise;
            case "DEBUG":
                return LogLevel.Debug;
            case "INFO":
                return LogLevel.Information;
            case "WARN" or "WARNING":
                return LogLevel.Warning;
            case "ERROR":
                return LogLevel.Error;
            case "FATAL" or "CRITICAL":
                return LogLevel.Critical;
            default:
                notices.Add($"{setting} = '{text}': expected DEBUG, INFO, WARNING, ERROR or CRITICAL; INFO is used.");
                return otherwise;
        }
    }
}
