using HaAgent.Core.Model;

namespace HaAgent.Core.Ports;

/// <summary>The word in the run directory that outlives the agent: until when this node's PostgreSQL may be writable.</summary>
/// <remarks>Valid within one boot only. The lease guard will watch this very word.</remarks>
public interface IDeadlineWord
{
    /// <summary>The deadline that a predecessor left for this data directory in this boot; null when there is none.</summary>
    Instant? Predecessor { get; }

    /// <summary>Before anything can become writable under it, and after each confirmed renewal.</summary>
    void Write(Instant deadline, long leaseId);

    /// <summary>Nothing here is or can become writable.</summary>
    void Clear();
}
