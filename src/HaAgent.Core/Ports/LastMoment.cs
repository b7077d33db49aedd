using HaAgent.Core.Model;

namespace HaAgent.Core.Ports;

/// <summary>The last look at the clock before an effect that could make a server writable.</summary>
/// <remarks>Called in the statement before the effect. What may come between the two is the lease guard's to cover.</remarks>
public static class LastMoment
{
    /// <summary>It is later than <paramref name="notAfter"/>: the effect must not happen.</summary>
    public static bool HasPassed(TimeProvider clock, Instant notAfter) => Instant.Now(clock) > notAfter;
}
