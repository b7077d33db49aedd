using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace HaAgent.Core.Model;

/// <summary>A position in the write-ahead log: a byte offset, written <c>16/B374D848</c>.</summary>
/// <remarks>
/// PostgreSQL documentation, "pg_lsn Type". Zero means "not known": no WAL record starts there.
/// Positions order history only within one timeline; compare across timelines with <see cref="WalPosition"/>.
/// </remarks>
public readonly record struct Lsn(ulong Value) : IComparable<Lsn>
{
    public static readonly Lsn Unknown;

    public bool IsKnown => Value != 0;

    /// <summary>Bytes by which this position is ahead of <paramref name="other"/>; negative when behind.</summary>
    public ByteCount AheadOf(Lsn other) => new(unchecked((long)(Value - other.Value)));

    public static Lsn Max(Lsn a, Lsn b) => a.Value >= b.Value ? a : b;

    public int CompareTo(Lsn other) => Value.CompareTo(other.Value);
    public static bool operator <(Lsn a, Lsn b) => a.Value < b.Value;
    public static bool operator >(Lsn a, Lsn b) => a.Value > b.Value;
    public static bool operator <=(Lsn a, Lsn b) => a.Value <= b.Value;
    public static bool operator >=(Lsn a, Lsn b) => a.Value >= b.Value;

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Value >> 32:X}/{(uint)Value:X}");

    /// <summary>Reads <c>16/B374D848</c>: two hexadecimal halves of up to eight digits.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out Lsn lsn)
    {
        lsn = default;
        var slash = text?.IndexOf('/', StringComparison.Ordinal) ?? -1;
        if (slash < 1
            || !uint.TryParse(text.AsSpan(0, slash), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var high)
            || !uint.TryParse(text.AsSpan(slash + 1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var low))
        {
            return false;
        }

        lsn = new(((ulong)high << 32) | low);
        return true;
    }
}
