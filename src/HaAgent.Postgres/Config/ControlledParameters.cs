using System.Globalization;
using HaAgent.Core.Settings;

namespace HaAgent.Postgres.Config;

/// <summary>
/// The parameters that must be alike in the whole cluster: taken from the dynamic configuration alone, and from its
/// defaults.
/// </summary>
internal static class ControlledParameters
{
    private static readonly Controlled[] All =
    [
        new("wal_level", "replica", WalLevel),
        new("hot_standby", "on", value => ValueParsers.Bool(value) == true ? "on" : null),
        new("max_connections", "100", AtLeast(25)),
        new("max_wal_senders", "10", AtLeast(3)),
        new("max_replication_slots", "10", AtLeast(4)),
        new("max_prepared_transactions", "0", AtLeast(0)),
        new("max_locks_per_transaction", "64", AtLeast(32)),
        new("max_worker_processes", "8", AtLeast(2)),
        new("track_commit_timestamp", "off", Boolean),
        new("wal_log_hints", "on", Boolean),
        new("wal_keep_size", "128MB", value =>
            ValueParsers.Integer(value, "MB") >= 16 ? value : null, OnCommandLine: false),
    ];

    private static readonly HashSet<string> FixedNames =
        new(["listen_addresses", "port", "cluster_name", "wal_keep_segments"], StringComparer.OrdinalIgnoreCase);

    /// <summary>Parameters of a standby that must not be lower than on its primary.</summary>
    public static readonly string[] HotStandbySensitive =
    [
        "max_connections", "max_prepared_transactions", "max_locks_per_transaction", "max_worker_processes",
        "max_wal_senders",
    ];

    public static bool IsControlled(string name) => FixedNames.Contains(name) || Find(name) is not null;

    public static bool IsOnCommandLine(string name) =>
        name is "listen_addresses" or "port" or "cluster_name" || Find(name) is { OnCommandLine: true };

    public static IEnumerable<KeyValuePair<string, string>> Defaults =>
        All.Select(controlled => new KeyValuePair<string, string>(controlled.Name, controlled.Default));

    /// <summary>
    /// The value to use for a given one: itself in the server's spelling, or the default with a warning.
    /// </summary>
    public static string Accept(string name, string value, Action<string> warn)
    {
        var controlled = Find(name)
            ?? throw new ArgumentException($"{name} is not a controlled parameter", nameof(name));
        if (controlled.Accept(value) is { } accepted)
        {
            return accepted;
        }

        warn($"postgresql parameter {controlled.Name}={value} failed validation, defaulting to {controlled.Default}");
        return controlled.Default;
    }

    /// <summary>
    /// <c>wal_keep_segments</c> of old configurations, as the <c>wal_keep_size</c> of today; null when it is no number.
    /// </summary>
    public static string? SizeOfSegments(string segments)
    {
        const int MegabytesPerSegment = 16;
        return ValueParsers.Integer(segments) is { } count and >= 1
            ? string.Create(CultureInfo.InvariantCulture, $"{count * MegabytesPerSegment}MB")
            : null;
    }

    private static Controlled? Find(string name) =>
        Array.Find(All, controlled => controlled.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    private static string? WalLevel(string value) => value.ToLowerInvariant() switch
    {
        "hot_standby" or "replica" => "replica",
        "logical" => "logical",
        _ => null,
    };

    private static string? Boolean(string value) =>
        ValueParsers.Bool(value) switch { true => "on", false => "off", null => null };

    private static Func<string, string?> AtLeast(int minimum) => value =>
        ValueParsers.Integer(value) is { } number && number >= minimum && number <= int.MaxValue
            ? number.ToString(CultureInfo.InvariantCulture)
            : null;

    private sealed record Controlled(
        string Name, string Default, Func<string, string?> Accept, bool OnCommandLine = true);
}
