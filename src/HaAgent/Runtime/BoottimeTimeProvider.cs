using HaAgent.Guard;

namespace HaAgent.Runtime;

/// <summary>The agent's clock: timestamps of CLOCK_BOOTTIME, which a suspended machine does not stop.</summary>
/// <remarks>
/// .NET's own timestamps are CLOCK_MONOTONIC on Linux: after a suspend of an hour they would grant an hour to a lease
/// that ran out long ago. Timers are the system's and may fire late by a suspend; whoever they wake compares with
/// this clock.
/// </remarks>
internal sealed class BoottimeTimeProvider : TimeProvider
{
    public static readonly BoottimeTimeProvider Instance = new();

    private BoottimeTimeProvider()
    {
    }

    public override long TimestampFrequency => 1_000_000_000;

    public override long GetTimestamp() => LinuxClock.Nanoseconds(LinuxClock.Boottime);
}
