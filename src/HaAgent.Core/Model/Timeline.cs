namespace HaAgent.Core.Model;

/// <summary>A timeline id: 1 for a new cluster, one more with each promotion. Zero means "not known".</summary>
/// <remarks>PostgreSQL documentation, "Timelines".</remarks>
public readonly record struct Timeline(uint Value) : IComparable<Timeline>
{
    public static readonly Timeline Unknown;

    public bool IsKnown => Value != 0;

    public int CompareTo(Timeline other) => Value.CompareTo(other.Value);
    public static bool operator <(Timeline a, Timeline b) => a.Value < b.Value;
    public static bool operator >(Timeline a, Timeline b) => a.Value > b.Value;
    public static bool operator <=(Timeline a, Timeline b) => a.Value <= b.Value;
    public static bool operator >=(Timeline a, Timeline b) => a.Value >= b.Value;

    public override string ToString() => FormattableString.Invariant($"{Value}");
}

/// <summary>Where a server stands: a position on a timeline. Either part may be unknown.</summary>
public readonly record struct WalPosition(Timeline Timeline, Lsn Lsn)
{
    public static readonly WalPosition Unknown;

    public override string ToString() => $"{Timeline}:{Lsn}";
}
