using HaAgent.Guard;
using HaAgent.Simulation.Cluster;

namespace HaAgent.Simulation.Checkers;

/// <summary>S3: only the holder of the leader key promotes, and only after it holds the key.</summary>
/// <remarks>
/// Looked at when a promotion, or a start as primary, takes effect. One that was decided in time and takes effect after a
/// freeze may come when the key is gone; then the guard was armed with a deadline that has passed.
/// </remarks>
internal sealed class Promotions(SimCluster cluster, Exceptions exceptions)
{
    public long Checked { get; private set; }

    /// <summary>A promotion was issued.</summary>
    public void Issued(SimNode node)
    {
        Checked++;
        if (IsHeldBy(node) || IsGuarded(node))
        {
            return;
        }

        cluster.Violations.Add("S3", $"{node} was promoted while the leader key holds {cluster.Leader ?? "nothing"}");
    }

    /// <summary>It takes writes now, promoted or started as primary.</summary>
    public void TookEffect(SimNode node)
    {
        Checked++;
        if (!IsHeldBy(node) && !node.HasJustThawed && !node.IsUnwatched)
        {
            cluster.Violations.Add("S3", $"{node} takes writes from now on while the leader key holds {cluster.Leader ?? "nothing"}");
        }
    }

    private bool IsHeldBy(SimNode node) => cluster.Leader == node.Name || exceptions.ExcuseTwoWriters || cluster.IsFounding;

    private bool IsGuarded(SimNode node)
    {
        var isGuarded = node.Guard.State == WordState.Fired || (node.Guard.Deadline is { } deadline && deadline <= node.Host.Boottime);
        if (isGuarded)
        {
            cluster.World.Count("promotion after the deadline, under an armed guard");
        }

        return isGuarded;
    }
}
