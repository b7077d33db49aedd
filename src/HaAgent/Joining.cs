using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Settings;
using HaAgent.Core.Snapshot;
using HaAgent.Dcs.Etcd;
using HaAgent.Systemd;

namespace HaAgent;

/// <summary>May a node without a server join its cluster? The store must have answered, and its name must be its own.</summary>
internal sealed class Joining(
    EtcdDcs dcs, IPostgresServer postgres, NodeIdentity identity, ServiceState service, TimeProvider clock, ILogger logger)
{
    private static readonly TimeSpan StorePatience = TimeSpan.FromSeconds(5);

    /// <returns>Null: it may. Otherwise the exit code of the process.</returns>
    /// <exception cref="ConfigurationException">The store does not let this agent in.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> was signalled.</exception>
    public async Task<int?> RefusedWithAsync(CancellationToken stop)
    {
        var cluster = await WaitForStoreAsync(stop);
        if (cluster is null || !await NameCheck.IsTakenAsync(cluster, identity, stop))
        {
            return null;
        }

        HostLog.NameTaken(logger, identity.Name.Value);
        return 1;
    }

    /// <summary>
    /// Without the store nothing is known of who leads: wait, saying so, for as long as it takes. A server that comes up meanwhile, by
    /// somebody's hand or late, needs an agent that looks after it.
    /// </summary>
    /// <returns>Null: a server runs here now.</returns>
    private async Task<ClusterState?> WaitForStoreAsync(CancellationToken stop)
    {
        while (true)
        {
            stop.ThrowIfCancellationRequested();
            postgres.ProbeSoon();
            var reading = await dcs.ReadAsync(Instant.Now(clock) + StorePatience, stop);
            if (reading is DcsReading.Answered answered)
            {
                return answered.Cluster;
            }

            if (postgres.Latest.IsRunning)
            {
                return null;
            }

            if (dcs.LoginRefused is { } refused)
            {
                throw refused; // a definite no, and no server here that would need an agent
            }

            var failure = dcs.LastFailure;
            HostLog.WaitingForStore(logger, failure);
            service.TurnCompleted($"waiting on etcd ({failure})", StorePatience);
        }
    }
}
