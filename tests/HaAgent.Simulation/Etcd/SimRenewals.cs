using HaAgent.Dcs.Grpc;
using HaAgent.Dcs.Protos;

namespace HaAgent.Simulation.Etcd;

/// <summary>Keepalives at one member. They go to the leader past the log, and it answers from memory.</summary>
/// <remarks>
/// So a leader that has lost an election without knowing it confirms what nobody else will remember. The header is made when
/// the request comes in, by the member that was asked: it says that member's term, which may be over when the answer is given.
/// </remarks>
internal sealed class SimRenewals(SimMember self, SimEtcd cluster)
{
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromSeconds(0.05);
    private static readonly TimeSpan AwaitLeaderFor = SimRaft.ElectionTimeout;

    /// <summary>A leader that ticked no longer ago believes that it leads; fixed versions make sure else.</summary>
    private static readonly TimeSpan BelievesFor = TimeSpan.FromSeconds(0.3);

    private readonly List<Renewing> _confirming = [];

    /// <summary>Those of leases that have expired here, until it is decided whether they end.</summary>
    private readonly List<Renewing> _ending = [];

    public void Begin(SimCall call, long lease)
    {
        var header = self.Server.Header(self.Server.Revision);
        Try(new(
            lease,
            () => call.IsSettled,
            (renewal, ttl) =>
            {
                if (renewal == Renewal.NotPrimary)
                {
                    self.Server.Fail(call, GrpcCode.Unknown, "not a primary lessor");
                }
                else
                {
                    self.Server.Answer(call, GrpcStatus.Ok, new LeaseKeepAliveResponse { ID = lease, TTL = ttl }, header);
                }
            }));
    }

    public void OnDeposed()
    {
        foreach (var renewing in _confirming)
        {
            renewing.Done(Renewal.NotPrimary, 0);
        }

        _confirming.Clear();
        LookAgain();
    }

    public void LookAgain()
    {
        if (_ending.Count == 0)
        {
            return;
        }

        var waiting = _ending.ToArray();
        _ending.Clear();
        foreach (var renewing in waiting)
        {
            Try(renewing);
        }
    }

    public void Clear()
    {
        _confirming.Clear();
        _ending.Clear();
    }

    public void Try(Renewing renewing)
    {
        if (renewing.IsOver())
        {
            return;
        }

        var isHeldUp = cluster.World.Time.Now - self.Raft.TickedAt > BelievesFor;
        if (isHeldUp && self.Raft.IsLeader && !renewing.Forwarded && !cluster.EndsLeasesOfOthers)
        {
            _confirming.Add(renewing);
            self.Raft.Quorum.Confirm(_ =>
            {
                if (_confirming.Remove(renewing))
                {
                    Renew(renewing);
                }
            });
        }
        else
        {
            Renew(renewing);
        }
    }

    private void Renew(Renewing renewing)
    {
        var renewal = self.Raft.IsLeader ? self.Server.Lessor.Renew(renewing.Lease, out var ttl) : Other(out ttl);
        switch (renewal)
        {
            case Renewal.Done:
                cluster.NoteRenewed(self, renewing.Lease);
                renewing.Done(renewal, ttl);
                break;
            case Renewal.NotFound:
                renewing.Done(renewal, 0);
                break;
            case Renewal.Ending:
                _ending.Add(renewing);
                break;
            case Renewal.NotPrimary when renewing.Forwarded:
                renewing.Done(Renewal.NotPrimary, 0);
                break;
            case Renewal.NotPrimary when self.Raft.Leader is { } leader && leader != self:
                Forward(renewing, leader);
                break;
            default:
                self.Process.After(self.Raft.Leader is null ? AwaitLeaderFor : LookAgainAfter, () => Try(renewing));
                break;
        }
    }

    private static Renewal Other(out long ttl)
    {
        ttl = 0;
        return Renewal.NotPrimary;
    }

    private void Forward(Renewing renewing, SimMember leader) => cluster.SendToPeer(self, leader, () =>
        leader.Server.Renew(new(renewing.Lease, () => false, (renewal, ttl) => cluster.SendToPeer(leader, self, () =>
        {
            if (renewal == Renewal.NotPrimary)
            {
                self.Process.After(LookAgainAfter, () => Try(renewing));
            }
            else
            {
                renewing.Done(renewal, ttl);
            }
        }))
        { Forwarded = true }));
}

/// <summary>A keepalive on its way.</summary>
/// <param name="IsOver">Nobody waits for it.</param>
/// <param name="Done">With the TTL that is left; zero when there is no such lease.</param>
internal sealed record Renewing(long Lease, Func<bool> IsOver, Action<Renewal, long> Done)
{
    /// <summary>By the member that was asked: it is not passed on again.</summary>
    public bool Forwarded { get; init; }
}
