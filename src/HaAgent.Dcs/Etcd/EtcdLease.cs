using System.Globalization;
using HaAgent.Core.Model;
using HaAgent.Dcs.Grpc;
using HaAgent.Dcs.Protos;
using Microsoft.Extensions.Logging;

namespace HaAgent.Dcs.Etcd;

/// <summary>A lease as last granted or prolonged.</summary>
/// <param name="Asked">The TTL we want.</param>
/// <param name="SentAt">Taken before the request left that granted or last prolonged it.</param>
/// <param name="GuaranteedFor">From then: the smaller of the TTL asked and the one answered. Zero: it has expired.</param>
/// <param name="Term">Raft term of the answer, and the cluster that gave it.</param>
internal sealed record LeaseState(long Id, TimeSpan Asked, Instant SentAt, TimeSpan GuaranteedFor, ulong Term, ulong Cluster)
{
    public bool HasExpired => GuaranteedFor <= TimeSpan.Zero;
}

/// <summary>The one lease of this process: granted, prolonged, forgotten. Never revoked: what hangs on it ends by itself.</summary>
/// <remarks>
/// A keepalive is one stream with one request and one answer, opened for it and gone after it. So an answer can only be that
/// request's, and one that comes after the deadline meets a stream that was reset and is nobody's.
/// </remarks>
internal sealed class EtcdLease(EtcdConnection connection, ILogger log)
{
    private volatile LeaseState? _current;

    /// <summary>Null before the first grant and after a loss.</summary>
    public LeaseState? Current => _current;

    /// <summary>A lease of the wanted TTL that was prolonged by a request of this call, or granted by it.</summary>
    public Task<GrpcReply<LeaseState>> ProlongAsync(EtcdAttempt attempt, CancellationToken stop) =>
        FreshAsync(notOlderThan: TimeSpan.Zero, attempt, stop);

    /// <summary>The lease as it is if its last request is no older than this; else as <see cref="ProlongAsync"/>.</summary>
    public async Task<GrpcReply<LeaseState>> FreshAsync(TimeSpan notOlderThan, EtcdAttempt attempt, CancellationToken stop)
    {
        var lease = _current;
        if (lease is null || lease.Asked != connection.Timing.Ttl)
        {
            return await GrantAsync(attempt, stop);
        }

        // A lease answered in an older raft term was perhaps prolonged by a member that no longer counts.
        if (notOlderThan > TimeSpan.Zero && connection.Now - lease.SentAt <= notOlderThan && lease.Term == connection.Guard.Term)
        {
            return GrpcReply<LeaseState>.Of(lease);
        }

        var reply = await KeepAliveAsync(lease, attempt, stop);
        if (reply.Message is not { HasExpired: true })
        {
            return reply;
        }

        Forget(lease.Id);
        return await GrantAsync(attempt, stop);
    }

    /// <summary>The store said that this lease does not exist.</summary>
    public void Forget(long id)
    {
        if (_current is { } lease && lease.Id == id)
        {
            _current = null;
            DcsLog.LeaseGone(log, id);
        }
    }

    /// <summary>What comes next is to hang on another lease; this one ends by itself.</summary>
    public void Abandon() => _current = null;

    private async Task<GrpcReply<LeaseState>> GrantAsync(EtcdAttempt attempt, CancellationToken stop)
    {
        var asked = connection.Timing.Ttl;
        var sentAt = connection.Now;
        var request = new LeaseGrantRequest { TTL = (long)Math.Ceiling(asked.TotalSeconds) };
        var reply = await connection.CallAsync(EtcdPath.Lease, EtcdMethods.LeaseGrant, request, attempt, stop);
        if (reply.Message is not { } granted)
        {
            return GrpcReply<LeaseState>.Failed(reply.Status);
        }

        var answered = TimeSpan.FromSeconds(granted.TTL);
        if (answered > asked)
        {
            connection.Notices.Add(string.Create(
                CultureInfo.InvariantCulture,
                $"etcd raised the TTL of {asked.TotalSeconds:0.###} s to {granted.TTL} s (about 1.5 of its election timeouts): "
                + $"a failover takes up to {granted.TTL} s, although a leader counts only {asked.TotalSeconds:0.###} s"));
        }

        DcsLog.LeaseGranted(log, granted.ID, answered.TotalSeconds);
        var lease = new LeaseState(
            granted.ID, asked, sentAt, Smaller(asked, answered), granted.Header.RaftTerm, granted.Header.ClusterId);
        _current = lease;
        return GrpcReply<LeaseState>.Of(lease);
    }

    private async Task<GrpcReply<LeaseState>> KeepAliveAsync(LeaseState lease, EtcdAttempt attempt, CancellationToken stop)
    {
        var sentAt = connection.Now;
        var request = new LeaseKeepAliveRequest { ID = lease.Id };
        var reply = await connection.CallAsync(EtcdPath.Lease, EtcdMethods.LeaseKeepAlive, request, attempt, stop);
        if (reply.Message is not { } answer)
        {
            // A member that does not know the lease says so with a TTL of zero, and by code when it is asked to look it up.
            return EtcdErrors.Meaning(reply.Status) == EtcdMeaning.LeaseNotFound
                ? GrpcReply<LeaseState>.Of(lease with { GuaranteedFor = TimeSpan.Zero })
                : GrpcReply<LeaseState>.Failed(reply.Status);
        }

        if (answer.ID != lease.Id)
        {
            return GrpcReply<LeaseState>.Failed(GrpcStatus.Unconfirmed($"the answer is about lease {answer.ID:x}, not {lease.Id:x}"));
        }

        if (answer.Header.ClusterId != lease.Cluster && connection.Now - lease.SentAt < lease.GuaranteedFor)
        {
            // Another cluster knows nothing of this lease. Once the guarantee is over there is nothing left to be wrong about.
            return GrpcReply<LeaseState>.Failed(GrpcStatus.Unconfirmed(
                $"cluster {answer.Header.ClusterId:x} answers, the lease is of cluster {lease.Cluster:x}"));
        }

        var prolonged = lease with
        {
            SentAt = sentAt,
            GuaranteedFor = Smaller(lease.Asked, TimeSpan.FromSeconds(Math.Max(0, answer.TTL))),
            Term = answer.Header.RaftTerm,
            Cluster = answer.Header.ClusterId,
        };
        if (!prolonged.HasExpired)
        {
            Interlocked.CompareExchange(ref _current, prolonged, lease);
        }

        return GrpcReply<LeaseState>.Of(prolonged);
    }

    private static TimeSpan Smaller(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
