using HaAgent.Core.Decision;
using HaAgent.Core.Jobs;
using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;

namespace HaAgent.Core.Authority;

/// <summary>What the lease guard is to be told, as a function of what is known.</summary>
public abstract record GuardOrder
{
    private GuardOrder()
    {
    }

    /// <summary>Nothing new.</summary>
    public sealed record Leave : GuardOrder;

    /// <summary>End the server at <paramref name="Deadline"/>.</summary>
    public sealed record Arm(Instant Deadline, Instant LeaseEnd, long LeaseId) : GuardOrder;

    /// <summary>Nothing here can write, or the operator answers for it.</summary>
    /// <param name="OnlyIfNothingRuns">No postmaster is known: whether it has left backends is to be seen first.</param>
    public sealed record Disarm(bool OnlyIfNothingRuns = false) : GuardOrder;

    /// <summary>It fired, its work is done and the key is given up: begin anew.</summary>
    public sealed record Reset : GuardOrder;

    /// <summary>After each cycle.</summary>
    public static GuardOrder For(NodeView view)
    {
        ArgumentNullException.ThrowIfNull(view);
        if (view.Guard.Fired)
        {
            return view.Guard.NothingRuns && view.NothingComesUp() && view.Cluster is not null && !view.HasKey() ? new Reset() : new Leave();
        }

        if (view.Memory.Fencing)
        {
            return new Leave(); // the ladder disarms when no client is left, not when it begins
        }

        return view.MayBeWritable() || view.Job is { Spec: JobSpec.StartPrimary or JobSpec.Promote }
            ? ToBecomeWritable(view)
            : new Disarm(OnlyIfNothingRuns: !view.Running());
    }

    /// <summary>Before a promotion or a start as primary.</summary>
    public static GuardOrder ToBecomeWritable(NodeView view)
    {
        ArgumentNullException.ThrowIfNull(view);
        return view.Authority switch
        {
            NodeAuthority.Founding => new Disarm(),

            // A pause that only the cache on disk knows of may have ended long ago: what was armed stays armed.
            NodeAuthority.Pause => view.Cluster is not null ? new Disarm() : new Leave(),
            NodeAuthority.None => new Leave(), // what was promised last still counts
            var authority => new Arm(authority.GuardAt, authority.Until, view.Memory.LeaseId),
        };
    }

    /// <returns>False when the guard has fired meanwhile: what is here has lost.</returns>
    public bool GiveTo(ILeaseGuard guard)
    {
        ArgumentNullException.ThrowIfNull(guard);
        switch (this)
        {
            case Arm arm:
                return guard.TryArm(arm.Deadline, arm.LeaseEnd, arm.LeaseId);
            case Disarm disarm:
                return guard.TryDisarm(disarm.OnlyIfNothingRuns);
            case Reset:
                guard.Reset();
                return true;
            default:
                return !guard.Latest.Fired;
        }
    }
}
