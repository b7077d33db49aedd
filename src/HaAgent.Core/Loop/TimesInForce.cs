using HaAgent.Core.Authority;
using HaAgent.Core.Jobs;
using HaAgent.Core.Snapshot;

namespace HaAgent.Core.Loop;

/// <summary>Tells the store's client which times are in force, in an order that is safe at each step.</summary>
internal sealed class TimesInForce(LoopParts parts, LoopState state)
{
    /// <summary>Before a decision: what is decided on may then rely on it.</summary>
    public NodeView Follow(NodeView v)
    {
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

    /// <summary>Deadlines were given out under the longer lease: until they are met or past, the key stays on it.</summary>
    private static bool MustWait(NodeView v) => v.Memory.Fencing || v.Job is { Spec: JobSpec.StartPrimary or JobSpec.Promote };
}
