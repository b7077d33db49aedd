using HaAgent.Core.Effects;
using HaAgent.Core.Loop;
using HaAgent.Core.Model;

namespace HaAgent.Core.Authority;

/// <summary>Every constant of the program that the proof in docs/safety.md rests on, as <see cref="SafetyProof"/> takes them.</summary>
/// <remarks>What the core does not know, the process that is made of it fills in: nothing has a default that nobody uses.</remarks>
public sealed record SafetyConstants
{
    /// <summary>The instants that follow from a renewal that was sent and confirmed for so long.</summary>
    public Func<Instant, TimeSpan, LeaseTimes> Times { get; init; } = LeaseTimes.From;

    /// <summary>The smallest margin of a restarted agent over a primary that it found, before it is decided what that may.</summary>
    public TimeSpan AdoptionMargin { get; init; } = NodeAuthority.Unknown.Margin;

    /// <summary>Less than this before the deadline no orderly stop is tried.</summary>
    public TimeSpan ShortestOrderlyStop { get; init; } = FenceLadder.ShortestOrderly;

    /// <summary>What an immediate stop gets in any case.</summary>
    public TimeSpan LastChance { get; init; } = FenceLadder.LastChance;

    /// <summary>Between two rounds of SIGKILL.</summary>
    public TimeSpan BetweenKills { get; init; } = FenceLadder.BetweenKills;

    /// <summary>A lease that ended so much before its time ended in time.</summary>
    public TimeSpan ExpirySlack { get; init; } = Fold.ExpirySlack;

    /// <summary>From the decision to kill until every process of the server has been sent SIGKILL.</summary>
    public required TimeSpan LongestBeforeKill { get; init; }

    /// <summary>The guard gives an immediate stop one of so many parts of its margin.</summary>
    public required int GuardOrderlyShare { get; init; }

    /// <summary>The margin that the guard counts on at least.</summary>
    public required TimeSpan GuardSmallestMargin { get; init; }

    /// <summary>An alarm may come so late after the machine was suspended.</summary>
    public required TimeSpan LatestAlarm { get; init; }
}
