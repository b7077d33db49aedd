using Google.Protobuf;
using HaAgent.Dcs.Grpc;
using HaAgent.Dcs.Protos;
using HaAgent.Simulation.Kernel;

namespace HaAgent.Simulation.Etcd;

/// <summary>What one member does with the requests that reach it.</summary>
internal sealed class SimServer
{
    /// <summary>Five seconds and two election timeouts, as etcd reckons.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(7);

    private readonly SimMember _self;
    private readonly SimEtcd _cluster;
    private readonly Chance _chance;
    private readonly SimReads _reads;
    private readonly SimRenewals _renewals;
    private readonly SimWatches _watches;

    /// <summary>Calls that have reached this member and wait for it.</summary>
    private readonly List<SimCall> _calls = [];
    private readonly List<long> _expired = [];
    private TimeSpan _lookAtLeasesAt;

    public SimServer(SimMember self, SimEtcd cluster)
    {
        _self = self;
        _cluster = cluster;
        _chance = cluster.World.Stream($"server {self.Name}");
        _reads = new(self, cluster);
        _watches = new(self, cluster, _chance);
        Lessor = new(self.Host);
        _renewals = new(self, cluster);
        _lookAtLeasesAt = _chance.Seconds(0, 0.5);
    }

    public SimLessor Lessor { get; }

    /// <summary>Of the state that this member shows.</summary>
    public long Revision { get; private set; } = 1;

    private TimeSpan Now => _cluster.World.Time.Now;

    /// <summary>A request comes in from the network.</summary>
    public void Arrive(SimCall call)
    {
        if (_self.Process.IsDead)
        {
            if (!_self.Host.IsFrozen)
            {
                _cluster.Tell(_self, call, GrpcStatus.Broken("connection refused"), null);
            }

            return;
        }

        call.ArrivedAt = Now;
        _calls.Add(call);
        _self.Process.Deliver(() => Take(call));
    }

    public void Tick()
    {
        if (_calls.Count > 0)
        {
            LookAtCalls();
        }

        _reads.Tick();
        if (_expired.Count > 0)
        {
            EndLeases();
        }
    }

    /// <summary>Twice a second: which leases are over?</summary>
    public void LookAtLeases()
    {
        if (Now >= _lookAtLeasesAt)
        {
            _lookAtLeasesAt = Now + TimeSpan.FromSeconds(0.5);
            Lessor.TakeExpired(_expired);
        }
    }

    public void OnApplied(SimEntry entry, SimResult result)
    {
        var command = entry.Command;
        Revision = result.Revision;
        switch (command.Kind)
        {
            case CommandKind.Nothing when _self.Raft.IsLeader && entry.Term == _self.Raft.Term:
                Lessor.Promote(SimRaft.ElectionTimeout);
                break;
            case CommandKind.Grant when result.Answer is LeaseGrantResponse granted:
                Lessor.Add(granted.ID, granted.TTL);
                break;
            case CommandKind.Revoke:
                Lessor.Remove(command.Lease);
                break;
        }

        if (command.Call is { IsSettled: false } call && _calls.Contains(call))
        {
            Answer(call, result.Status, result.Answer, Header(result.Revision));
        }
    }

    /// <summary>Everything that is decided is in the state now.</summary>
    public void OnCaughtUp()
    {
        _watches.Deliver();
        _reads.Serve();
        _renewals.LookAgain();
    }

    public void OnLeaderChanged()
    {
        if (!_self.Raft.IsLeader && Lessor.IsPrimary)
        {
            Lessor.Demote();
            _renewals.OnDeposed();
        }

        if (_self.Raft.Leader is not null)
        {
            _reads.OnLeaderChanged();
        }
    }

    /// <summary>The process is gone, and with it every connection.</summary>
    public void OnDied()
    {
        Lessor.Demote();
        foreach (var call in _calls)
        {
            call.IsSettled = true;
            Tell(call);
        }

        _calls.Clear();
        _reads.Clear();
        _renewals.Clear();
        _watches.End(Tell);
        _expired.Clear();

        // Its kernel does, but a machine that is gone as a whole says nothing.
        void Tell(SimCall call)
        {
            if (!_self.Host.IsFrozen)
            {
                _cluster.Tell(_self, call, GrpcStatus.Broken("connection reset by peer"), null);
            }
        }
    }

    public void Wipe()
    {
        Revision = 1;
        Lessor.Clear();
    }

    public ResponseHeader Header(long revision) => new()
    {
        ClusterId = _cluster.ClusterId,
        MemberId = _self.Id,
        RaftTerm = _self.Raft.Term,
        Revision = revision,
    };

    public void Answer(SimCall call, GrpcStatus status, IMessage? answer, ResponseHeader header)
    {
        if (call.IsSettled)
        {
            return;
        }

        call.IsSettled = true;
        _calls.Remove(call);
        if (answer is not null)
        {
            SimHeaders.Put(answer, header);
        }

        _cluster.Answer(_self, call, status, answer);
    }

    public void Fail(SimCall call, GrpcCode code, string message) =>
        Answer(call, new(code, message, GrpcOrigin.Server), null, Header(Revision));

    /// <summary>A keepalive that another member passes on.</summary>
    public void Renew(Renewing renewing) => _renewals.Try(renewing);

    private void Take(SimCall call)
    {
        if (call.IsOver)
        {
            // Its caller has reset it; whether that is noticed before it is taken up is a race.
            if (call is SimStreamCall || _chance.Happens(0.5))
            {
                call.IsSettled = true;
                _calls.Remove(call);
                return;
            }

            _cluster.World.Count("etcd late request");
        }

        if (_cluster.Auth.Judge(call.Token, NeedsUser(call.Request)) is { } refusal && call.Request is not AuthenticateRequest)
        {
            Refuse(call, refusal);
            return;
        }

        switch (call.Request)
        {
            case RangeRequest { Serializable: true } range:
                Answer(call, GrpcStatus.Ok, _cluster.Store.Range(range, Revision), Header(Revision));
                break;
            case RangeRequest range:
                _reads.Begin(call, range);
                break;
            case TxnRequest transaction:
                Propose(call, CommandKind.Transaction, transaction);
                break;
            case PutRequest put:
                Propose(call, CommandKind.Put, put);
                break;
            case DeleteRangeRequest delete:
                Propose(call, CommandKind.Delete, delete);
                break;
            case LeaseGrantRequest grant:
                Propose(call, CommandKind.Grant, grant, grant.ID != 0 ? grant.ID : (long)(_chance.Next() >> 1));
                break;
            case LeaseKeepAliveRequest renewal:
                _renewals.Begin(call, renewal.ID);
                break;
            case AuthenticateRequest login:
                LogIn(call, login);
                break;
            case MemberListRequest:
                Answer(call, GrpcStatus.Ok, _cluster.MemberList(), Header(Revision));
                break;
            case StatusRequest:
                Answer(call, GrpcStatus.Ok, new StatusResponse { Version = _cluster.Version }, Header(Revision));
                break;
            case WatchRequest watch:
                _calls.Remove(call);
                _watches.Begin((SimStreamCall)call, watch.CreateRequest);
                break;
            default:
                throw new NotSupportedException($"{call.Path}");
        }
    }

    /// <summary>Those that read or write keys. Leases are granted to anybody, but not for a bad token.</summary>
    private static bool NeedsUser(IMessage request) =>
        request is RangeRequest or TxnRequest or PutRequest or DeleteRangeRequest or WatchRequest;

    private void Refuse(SimCall call, GrpcStatus refusal)
    {
        if (call is SimStreamCall stream)
        {
            _calls.Remove(call);
            _watches.Refuse(stream);
        }
        else if (call.Request is LeaseKeepAliveRequest renewal)
        {
            _renewals.Begin(call, renewal.ID); // keepalives are not checked
        }
        else if (call.Request is MemberListRequest or StatusRequest)
        {
            // Nor are these.
            IMessage answer = call.Request is StatusRequest ? new StatusResponse { Version = _cluster.Version } : _cluster.MemberList();
            Answer(call, GrpcStatus.Ok, answer, Header(Revision));
        }
        else
        {
            Answer(call, refusal, null, Header(Revision));
        }
    }

    private void LogIn(SimCall call, AuthenticateRequest login)
    {
        if (_cluster.Auth.User is not { } user)
        {
            Fail(call, GrpcCode.FailedPrecondition, "etcdserver: authentication is not enabled");
        }
        else if (user != (login.Name, login.Password))
        {
            Fail(call, GrpcCode.InvalidArgument, "etcdserver: authentication failed, invalid user ID or password");
        }
        else
        {
            Propose(call, CommandKind.Authenticate, login);
        }
    }

    private void Propose(SimCall call, CommandKind kind, IMessage request, long lease = 0)
    {
        var cause = new KeyCause(ChangeCause.Client, call.Caller.Host.Name);
        if (!_self.Raft.Propose(new(kind, request, cause) { Call = call, Lease = lease }))
        {
            Fail(call, GrpcCode.Unknown, "raft proposal dropped");
        }
    }

    private void EndLeases()
    {
        if (_self.Raft.Leader is null)
        {
            return;
        }

        // Fixed versions make sure first that they still lead; others pass it on to whoever does now (etcd-io/etcd#15247).
        for (var i = 0; i < _expired.Count && (_self.Raft.IsLeader || _cluster.EndsLeasesOfOthers); i++)
        {
            _self.Raft.Propose(new(CommandKind.Revoke, null, new(ChangeCause.LeaseExpiry, "")) { Lease = _expired[i] });
        }

        _expired.Clear();
    }

    /// <summary>Gives up those that have waited too long; without a leader some get an answer earlier.</summary>
    private void LookAtCalls()
    {
        for (var i = _calls.Count - 1; i >= 0; i--)
        {
            var (call, waited) = (_calls[i], Now - _calls[i].ArrivedAt);
            if (call.IsOver)
            {
                call.IsSettled = true;
                _calls.RemoveAt(i);
            }
            else if (waited > Patience)
            {
                Fail(call, GrpcCode.Unavailable, "etcdserver: request timed out");
            }
            else if (_self.Raft.Leader is null && waited > TimeSpan.FromSeconds(0.3) && _chance.Happens(0.02))
            {
                var isLate = _chance.Happens(0.5);
                Fail(call, isLate ? GrpcCode.DeadlineExceeded : GrpcCode.Unavailable, isLate ? "context deadline exceeded" : "etcdserver: no leader");
            }
        }
    }
}
