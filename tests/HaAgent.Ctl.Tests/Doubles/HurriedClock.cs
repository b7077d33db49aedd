namespace HaAgent.Ctl.Tests.Doubles;

/// <summary>
/// A clock that stands still in a zone three hours behind UTC. Waits of up to two seconds are over at once; longer ones, which
/// are deadlines, are real.
/// </summary>
internal sealed class HurriedClock : TimeProvider
{
    private static readonly TimeSpan Hurried = TimeSpan.FromSeconds(2);

    public override TimeZoneInfo LocalTimeZone { get; } =
        TimeZoneInfo.CreateCustomTimeZone("test", TimeSpan.FromHours(-3), "test", "test");

    public override DateTimeOffset GetUtcNow() => new DateTimeOffset(2023, 9, 13, 20, 30, 15, TimeSpan.Zero).AddTicks(1234567);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        base.CreateTimer(callback, state, dueTime > TimeSpan.Zero && dueTime <= Hurried ? TimeSpan.FromTicks(1) : dueTime, period);
}
