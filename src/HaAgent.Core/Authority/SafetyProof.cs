using System.Globalization;
using HaAgent.Core.Model;
using HaAgent.Core.Snapshot;

namespace HaAgent.Core.Authority;

/// <summary>The steps of the proof in docs/safety.md, evaluated for given times and for the constants of this program.</summary>
/// <remarks>
/// They hold for all times that the rules let through, so a step that does not is a constant that was edited without its
/// consequences: that program must not lead. Checked before anything is started, and for each change of the times.
/// </remarks>
public static class SafetyProof
{
    /// <summary>The first step that does not hold, for the times in force or those that may come into force; null: all hold.</summary>
    /// <returns>A sentence that names the constant, the times and the step.</returns>
    public static string? Problem(HaSettings settings, SafetyConstants constants)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return Problem(settings.Timing, constants) ?? (settings.Short is { } shorter ? Problem(shorter, constants) : null);
    }

    /// <inheritdoc cref="Problem(HaSettings, SafetyConstants)"/>
    public static string? Problem(Timing timing, SafetyConstants constants)
    {
        ArgumentNullException.ThrowIfNull(timing);
        ArgumentNullException.ThrowIfNull(constants);
        foreach (var (constant, promise, holds) in Steps(timing, constants))
        {
            if (!holds)
            {
                return string.Create(
                    CultureInfo.InvariantCulture,
                    $"With {timing} the lease arithmetic of this program does not hold ({constant}: {promise}). "
                    + $"It could not promise that writing ends before the lease does. Use another version of haagent.");
            }
        }

        return null;
    }

    private static IEnumerable<(string Constant, string Promise, bool Holds)> Steps(Timing timing, SafetyConstants c)
    {
        var sent = Instant.Zero;
        var times = c.Times(sent, timing.Ttl);
        var (ladder, margin) = (times.GuardAt - times.FenceAt, times.LeaseEnd - times.GuardAt);

        yield return ("TimingRule", "loop_wait + 2 * retry_timeout is at most ttl, and each is a second at least",
            timing.LoopWait + (2 * timing.RetryTimeout) <= timing.Ttl
            && timing.LoopWait >= TimeSpan.FromSeconds(1) && timing.RetryTimeout >= TimeSpan.FromSeconds(1));
        yield return ("LeaseTimes", "a renewal is sent, then comes the fence, then the guard, then the lease's end",
            times.SentAt == sent && sent < times.FenceAt && times.FenceAt < times.GuardAt && times.GuardAt < times.LeaseEnd);
        yield return ("LeaseTimes.ClockRateError", "a thousandth is left for two clocks that do not run alike",
            times.LeaseEnd - sent <= timing.Ttl * (1 - 0.001));

        var every = times.RenewEvery(timing.LoopWait, timing.RetryTimeout);
        yield return ("LeaseTimes.RenewEvery", "a renewal is due within loop_wait, and has one whole retry_timeout before the fence",
            every > TimeSpan.Zero && every <= timing.LoopWait && sent + every + timing.RetryTimeout <= times.FenceAt);

        yield return ("FenceLadder.ShortestOrderly", "an orderly stop is tried at the fence", c.ShortestOrderlyStop < ladder);
        yield return ("FenceLadder.LastChance", "an immediate stop that begins at half of the ladder has its time before the guard's",
            c.LastChance <= ladder / 2);
        yield return ("FenceLadder.BetweenKills", "two rounds of SIGKILL from the guard's instant on end before the lease does",
            (2 * c.LongestBeforeKill) + c.BetweenKills < margin);
        yield return ("AlarmThread.Longest", "a fence that comes so late still ends before the lease does, by its last two rungs",
            times.FenceAt + c.LatestAlarm + c.LastChance + c.LongestBeforeKill < times.LeaseEnd);

        yield return ("LeaseGuard.SmallestMargin", "the guard counts on no more time than there is", c.GuardSmallestMargin <= margin);
        yield return ("GuardTimes.OrderlyShare", "SIGKILL ends what an immediate stop has left before the lease does",
            c.GuardOrderlyShare > 1 && (margin / c.GuardOrderlyShare) + c.LongestBeforeKill < margin);

        yield return ("NodeAuthority.Unknown.Margin", "a restarted agent has time for an orderly stop, and to ask the store before",
            c.ShortestOrderlyStop < c.AdoptionMargin && c.AdoptionMargin < timing.RetryTimeout);
        yield return ("Fold.ExpirySlack", "a lease that ends early can be told from one that ends in time", c.ExpirySlack < timing.Ttl);
    }
}
