using HaAgent.Core.Decision;
using HaAgent.Core.Snapshot;

namespace HaAgent.Core.Tests.Decision;

internal static class Rulings
{
    /// <summary>The ruling on this view: its decision must be a <typeparamref name="T"/> by this row for this reason.</summary>
    public static T MustDecide<T>(this Given given, string ruleId, ReasonId reason)
        where T : HaDecision
    {
        var ruled = HaDecider.Decide((NodeView)given);
        Assert.Equal((ruleId, reason), (ruled.RuleId, ruled.Decision.Reason.Id));
        return Assert.IsType<T>(ruled.Decision);
    }

    /// <summary>The decision on this view, whichever row it comes from.</summary>
    public static T Decided<T>(this Given given)
        where T : HaDecision => Assert.IsType<T>(HaDecider.Decide((NodeView)given).Decision);
}
