using Google.Protobuf;
using HaAgent.Dcs.Grpc;
using HaAgent.Dcs.Protos;
using HaAgent.Simulation.Kernel;

namespace HaAgent.Simulation.Etcd;

/// <summary>What one member does with the requests that reach it.</summary>
internal sealed class SimServer
{
    private readonly SimMember _self;
    private readonly SimEtcd _cluster;
    private readonly Chance _chance;
    private readonly SimReads _reads;
    private readonly SimRenewals _renewals;
    private readonly SimWatches _watches;
    private readonly SimCalls _calls;
    private readonly SimLeaseEnds _ends;

    public SimServer(SimMember self, SimEtcd cluster)
    {
        _self = self;
        _cluster = cluster;
        _chance = cluster.World.Stream($"server {self.Name}");
        _reads = new(self, cluster);
        _watches = new(self, cluster, _chance);
        Lessor = new(self.Host);
        _renewals = new(self, cluster);
        _calls = new(self, cluster, _chance);
        _ends = new(self, cluster, _chance);
    }

    public SimLessor Lessor { get; }

    /// <summary>Of the state that this member shows.</summary>
    public long Revision { get; private set; } = 1;

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

        _calls.Add(call);
        _self.Process.Deliver(() => Take(call));
    }

    public void Tick()
    {
        _calls.Tick();
        _reads.Tick();
        _ends.Propose();
    }

    /// <summary>Which leases are over?</summary>
    public void LookAtLeases() => _ends.Look();

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

        if (command.Call is { } call && _calls.Waits(call))
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
        _calls.End(Tell);
        _reads.Clear();
        _renewals.Clear();
        _watches.End(Tell);
        _ends.Clear();

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
            case MemberListRequest or StatusRequest:
                Describe(call);
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
            Describe(call); // nor are these
        }
        else
        {
            Answer(call, refusal, null, Header(Revision));
        }
    }

    private void Describe(SimCall call) => Answer(
        call,
        GrpcStatus.Ok,
        call.Request is StatusRequest ? new StatusResponse { Version = _cluster.Version } : _cluster.MemberList(),
        Header(Revision));

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
}
