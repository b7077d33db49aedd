using HaAgent.Simulation.Cluster;

namespace HaAgent.Simulation.Checkers;

/// <summary>
/// No agent counts on its lease for longer than the store will keep it. Where one does, it takes a second mishap to have two writers:
/// this looks before it.
/// </summary>
internal sealed class CountedLeases(SimCluster cluster, Exceptions exceptions)
{
    /// <summary>Both clocks may be a thousandth wrong, over the longest lease of a history; the margins of the product cover it.</summary>
    private static readonly TimeSpan Drift = TimeSpan.FromSeconds(0.1);

    public long Checked { get; private set; }

    /// <param name="leaseEnd">As the agent counts, in ticks of its host's clock.</param>
    public void Armed(SimNode node, long leaseEnd, long lease)
    {
        if (lease == 0 || exceptions.ExcuseTwoWriters || cluster.Etcd.LeaseLeft(lease) is not { } kept)
        {
            return;
        }

        Checked++;
        var counted = node.Host.ToRun(TimeSpan.FromTicks(leaseEnd - node.Host.Boottime));
        if (counted > kept + Drift)
        {
            cluster.Violations.Add("lease", string.Create(
                System.Globalization.CultureInfo.InvariantCulture,
                $"{node} counts on lease {lease:x} for {counted.TotalSeconds:0.000} s, and the store keeps it for {kept.TotalSeconds:0.000} s"));
        }
    }
}
