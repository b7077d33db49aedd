using HaAgent.Core.Model;
using HaAgent.Core.Snapshot;

namespace HaAgent.Core.Ports;

/// <summary>
/// The lease guard: a process beside the agent that ends the local PostgreSQL when the deadline passes that the agent
/// last set, whatever has become of the agent.
/// </summary>
/// <remarks>The deadline is a word in shared memory that outlives the agent, but not the boot. Nothing here waits.</remarks>
public interface ILeaseGuard
{
    /// <summary>The deadline that a predecessor left for this data directory in this boot; null when there is none.</summary>
    Instant? Predecessor { get; }

    /// <summary>As of now.</summary>
    GuardReading Latest { get; }

    /// <summary>Raised on any thread when the guard's process came or went.</summary>
    event Action? Changed;

    /// <summary>Before anything can become writable under it, and after each confirmed renewal.</summary>
    /// <param name="deadline">No client backend may be left from here on.</param>
    /// <param name="leaseEnd">What is left from the deadline until then is the guard's to end the server in.</param>
    /// <returns>False when the guard has fired: what is here has lost, whatever was just confirmed.</returns>
    bool TryArm(Instant deadline, Instant leaseEnd, long leaseId);

    /// <summary>No client backend is left and none can come, or the operator has paused the cluster.</summary>
    /// <param name="onlyIfNothingRuns">
    /// The agent knows of no postmaster; that nothing of it is left is to be seen first.
    /// </param>
    /// <returns>False when the guard has fired, or something runs.</returns>
    bool TryDisarm(bool onlyIfNothingRuns);

    /// <summary>After a firing, once no process of the server is left.</summary>
    void Reset();
}
