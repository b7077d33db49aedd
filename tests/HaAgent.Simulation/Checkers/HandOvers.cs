using HaAgent.Simulation.Cluster;
using HaAgent.Simulation.Postgres;

namespace HaAgent.Simulation.Checkers;

/// <summary>A hand-over that a candidate confirmed loses nothing; a race is won by nobody who lags too much.</summary>
internal sealed class HandOvers(SimCluster cluster, Exceptions exceptions)
{
    /// <summary>The rule that releases the key when a candidate has everything.</summary>
    private const string Confirmed = "H30";

    /// <summary>A candidate that has confirmed takes over within so long, promotion and all.</summary>
    private static readonly TimeSpan Prompt = TimeSpan.FromSeconds(5);

    private readonly Dictionary<SimServer, Ack> _lastAck = [];
    private (SimNode From, Ack Last, TimeSpan At)? _handedOver;

    public long Checked { get; private set; }

    /// <summary>The leader key was deleted by its holder.</summary>
    public void Released(SimNode node)
    {
        // The turn that released it is over; what it says is the last rule that was not a wait.
        _handedOver = node.LastDeed == Confirmed && _lastAck.TryGetValue(node.Server, out var last) ? (node, last, cluster.World.Time.Now) : null;
    }

    public void Acknowledged(Ack ack) => _lastAck[ack.Server] = ack;

    public void Granted(SimNode node, long? optime)
    {
        if (node.LastDeed == Races.Race && optime is { } last && !exceptions.ExcuseTwoWriters)
        {
            Checked++;
            var behind = last - (long)node.Server.Directory.Flushed.Value;
            if (behind > cluster.MaximumLag)
            {
                cluster.Violations.Add("lag", $"{node} won the race {behind} bytes behind the last position of the leader");
            }
        }
    }

    public void BecameWritable(SimNode node)
    {
        if (_handedOver is not { } before || before.From == node)
        {
            return;
        }

        Checked++;
        _handedOver = null;
        if (cluster.World.Time.Now - before.At > Prompt)
        {
            return; // who had confirmed did not come; what was not replicated may be lost, as in any failover
        }

        if (!node.Server.Contains(before.Last) && !exceptions.ExcuseTwoWriters)
        {
            cluster.Violations.Add("hand-over", $"{node} took over from {before.From} without {before.Last.Lsn}, which {before.Last.Server.Name} had acknowledged");
        }
    }
}
