using HaAgent.Simulation.Kernel;

namespace HaAgent.Simulation.Etcd;

/// <summary>At one member: twice a second it is looked which leases are over, and their end is proposed.</summary>
internal sealed class SimLeaseEnds(SimMember self, SimEtcd cluster, Chance chance)
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(0.5);

    private readonly List<long> _expired = [];
    private TimeSpan _lookAt = chance.Seconds(0, 0.5);

    public void Look()
    {
        if (cluster.World.Time.Now >= _lookAt)
        {
            _lookAt = cluster.World.Time.Now + LookEvery;
            self.Server.Lessor.TakeExpired(_expired);
        }
    }

    public void Propose()
    {
        if (_expired.Count == 0 || self.Raft.Leader is null)
        {
            return;
        }

        // Fixed versions make sure first that they still lead; others pass it on to whoever does now (etcd-io/etcd#15247).
        if (!self.Raft.IsLeader && cluster.EndsLeasesOfOthers)
        {
            cluster.NoteEndedByOthers();
        }

        for (var i = 0; i < _expired.Count && (self.Raft.IsLeader || cluster.EndsLeasesOfOthers); i++)
        {
            self.Raft.Propose(new(CommandKind.Revoke, null, new(ChangeCause.LeaseExpiry, "")) { Lease = _expired[i] });
        }

        _expired.Clear();
    }

    public void Clear() => _expired.Clear();
}
