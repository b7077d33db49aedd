using System.Globalization;
using Google.Protobuf;
using HaAgent.Dcs.Grpc;
using HaAgent.Dcs.Protos;

namespace HaAgent.Simulation.Etcd;

/// <summary>Commands into changes of the store, and what they are answered.</summary>
internal sealed class SimStateMachine(SimStore store, SimAuth auth)
{
    /// <summary>etcd raises shorter TTLs to one and a half of its election timeouts, in whole seconds.</summary>
    public const long SmallestTtl = 2;

    private readonly List<bool> _path = [];

    /// <summary>Out of space: what needs some is refused, everything else works.</summary>
    public bool RefusesWrites { get; set; }

    public SimResult Apply(SimCommand command)
    {
        switch (command.Kind)
        {
            case CommandKind.Put:
                return Put((PutRequest)command.Request!);
            case CommandKind.Delete:
                var deleted = store.Delete((DeleteRangeRequest)command.Request!, store.Revision + 1);
                return Done(new DeleteRangeResponse { Deleted = deleted });
            case CommandKind.Transaction:
                return Transact((TxnRequest)command.Request!);
            case CommandKind.Grant:
                return Grant(command.Lease, ((LeaseGrantRequest)command.Request!).TTL);
            case CommandKind.Revoke:
                return store.Revoke(command.Lease) ? Done(null) : LeaseNotFound();
            case CommandKind.Compact:
                store.Compact();
                return Done(null);
            case CommandKind.Authenticate:
                return Done(new AuthenticateResponse { Token = auth.NewToken() });
            default:
                return Done(null);
        }
    }

    private SimResult Done(IMessage? answer) => new(GrpcStatus.Ok, answer, store.Revision);

    private SimResult Refused(GrpcCode code, string message) => new(new(code, message, GrpcOrigin.Server), null, store.Revision);

    private SimResult LeaseNotFound() => Refused(GrpcCode.NotFound, "etcdserver: requested lease not found");

    private SimResult NoSpace() => Refused(GrpcCode.ResourceExhausted, "etcdserver: mvcc: database space exceeded");

    private SimResult Grant(long id, long ttl)
    {
        if (RefusesWrites)
        {
            return NoSpace();
        }

        var lease = store.Grant(id, Math.Max(ttl, SmallestTtl));
        return Done(new LeaseGrantResponse { ID = id, TTL = lease.Ttl });
    }

    private SimResult Put(PutRequest put)
    {
        if (RefusesWrites)
        {
            return NoSpace();
        }

        if (put.Lease != 0 && !store.Leases.ContainsKey(put.Lease))
        {
            return LeaseNotFound();
        }

        store.Put(put, store.Revision + 1);
        return Done(new PutResponse());
    }

    private SimResult Transact(TxnRequest transaction)
    {
        // Whichever way it goes: what might put costs space.
        if (RefusesWrites && HasPut(transaction))
        {
            return NoSpace();
        }

        // All comparisons come first, those of nested transactions too.
        _path.Clear();
        Compare(transaction);
        var next = 0;
        if (!KnowsLeases(transaction, ref next))
        {
            return LeaseNotFound();
        }

        next = 0;
        return Done(Run(transaction, store.Revision + 1, ref next));
    }

    private void Compare(TxnRequest transaction)
    {
        var succeeds = true;
        foreach (var compare in transaction.Compare)
        {
            succeeds &= Holds(compare);
        }

        _path.Add(succeeds);
        foreach (var request in succeeds ? transaction.Success : transaction.Failure)
        {
            if (request.RequestTxn is { } nested)
            {
                Compare(nested);
            }
        }
    }

    private bool Holds(Compare compare)
    {
        var key = store.Find(compare.Key);
        return compare.Target switch
        {
            Dcs.Protos.Compare.Types.CompareTarget.Version => (key?.Version ?? 0) == compare.Version,
            Dcs.Protos.Compare.Types.CompareTarget.Create => (key?.CreateRevision ?? 0) == compare.CreateRevision,
            Dcs.Protos.Compare.Types.CompareTarget.Mod => (key?.ModRevision ?? 0) == compare.ModRevision,
            Dcs.Protos.Compare.Types.CompareTarget.Value => key is not null && key.Value == compare.Value,
            Dcs.Protos.Compare.Types.CompareTarget.Lease => (key?.Lease ?? 0) == compare.Lease,
            _ => throw new NotSupportedException(string.Create(CultureInfo.InvariantCulture, $"compare {compare.Target}")),
        };
    }

    private bool KnowsLeases(TxnRequest transaction, ref int next)
    {
        foreach (var request in _path[next++] ? transaction.Success : transaction.Failure)
        {
            if (request.RequestPut is { Lease: not 0 } put && !store.Leases.ContainsKey(put.Lease))
            {
                return false;
            }

            if (request.RequestTxn is { } nested && !KnowsLeases(nested, ref next))
            {
                return false;
            }
        }

        return true;
    }

    private TxnResponse Run(TxnRequest transaction, long revision, ref int next)
    {
        var response = new TxnResponse { Succeeded = _path[next++] };
        foreach (var request in response.Succeeded ? transaction.Success : transaction.Failure)
        {
            response.Responses.Add(RunOne(request, revision, ref next));
        }

        return response;
    }

    private ResponseOp RunOne(RequestOp request, long revision, ref int next)
    {
        switch (request.RequestCase)
        {
            case RequestOp.RequestOneofCase.RequestPut:
                store.Put(request.RequestPut, revision);
                return new() { ResponsePut = new() };
            case RequestOp.RequestOneofCase.RequestDeleteRange:
                return new() { ResponseDeleteRange = new() { Deleted = store.Delete(request.RequestDeleteRange, revision) } };
            case RequestOp.RequestOneofCase.RequestRange:
                return new() { ResponseRange = store.Range(request.RequestRange, long.MaxValue) };
            case RequestOp.RequestOneofCase.RequestTxn:
                return new() { ResponseTxn = Run(request.RequestTxn, revision, ref next) };
            default:
                throw new NotSupportedException("an empty operation");
        }
    }

    private static bool HasPut(TxnRequest transaction) => HasPut(transaction.Success) || HasPut(transaction.Failure);

    private static bool HasPut(IEnumerable<RequestOp> requests)
    {
        foreach (var request in requests)
        {
            if (request.RequestPut is not null || (request.RequestTxn is { } nested && HasPut(nested)))
            {
                return true;
            }
        }

        return false;
    }
}
