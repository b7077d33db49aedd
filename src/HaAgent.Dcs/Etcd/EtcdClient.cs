using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;
using HaAgent.Dcs.Grpc;
using HaAgent.Dcs.Protos;
using HaAgent.Dcs.Records;
using Microsoft.Extensions.Logging;

namespace HaAgent.Dcs.Etcd;

/// <summary>Reads and writes of one cluster's keys, one request at a time: what a tool needs, and what <see cref="EtcdDcs"/> builds on.</summary>
/// <remarks>
/// No watch, no lease, nothing in the background. All reads are linearizable. Nothing is thrown for an expected failure;
/// <see cref="OperationCanceledException"/> means that <c>stop</c> was signalled. Every call ends by its <c>notAfter</c>.
/// </remarks>
public sealed class EtcdClient : IDisposable
{
    private readonly DcsKeys _keys;
    private volatile string _lastFailure = "";

    public EtcdClient(EtcdOptions options, EtcdTiming timing, TimeProvider clock, Random random, ILogger log)
        : this(options, new EtcdConnection(options, timing, clock, random, log))
    {
    }

    internal EtcdClient(EtcdOptions options, EtcdConnection connection)
    {
        _keys = options.Keys;
        Connection = connection;
    }

    /// <summary>What an operator should know of this store; empty if nothing.</summary>
    public IReadOnlyList<string> Notices => Connection.Notices.All;

    /// <summary>What the last failed call was told, for the operator; empty if nothing failed yet.</summary>
    public string LastFailure => _lastFailure;

    internal EtcdConnection Connection { get; }

    /// <summary>The whole cluster as it is now.</summary>
    public async Task<DcsReading> ReadAsync(Instant notAfter, CancellationToken stop)
    {
        var (reply, sentAt) = await ReadPrefixAsync(notAfter, stop);
        return reply.Message is { } range
            ? new DcsReading.Answered(ClusterStateParser.Parse(Stored(range)), sentAt)
            : new DcsReading.Silent(Fail(reply.Status));
    }

    /// <summary>Creates a key that must not exist.</summary>
    public async Task<WriteOutcome> CreateAsync(DcsRecord record, string value, Instant notAfter, CancellationToken stop) =>
        (await CreateKeyAsync(record, value, notAfter, stop)).Outcome;

    /// <summary>Writes a key; with <paramref name="expected"/> only if it has that version.</summary>
    public async Task<WriteOutcome> WriteAsync(
        DcsRecord record, string value, DcsVersion? expected, Instant notAfter, CancellationToken stop) =>
        (await WriteKeyAsync(record, value, expected, notAfter, stop)).Outcome;

    /// <summary>Deletes a key; with <paramref name="expected"/> only if it has that version.</summary>
    public async Task<WriteOutcome> DeleteAsync(
        DcsRecord record, DcsVersion? expected, Instant notAfter, CancellationToken stop) =>
        (await DeleteKeyAsync(record, expected, notAfter, stop)).Outcome;

    /// <summary>Deletes everything the store holds of this cluster.</summary>
    public async Task<WriteOutcome> DeleteClusterAsync(Instant notAfter, CancellationToken stop)
    {
        var reply = await Connection.RunAsync(
            EtcdPath.Bulk,
            EtcdEffort.UntilDeadline,
            attempt => Connection.CallAsync(
                EtcdPath.Bulk, EtcdMethods.DeleteRange, EtcdTransactions.DeletePrefix(_keys.Prefix), attempt, stop),
            notAfter,
            stop);
        if (!reply.IsOk)
        {
            Fail(reply.Status);
        }

        return reply.IsOk ? WriteOutcome.Written : WriteOutcome.Unknown;
    }

    public void Dispose() => Connection.Dispose();

    internal Task<EtcdWrite> CreateKeyAsync(DcsRecord record, string value, Instant notAfter, CancellationToken stop) =>
        WriteAsync(
            record,
            EtcdTransactions.Create(_keys.PathOf(record), value, lease: 0),
            // An empty value is a claim that anybody may have written: reading it back does not tell whose it is.
            key => value.Length > 0 && key?.Value == value,
            notAfter,
            stop);

    /// <summary>Claims the bootstrap; if the answer is lost, finds out whose the claim is.</summary>
    /// <param name="member">The own member key as stored.</param>
    internal async Task<EtcdWrite> ClaimAsync(NodeName self, StoredKey member, Instant notAfter, CancellationToken stop)
    {
        var transaction = EtcdTransactions.Claim(_keys.PathOf(DcsRecord.Initialize), _keys.MemberPath(self), member);
        var write = await WriteAsync(DcsRecord.Initialize, transaction, _ => false, notAfter, stop);
        if (write.Outcome == WriteOutcome.Written)
        {
            return write;
        }

        var (reply, _) = await ReadPrefixAsync(notAfter, stop);
        if (reply.Message is not { } range)
        {
            return EtcdWrite.Unknown;
        }

        var keys = Stored(range).ToDictionary(key => key.Name, StringComparer.Ordinal);
        var claim = keys.GetValueOrDefault(DcsKeys.Initialize);
        var own = keys.GetValueOrDefault(DcsKeys.Member(self));
        return claim is { Value: "" } && claim.ModRevision == own?.ModRevision
            ? new(WriteOutcome.Written, range.Header.Revision, claim)
            : write;
    }

    internal Task<EtcdWrite> WriteKeyAsync(
        DcsRecord record, string value, DcsVersion? expected, Instant notAfter, CancellationToken stop) =>
        WriteAsync(
            record,
            expected is { } version
                ? EtcdTransactions.SetAt(_keys.PathOf(record), value, version.Value)
                : EtcdTransactions.Set(_keys.PathOf(record), value, lease: 0),
            key => key?.Value == value,
            notAfter,
            stop);

    internal Task<EtcdWrite> DeleteKeyAsync(
        DcsRecord record, DcsVersion? expected, Instant notAfter, CancellationToken stop) =>
        WriteAsync(
            record,
            expected is { } version
                ? EtcdTransactions.DeleteAt(_keys.PathOf(record), version.Value)
                : EtcdTransactions.Delete(_keys.PathOf(record)),
            key => key is null,
            notAfter,
            stop);

    /// <summary>One transaction; a lost reply is read back.</summary>
    /// <param name="isDone">Does the key, read later, prove that the write had its effect?</param>
    internal async Task<EtcdWrite> TransactAsync(
        EtcdPath path,
        string key,
        TxnRequest transaction,
        EtcdEffort effort,
        Func<StoredKey?, bool> isDone,
        Instant notAfter,
        CancellationToken stop)
    {
        var mayHaveHappened = false;
        var reply = await Connection.RunAsync(
            path,
            effort,
            async attempt =>
            {
                var answer = await Connection.CallAsync(path, EtcdMethods.Txn, transaction, attempt, stop);
                mayHaveHappened |= !answer.IsOk;
                return answer;
            },
            notAfter,
            stop);
        if (reply.Message is { } response)
        {
            var after = EtcdTransactions.KeyAfter(response) is { } left ? EtcdTransactions.Stored(left, _keys.Prefix) : null;
            var written = EtcdTransactions.TookEffect(response) || (mayHaveHappened && isDone(after));
            return new(written ? WriteOutcome.Written : WriteOutcome.Refused, response.Header.Revision, after);
        }

        Fail(reply.Status);
        return EtcdErrors.Meaning(reply.Status) switch
        {
            EtcdMeaning.LeaseNotFound => new(WriteOutcome.Refused, 0, null),
            EtcdMeaning.AnotherEndpoint or EtcdMeaning.Again
                => await ReadBackAsync(path, key, isDone, notAfter, stop),
            _ => EtcdWrite.Unknown,
        };
    }

    /// <summary>What a status means for those who wait for an answer; the text is kept for the operator.</summary>
    internal DcsFailure Fail(GrpcStatus status)
    {
        _lastFailure = status.ToString();
        return EtcdErrors.Failure(status);
    }

    private async Task<(GrpcReply<RangeResponse> Reply, Instant SentAt)> ReadPrefixAsync(Instant notAfter, CancellationToken stop)
    {
        var sentAt = Connection.Now;
        var reply = await Connection.RunAsync(
            EtcdPath.Bulk,
            EtcdEffort.UntilDeadline,
            attempt =>
            {
                sentAt = Connection.Now;
                return Connection.CallAsync(EtcdPath.Bulk, EtcdMethods.Range, EtcdTransactions.ReadPrefix(_keys.Prefix), attempt, stop);
            },
            notAfter,
            stop);
        return (reply, sentAt);
    }

    private IEnumerable<StoredKey> Stored(RangeResponse range) =>
        range.Kvs.Select(key => EtcdTransactions.Stored(key, _keys.Prefix));

    private Task<EtcdWrite> WriteAsync(
        DcsRecord record, TxnRequest transaction, Func<StoredKey?, bool> isDone, Instant notAfter, CancellationToken stop)
    {
        // The two records that races and commit promises depend on are retried; the others come around by themselves.
        var effort = record is DcsRecord.Initialize or DcsRecord.Sync ? EtcdEffort.UntilDeadline : EtcdEffort.Once;
        return TransactAsync(EtcdPath.Bulk, _keys.PathOf(record), transaction, effort, isDone, notAfter, stop);
    }

    private async Task<EtcdWrite> ReadBackAsync(
        EtcdPath path, string key, Func<StoredKey?, bool> isDone, Instant notAfter, CancellationToken stop)
    {
        var reply = await Connection.RunAsync(
            path,
            EtcdEffort.UntilDeadline,
            attempt => Connection.CallAsync(path, EtcdMethods.Range, EtcdTransactions.Read(key), attempt, stop),
            notAfter,
            stop);
        if (reply.Message is not { } range)
        {
            return EtcdWrite.Unknown;
        }

        // Not there yet proves nothing: a request that was given up on may still arrive.
        var found = range.Kvs.Count > 0 ? EtcdTransactions.Stored(range.Kvs[0], _keys.Prefix) : null;
        return isDone(found) ? new(WriteOutcome.Written, range.Header.Revision, found) : EtcdWrite.Unknown;
    }
}
