using System.Globalization;

namespace HaAgent.Postgres;

/// <summary>
/// A PostgreSQL version as <c>server_version_num</c> writes it: 150018 is 15.18. Zero means "not known".
/// </summary>
public readonly record struct PostgresVersion(int Number)
{
    public const int OldestMajor = 13;
    public const int NewestMajor = 18;

    public static readonly PostgresVersion Unknown;

    public int Major => Number / 10000;

    public bool IsKnown => Number != 0;

    public bool IsSupported => Major is >= OldestMajor and <= NewestMajor;

    /// <summary>
    /// Whether servers of this version have <paramref name="capability"/>. An unknown version has none.
    /// </summary>
    internal bool Has(PostgresCapability capability)
    {
        foreach (var (known, from, until) in CapabilityTable.Rows)
        {
            if (known == capability)
            {
                return Major >= from && Major < until;
            }
        }

        return false;
    }

    /// <summary>
    /// Reads what <c>postgres --version</c> prints, or the content of <c>PG_VERSION</c>: <c>15.18</c>, <c>16beta1</c>,
    /// <c>15</c>.
    /// </summary>
    public static bool TryParse(string? text, out PostgresVersion version)
    {
        version = default;
        const string Product = "(PostgreSQL) ";
        var at = text?.IndexOf(Product, StringComparison.Ordinal) ?? -1;
        var number = (at >= 0 ? text![(at + Product.Length)..] : text ?? "").AsSpan().Trim();
        var major = Digits(number);
        if (major.IsEmpty || !int.TryParse(major, NumberStyles.None, CultureInfo.InvariantCulture, out var first))
        {
            return false;
        }

        var rest = number[major.Length..];
        var minor = rest.StartsWith(".") ? Digits(rest[1..]) : [];
        var second = 0;
        if (!minor.IsEmpty && !int.TryParse(minor, NumberStyles.None, CultureInfo.InvariantCulture, out second))
        {
            return false;
        }

        version = new((first * 10000) + second);
        return true;
    }

    public override string ToString() => IsKnown
        ? string.Create(CultureInfo.InvariantCulture, $"{Major}.{Number % 10000}")
        : "unknown";

    private static ReadOnlySpan<char> Digits(ReadOnlySpan<char> text)
    {
        var length = 0;
        while (length < text.Length && char.IsAsciiDigit(text[length]))
        {
            length++;
        }

        return text[..length];
    }
}

/// <summary>What differs between the supported versions, by the name of the ability rather than by number.</summary>
internal enum PostgresCapability
{
    /// <summary><c>promote_trigger_file</c> is a parameter.</summary>
    PromoteTriggerFile,

    /// <summary>A changed <c>restore_command</c> is taken over by a reload.</summary>
    ReloadableRestoreCommand,

    /// <summary>
    /// A standby pauses replay when its hot-standby-sensitive parameters are too low, instead of ending.
    /// </summary>
    PauseOnInsufficientParameters,

    /// <summary>pg_rewind takes <c>--config-file</c>.</summary>
    RewindConfigFile,

    /// <summary>pg_basebackup compresses on the server.</summary>
    ServerSideCompression,

    /// <summary>libpq knows <c>sslcrldir</c>.</summary>
    SslCrlDirectory,

    /// <summary>libpq knows <c>sslnegotiation</c>.</summary>
    SslNegotiation,
}

/// <summary>All knowledge of versions: from which major version on, and before which.</summary>
internal static class CapabilityTable
{
    private const int Open = int.MaxValue;

    public static readonly (PostgresCapability Capability, int From, int Until)[] Rows =
    [
        (PostgresCapability.PromoteTriggerFile, 12, 16),
        (PostgresCapability.ReloadableRestoreCommand, 14, Open),
        (PostgresCapability.PauseOnInsufficientParameters, 14, Open),
        (PostgresCapability.RewindConfigFile, 15, Open),
        (PostgresCapability.ServerSideCompression, 15, Open),
        (PostgresCapability.SslCrlDirectory, 14, Open),
        (PostgresCapability.SslNegotiation, 17, Open),
    ];

    /// <summary>
    /// <c>pg_control_version</c> of the supported versions, with the layout that <see cref="Control.PgControlFile"/>
    /// reads.
    /// </summary>
    /// <remarks>13 to 17 share one number; 18 has its own. The fields read here have not moved since 11.</remarks>
    public static bool KnowsControlFile(uint version) => version is 1300 or 1800;
}
