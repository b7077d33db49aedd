using HaAgent.Simulation.Cluster;

namespace HaAgent.Simulation.Checkers;

/// <summary>Times in which a law does not hold by its own words (docs/safety.md).</summary>
internal sealed class Exceptions(SimCluster cluster)
{
    private TimeSpan _until = TimeSpan.MinValue;

    /// <summary>The operator answers for what writes: a pause.</summary>
    public bool IsPaused { get; set; }

    /// <summary>S1 and S2 are not promised at present.</summary>
    public bool ExcuseTwoWriters => IsPaused || cluster.World.Time.Now <= _until;

    /// <summary>From now on for so long: the store forgot or was changed by hand what it had promised.</summary>
    public void Excuse(TimeSpan span)
    {
        var until = cluster.World.Time.Now + span;
        _until = until > _until ? until : _until;
    }
}
