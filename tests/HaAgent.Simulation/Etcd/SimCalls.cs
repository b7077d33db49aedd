using HaAgent.Dcs.Grpc;
using HaAgent.Simulation.Kernel;

namespace HaAgent.Simulation.Etcd;

/// <summary>The calls that have reached one member and wait for it.</summary>
internal sealed class SimCalls(SimMember self, SimEtcd cluster, Chance chance)
{
    /// <summary>Five seconds and two election timeouts, as etcd reckons.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(7);

    /// <summary>Without a leader some are answered after this.</summary>
    private static readonly TimeSpan Impatience = TimeSpan.FromSeconds(0.3);

    private readonly List<SimCall> _calls = [];

    public void Add(SimCall call)
    {
        call.ArrivedAt = cluster.World.Time.Now;
        _calls.Add(call);
    }

    public void Remove(SimCall call) => _calls.Remove(call);

    public bool Waits(SimCall call) => !call.IsSettled && _calls.Contains(call);

    /// <summary>Nobody is served any more.</summary>
    public void End(Action<SimCall> tell)
    {
        foreach (var call in _calls)
        {
            call.IsSettled = true;
            tell(call);
        }

        _calls.Clear();
    }

    /// <summary>Gives up those that have waited too long.</summary>
    public void Tick()
    {
        for (var i = _calls.Count - 1; i >= 0; i--)
        {
            var (call, waited) = (_calls[i], cluster.World.Time.Now - _calls[i].ArrivedAt);
            if (call.IsOver)
            {
                call.IsSettled = true;
                _calls.RemoveAt(i);
            }
            else if (waited > Patience)
            {
                self.Server.Fail(call, GrpcCode.Unavailable, "etcdserver: request timed out");
            }
            else if (self.Raft.Leader is null && waited > Impatience && chance.Happens(0.02))
            {
                var isLate = chance.Happens(0.5);
                self.Server.Fail(
                    call,
                    isLate ? GrpcCode.DeadlineExceeded : GrpcCode.Unavailable,
                    isLate ? "context deadline exceeded" : "etcdserver: no leader");
            }
        }
    }
}
