namespace HaAgent.Core.Model;

/// <summary>A moment on the agent's suspend-aware clock (CLOCK_BOOTTIME), for measuring and for deadlines.</summary>
/// <remarks>
/// Never wall-clock time: that may jump, and a jump must not extend a lease. Two instants compare only within one boot
/// of one host. Resolution 100 ns. <see cref="Never"/> is later than all others.
/// </remarks>
public readonly record struct Instant(long Ticks) : IComparable<Instant>
{
    public static readonly Instant Never = new(long.MaxValue);
    public static readonly Instant Zero;

    /// <summary>The clock's current moment.</summary>
    public static Instant Now(TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(clock);
        return new(clock.GetElapsedTime(0).Ticks);
    }

    /// <summary>Time from <paramref name="earlier"/> to this; negative when this is the earlier one.</summary>
    public TimeSpan Since(Instant earlier) => new(Ticks - earlier.Ticks);

    public static Instant operator +(Instant at, TimeSpan span) =>
        at == Never ? Never : new(checked(at.Ticks + span.Ticks));

    public static Instant operator -(Instant at, TimeSpan span) =>
        at == Never ? Never : new(checked(at.Ticks - span.Ticks));

    public static TimeSpan operator -(Instant later, Instant earlier) => later.Since(earlier);
    public static bool operator <(Instant a, Instant b) => a.Ticks < b.Ticks;
    public static bool operator >(Instant a, Instant b) => a.Ticks > b.Ticks;
    public static bool operator <=(Instant a, Instant b) => a.Ticks <= b.Ticks;
    public static bool operator >=(Instant a, Instant b) => a.Ticks >= b.Ticks;

    public static Instant Min(Instant a, Instant b) => a <= b ? a : b;
    public static Instant Max(Instant a, Instant b) => a >= b ? a : b;

    public int CompareTo(Instant other) => Ticks.CompareTo(other.Ticks);

    public override string ToString() => this == Never ? "never" : FormattableString.Invariant($"{Ticks / 1e7:F3}s");

    public Instant Add(TimeSpan span) => this + span;
    public Instant Subtract(TimeSpan span) => this - span;
}
