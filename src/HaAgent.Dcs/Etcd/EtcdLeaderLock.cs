using System.Diagnostics.CodeAnalysis;
using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Dcs.Grpc;
using HaAgent.Dcs.Protos;
using HaAgent.Dcs.Records;
using Microsoft.Extensions.Logging;

namespace HaAgent.Dcs.Etcd;

/// <summary>The leader key: taken, prolonged, moved to another lease, given up. One call at a time.</summary>
/// <remarks>
/// Every try begins from the store, never from what an earlier try may have done: so the effect of a lost reply is found by
/// the next try, as the own name on the own lease, which nobody but this process can have put there.
/// </remarks>
internal sealed class EtcdLeaderLock(EtcdClient client, EtcdLease lease, KeyCache cache, DcsKeys keys, NodeName self, ILogger log)
{
    /// <summary>A lease this young is not prolonged before it is raced with.</summary>
    private static readonly TimeSpan YoungLease = TimeSpan.FromSeconds(1);

    private readonly EtcdConnection _connection = client.Connection;

    /// <summary>Create revision of the key that this process holds; null when it holds none that it knows of.</summary>
    private long? _createRevision;

    public Task<LeaseAnswer> AcquireAsync(Instant notAfter, CancellationToken stop)
    {
        var status = cache.Find(DcsKeys.Status)?.ModRevision ?? 0;
        return PutAnewAsync(
            id => EtcdTransactions.Acquire(keys.LeaderPath, self.Value, id, keys.PathOf(DcsRecord.Status), status), notAfter, stop);
    }

    public Task<LeaseAnswer> TakeAsync(Instant notAfter, CancellationToken stop) =>
        PutAnewAsync(id => EtcdTransactions.Set(keys.LeaderPath, self.Value, id), notAfter, stop);

    public Task<LeaseAnswer> RenewAsync(bool mayCreate, Instant notAfter, CancellationToken stop) =>
        RunAsync(attempt => RenewOnceAsync(mayCreate, attempt, stop), notAfter, stop);

    /// <remarks>
    /// A request that was given up on may still arrive. So it names the lease that the key hangs on, and when its end is not known, this
    /// process gets itself another lease: a key that it holds later is not deleted by what it asked for before.
    /// </remarks>
    public async Task<WriteOutcome> ReleaseAsync(Instant notAfter, CancellationToken stop)
    {
        _createRevision = null;
        using var own = cache.BeginOwn(DcsKeys.Leader, value: null);
        var seen = cache.Find(DcsKeys.Leader);
        var write = await DeleteAsync(IsOurs(seen) ? seen.Lease : lease.Current?.Id ?? 0, notAfter, stop);
        if (write.Outcome == WriteOutcome.Refused && IsOurs(write.Key))
        {
            write = await DeleteAsync(write.Key.Lease, notAfter, stop); // it was moved since it was seen
        }

        if (write.Outcome == WriteOutcome.Unknown || IsOurs(write.Key))
        {
            lease.Abandon();
            return WriteOutcome.Unknown;
        }

        return write.Outcome;
    }

    private async Task<EtcdWrite> DeleteAsync(long hangsOn, Instant notAfter, CancellationToken stop)
    {
        var write = await client.TransactAsync(
            EtcdPath.Lease,
            keys.LeaderPath,
            EtcdTransactions.DeleteIfHolds(keys.LeaderPath, self.Value, hangsOn),
            EtcdEffort.UntilDeadline,
            key => !IsOurs(key),
            notAfter,
            stop);
        if (write.Revision > 0)
        {
            cache.Learn(DcsKeys.Leader, write.Key, write.Revision);
        }

        return write;
    }

    private bool IsOurs([NotNullWhen(true)] StoredKey? key) => key?.Value == self.Value;

    private async Task<LeaseAnswer> RunAsync(
        Func<EtcdAttempt, Task<GrpcReply<LeaseAnswer>>> attempt, Instant notAfter, CancellationToken stop)
    {
        using var own = cache.BeginOwn(DcsKeys.Leader, self.Value);
        var reply = await _connection.RunAsync(EtcdPath.Lease, EtcdEffort.UntilDeadline, attempt, notAfter, stop);
        if (reply.Message is not { } answer)
        {
            client.Fail(reply.Status);
            return LeaseAnswer.Unknown(reply.Status.ToString());
        }

        if (answer.Outcome == LeaseOutcome.NotHeld)
        {
            _createRevision = null;
        }

        return answer;
    }

    private async Task<GrpcReply<LeaseAnswer>> RenewOnceAsync(bool mayCreate, EtcdAttempt attempt, CancellationToken stop)
    {
        var prolonged = await lease.ProlongAsync(attempt, stop);
        if (prolonged.Message is not { } current)
        {
            return GrpcReply<LeaseAnswer>.Failed(prolonged.Status);
        }

        // Begun after the keepalive was answered: it confirms that the member which answered was not cut off then.
        var read = await _connection
            .CallAsync(EtcdPath.Lease, EtcdMethods.Range, EtcdTransactions.Read(keys.LeaderPath), attempt, stop);
        if (read.Message is not { } range)
        {
            return GrpcReply<LeaseAnswer>.Failed(read.Status);
        }

        var key = Learn(range.Kvs.Count > 0 ? range.Kvs[0] : null, range.Header);
        if (key is null && mayCreate)
        {
            return await PutAsync(
                current, id => EtcdTransactions.Create(keys.LeaderPath, self.Value, id), attempt, stop);
        }

        if (!IsOurs(key) || key.Lease == current.Id)
        {
            return Judge(key, current, range.Header);
        }

        DcsLog.LeaderKeyMoves(log, key.Lease, current.Id);
        return await PutAsync(
            current,
            id => EtcdTransactions.Move(keys.LeaderPath, self.Value, id, _createRevision, mayCreate && _createRevision is null),
            attempt,
            stop);
    }

    private Task<LeaseAnswer> PutAnewAsync(Func<long, TxnRequest> transaction, Instant notAfter, CancellationToken stop)
    {
        _createRevision = null;
        return RunAsync(
            async attempt =>
            {
                var fresh = await lease.FreshAsync(YoungLease, attempt, stop);
                return fresh.Message is { } current
                    ? await PutAsync(current, transaction, attempt, stop)
                    : GrpcReply<LeaseAnswer>.Failed(fresh.Status);
            },
            notAfter,
            stop);
    }

    /// <summary>A transaction that hangs the leader key on the own lease.</summary>
    private async Task<GrpcReply<LeaseAnswer>> PutAsync(
        LeaseState current, Func<long, TxnRequest> transaction, EtcdAttempt attempt, CancellationToken stop)
    {
        var reply = await _connection
            .CallAsync(EtcdPath.Lease, EtcdMethods.Txn, transaction(current.Id), attempt, stop);
        if (reply.Message is { } response)
        {
            var key = Learn(EtcdTransactions.KeyAfter(response), response.Header);
            if (EtcdTransactions.TookEffect(response))
            {
                _createRevision = key?.CreateRevision;
            }

            return Judge(key, current, response.Header);
        }

        if (EtcdErrors.Meaning(reply.Status) != EtcdMeaning.LeaseNotFound)
        {
            return GrpcReply<LeaseAnswer>.Failed(reply.Status);
        }

        // The lease ended between its last answer and now. The next try gets a new one; nothing was written by this one.
        lease.Forget(current.Id);
        return GrpcReply<LeaseAnswer>.Failed(GrpcStatus.Unconfirmed($"lease {current.Id:x} does not exist any more"));
    }

    /// <summary>What the leader key, read after the lease was prolonged, proves.</summary>
    private GrpcReply<LeaseAnswer> Judge(StoredKey? key, LeaseState current, ResponseHeader header)
    {
        if (header.ClusterId != current.Cluster)
        {
            return GrpcReply<LeaseAnswer>.Failed(GrpcStatus.Unconfirmed(
                $"cluster {header.ClusterId:x} answers, the lease is of cluster {current.Cluster:x}"));
        }

        if (key is null)
        {
            return GrpcReply<LeaseAnswer>.Of(LeaseAnswer.NotHeld("the leader key does not exist"));
        }

        if (key.Value != self.Value)
        {
            return GrpcReply<LeaseAnswer>.Of(LeaseAnswer.NotHeld($"the leader key holds '{key.Value}'"));
        }

        if (key.Lease != current.Id)
        {
            return GrpcReply<LeaseAnswer>.Of(LeaseAnswer.NotHeld($"the leader key hangs on lease {key.Lease:x}, not on {current.Id:x}"));
        }

        if (_createRevision is { } known && key.CreateRevision != known)
        {
            return GrpcReply<LeaseAnswer>.Of(LeaseAnswer.NotHeld("the leader key was deleted and created again"));
        }

        // Equal, not just not lower: had there been an election between the two answers, the keepalive could have been
        // answered by the leader that lost it, and the lease could end a TTL after that election, before a TTL from now.
        if (header.RaftTerm != current.Term)
        {
            return GrpcReply<LeaseAnswer>.Failed(GrpcStatus.Unconfirmed(
                $"the lease was prolonged in raft term {current.Term}, the key read in term {header.RaftTerm}"));
        }

        _createRevision = key.CreateRevision;
        return GrpcReply<LeaseAnswer>.Of(
            new(LeaseOutcome.Held, current.SentAt, current.GuaranteedFor, $"lease {current.Id:x}") { LeaseId = current.Id });
    }

    private StoredKey? Learn(KeyValue? key, ResponseHeader header)
    {
        var stored = key is null ? null : EtcdTransactions.Stored(key, keys.Prefix);
        cache.Learn(DcsKeys.Leader, stored, header.Revision);
        return stored;
    }
}
