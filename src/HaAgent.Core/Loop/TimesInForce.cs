using HaAgent.Core.Authority;
using HaAgent.Core.Decision;
using HaAgent.Core.Jobs;
using HaAgent.Core.Model;
using HaAgent.Core.Snapshot;
using Microsoft.Extensions.Logging;

namespace HaAgent.Core.Loop;

/// <summary>Tells the store's client which times are in force, in an order that is safe at each step, and the operator why.</summary>
internal sealed class TimesInForce(LoopParts parts, LoopState state, ILogger logger)
{
    private (Timing? Short, NodeName? Because) _told;

    /// <summary>Before a decision: what is decided on may then rely on it.</summary>
    public NodeView Follow(NodeView v)
    {
        Tell(v);
        var timing = v.Settings.Timing;
        if (timing == v.Memory.StoreTiming || (timing.Ttl < v.Memory.StoreTiming?.Ttl && MustWait(v)))
        {
            return v;
        }

        // As soon as the client knows of a shorter lease the key may hang on it, whether we learn of that or not. So first the
        // own account, then the guard's, then the client (S1).
        var retimed = v with { Memory = FoldOutcomes.Retimed(v.Memory, timing, v.At) };
        if (GuardOrder.For(retimed) is GuardOrder.Arm arm && !arm.GiveTo(parts.Guard))
        {
            return v; // it has fired: the next look sees that, and then there is nothing left to arm for
        }

        state.Change(_ => retimed.Memory);
        parts.Dcs.Configure(timing.Ttl, timing.LoopWait, timing.RetryTimeout);
        return retimed;
    }

    /// <summary>Once for each reason why times below the peers' minimums are used or not.</summary>
    private void Tell(NodeView v)
    {
        var times = v.Memory.ShortTimes;
        if (v.Settings.Short is not { } asked)
        {
            _told = default;
            return;
        }

        if (!times.InForce && times.Hindrance.IsNobody && (v.Cluster is null || v.Unlocked()))
        {
            return; // nothing to say yet
        }

        NodeName? because = times.InForce ? null : !times.Hindrance.IsNobody ? times.Hindrance : v.LeaderName();
        if (_told == (asked, because))
        {
            return;
        }

        _told = (asked, because);
        switch (because)
        {
            case null:
                HaLog.ShortTimesInForce(logger, asked);
                break;
            case { } member when member == times.Hindrance:
                HaLog.ShortTimesHindered(logger, asked, member, v.Settings.Timing);
                break;
            case { } leader when leader == v.Self:
                HaLog.ShortTimesAwaited(logger, asked, (ShortTimes.SoundForTtls * v.Settings.Ttl).TotalSeconds, v.Settings.Timing);
                break;
            case { } leader:
                HaLog.ShortTimesNotLed(logger, asked, leader, v.Settings.Timing);
                break;
        }
    }

    /// <summary>Deadlines were given out under the longer lease: until they are met or past, the key stays on it.</summary>
    private static bool MustWait(NodeView v) => v.Memory.Fencing || v.Job is { Spec: JobSpec.StartPrimary or JobSpec.Promote };
}
