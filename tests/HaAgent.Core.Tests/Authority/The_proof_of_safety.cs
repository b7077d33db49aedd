using HaAgent.Core.Authority;
using HaAgent.Core.Model;
using HaAgent.Core.Snapshot;

namespace HaAgent.Core.Tests.Authority;

/// <summary>The steps of docs/safety.md, evaluated. What the process fills in has its own test, with its own constants.</summary>
public class The_proof_of_safety
{
    private static readonly SafetyConstants Constants = new()
    {
        LongestBeforeKill = TimeSpan.FromMilliseconds(50),
        GuardOrderlyShare = 4,
        GuardSmallestMargin = TimeSpan.FromMilliseconds(500),
        LatestAlarm = TimeSpan.FromSeconds(1),
    };

    private static readonly Timing Shortest = TimingRule.Floors;

    /// <summary>One edit of each constant that breaks the proof for the shortest times, by the name that it must be refused with.</summary>
    private static readonly Dictionary<string, Func<SafetyConstants, SafetyConstants>[]> Edits = new()
    {
        ["LeaseTimes"] =
        [
            c => c with { Times = (sent, length) => LeaseTimes.From(sent, length) with { FenceAt = sent + length } },
            c => c with { Times = (sent, length) => LeaseTimes.From(sent, length) with { GuardAt = sent + length } },
            c => c with { Times = (sent, length) => LeaseTimes.From(sent + Ms(1), length) }, // counted from later than the sending
        ],
        ["LeaseTimes.ClockRateError"] = [c => c with { Times = (sent, length) => LeaseTimes.From(sent, length) with { LeaseEnd = sent + length } }],
        ["LeaseTimes.RenewEvery"] = [c => c with { Times = (sent, length) => LeaseTimes.From(sent, length) with { FenceAt = sent + Ms(1000) } }],
        ["FenceLadder.ShortestOrderly"] = [c => c with { ShortestOrderlyStop = Ms(900) }],
        ["FenceLadder.LastChance"] = [c => c with { LastChance = Ms(450) }],
        ["FenceLadder.BetweenKills"] = [c => c with { BetweenKills = Ms(400) }, c => c with { LongestBeforeKill = Ms(200) }],
        ["AlarmThread.Longest"] = [c => c with { LatestAlarm = Ms(1100) }],
        ["LeaseGuard.SmallestMargin"] = [c => c with { GuardSmallestMargin = Ms(600) }],
        ["GuardTimes.OrderlyShare"] = [c => c with { GuardOrderlyShare = 1 }, c => c with { GuardOrderlyShare = 0 }],
        ["NodeAuthority.Unknown.Margin"] = [c => c with { AdoptionMargin = Ms(200) }, c => c with { AdoptionMargin = Ms(1000) }],
        ["Fold.ExpirySlack"] = [c => c with { ExpirySlack = Ms(5000) }],
    };

    public static TheoryData<string> Names => [.. Edits.Keys];

    [Fact]
    public void Holds_for_all_times_that_the_rule_lets_through()
    {
        for (var ttl = 5; ttl <= 120; ttl++)
        {
            for (var retry = 1; retry <= (ttl - 1) / 2; retry++)
            {
                foreach (var loopWait in new[] { 1, (ttl - (2 * retry)) / 2, ttl - (2 * retry) }.Where(wait => wait >= 1))
                {
                    Assert.Null(SafetyProof.Problem(Of(ttl, loopWait, retry), Constants));
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Fails_by_the_name_of_a_constant_that_was_edited(string name) => Assert.All(Edits[name], edit =>
        Assert.StartsWith(
            $"With ttl=5, loop_wait=1, retry_timeout=1 the lease arithmetic of this program does not hold ({name}: ",
            SafetyProof.Problem(Shortest, edit(Constants)),
            StringComparison.Ordinal));

    [Theory]
    [InlineData(20, 1, 10)]
    [InlineData(20, 0, 3)]
    [InlineData(20, 1, 0)]
    public void Fails_for_times_that_break_the_rule_between_them(int ttl, int loopWait, int retry) =>
        Assert.Contains("(TimingRule: ", SafetyProof.Problem(Of(ttl, loopWait, retry), Constants), StringComparison.Ordinal);

    [Fact]
    public void Fails_for_a_lease_that_is_too_short_for_any_margin() =>
        Assert.NotNull(SafetyProof.Problem(Of(3, 1, 1), Constants));

    [Fact]
    public void Is_asked_of_the_times_that_may_come_into_force_too()
    {
        var slow = Constants with { LatestAlarm = Ms(1100) };
        Assert.Null(SafetyProof.Problem(HaSettings.Default, slow));
        Assert.NotNull(SafetyProof.Problem(HaSettings.Default with { Short = Shortest }, slow));
    }

    private static TimeSpan Ms(int milliseconds) => TimeSpan.FromMilliseconds(milliseconds);

    private static Timing Of(int ttl, int loopWait, int retry) =>
        new(TimeSpan.FromSeconds(ttl), TimeSpan.FromSeconds(loopWait), TimeSpan.FromSeconds(retry));
}
