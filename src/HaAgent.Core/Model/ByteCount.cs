namespace HaAgent.Core.Model;

/// <summary>A signed number of bytes, such as a lag.</summary>
public readonly record struct ByteCount(long Value) : IComparable<ByteCount>
{
    public static readonly ByteCount Zero;

    public static ByteCount FromMebibytes(long mebibytes) => new(checked(mebibytes * 1024 * 1024));

    public int CompareTo(ByteCount other) => Value.CompareTo(other.Value);
    public static bool operator <(ByteCount a, ByteCount b) => a.Value < b.Value;
    public static bool operator >(ByteCount a, ByteCount b) => a.Value > b.Value;
    public static bool operator <=(ByteCount a, ByteCount b) => a.Value <= b.Value;
    public static bool operator >=(ByteCount a, ByteCount b) => a.Value >= b.Value;

    public override string ToString() => FormattableString.Invariant($"{Value} B");
}
