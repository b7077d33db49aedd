using HaAgent.Guard;
using HaAgent.Testing;

namespace HaAgent.EndToEnd.Tests.GuardFigures;

/// <summary>The clock of agent and guard, in nanoseconds: what was acknowledged and the lease's end are compared on one clock.</summary>
internal static class Boottime
{
    public const long Second = 1_000_000_000;

    public static long Now => LinuxClock.Nanoseconds(LinuxClock.Boottime);

    public static TimeSpan Span(long nanoseconds) => TimeSpan.FromTicks(nanoseconds / TimeSpan.NanosecondsPerTick);

    /// <summary>Returns at <paramref name="instant"/> or a little later; how much later is for the caller to look at.</summary>
    public static Task ReachedAsync(long instant) => Eventually.HoldsAsync(
        "an instant is reached",
        TimeSpan.FromTicks(Math.Max(0, Span(instant - Now).Ticks)) + TimeSpan.FromSeconds(60),
        () => Now >= instant);
}
