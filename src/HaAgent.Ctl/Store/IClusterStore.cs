using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;

namespace HaAgent.Ctl.Store;

/// <summary>One cluster in the configuration store, as an operator's tool needs it.</summary>
internal interface IClusterStore : IAsyncDisposable
{
    /// <summary>A linearizable picture; empty for a cluster that does not exist.</summary>
    /// <exception cref="CtlException">The store did not answer.</exception>
    Task<ClusterState> ReadAsync(CancellationToken stop);

    /// <summary>Writes the failover request, whatever is there.</summary>
    Task<WriteOutcome> WriteFailoverAsync(string json, CancellationToken stop);

    /// <summary>Takes a failover request back if it is still the one that was read.</summary>
    Task<WriteOutcome> ClearFailoverAsync(DcsVersion expected, CancellationToken stop);

    /// <summary>Deletes everything that the store holds of this cluster.</summary>
    Task<WriteOutcome> DeleteAsync(CancellationToken stop);

    /// <summary>Writes the dynamic configuration if it is still the one that was read.</summary>
    Task<WriteOutcome> WriteConfigAsync(string json, DcsVersion expected, CancellationToken stop);
}
