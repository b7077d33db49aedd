using System.Globalization;
using HaAgent.Core.Model;
using HaAgent.Dcs.Grpc;
using HaAgent.Dcs.Protos;
using HaAgent.Dcs.Records;
using Microsoft.Extensions.Logging;

namespace HaAgent.Dcs.Etcd;

/// <summary>A linearizable range and the watch from its revision, at one endpoint, for as long as both are believed.</summary>
/// <remarks>
/// <para>A watch that delivers nothing may be a quiet cluster, a dead connection, or a member without a quorum. So every
/// <see cref="EtcdTiming.CheckEvery"/> the prefix is read again, linearizably: the cache is then current as of the sending of
/// that read, whatever the watch does, and what the read brought the watch must bring too. If it does not, or the read is not
/// answered within the time of one try, the session ends.</para>
/// <para>Why not progress requests: before 3.4.25 and 3.5.8 their answer may overtake events, etcd's own gRPC proxy does not
/// support them, and they say nothing about a member's quorum. HTTP/2 pings prove the connection, not the watch, and etcd
/// closes connections that ping often. The prefix is a few kilobytes.</para>
/// </remarks>
/// <param name="noteCurrent">Told since when the cache is known to be current.</param>
internal sealed class EtcdWatchSession(
    EtcdConnection connection,
    EtcdMembers members,
    KeyCache cache,
    DcsKeys keys,
    EtcdEndpoint endpoint,
    Action<Instant> noteCurrent,
    TimeProvider clock,
    ILogger log)
{
    private readonly Pulse _delivery = new();
    private long _deliveries;
    private volatile string _phase = "reading the keys";

    /// <summary>What it is at, for the operator.</summary>
    public string Phase => _phase;

    /// <returns>Why it ended.</returns>
    /// <exception cref="OperationCanceledException"><paramref name="ending"/> was cancelled by another.</exception>
    public async Task<GrpcStatus> RunAsync(CancellationTokenSource ending)
    {
        var attempt = new EtcdAttempt(endpoint, connection.Now + connection.TryTime);
        var (status, revision, _) = await RebuildAsync(attempt, ending.Token);
        if (!status.IsOk)
        {
            return status;
        }

        _phase = "opening the watch";
        var epoch = connection.Guard.Epoch;
        var opened = await connection
            .OpenAsync(EtcdMethods.Watch, EtcdTransactions.Watch(keys.Prefix, revision + 1), attempt, ending.Token);
        if (opened.Message is not { } stream)
        {
            return opened.Status;
        }

        await using (stream)
        {
            DcsLog.WatchStarted(log, keys.Prefix, endpoint.ToString(), revision);
            var reading = ReadEventsAsync(stream, ending.Token);
            var checking = CheckAsync(epoch, ending.Token);
            _phase = "watching";
            var ended = await Task.WhenAny(reading, checking);

            // We may be running inside somebody's cancellation callback. Disposing a token source waits for callbacks that run elsewhere,
            // and two that wait for each other wait for ever: so leave that stack first, here and before the stream is disposed.
            await Task.Yield();
            _phase = "cancelling";
            await ending.CancelOnPumpOrPoolAsync();
            _phase = $"ending (events {reading.Status}, checks {checking.Status})";
            await Task.WhenAll(Settled(reading), Settled(checking));
            await Task.Yield();
            _phase = "closing";
            return await ended;
        }
    }

    private async Task<GrpcStatus> ReadEventsAsync(IGrpcStream<WatchRequest, WatchResponse> stream, CancellationToken ending)
    {
        var events = new List<(string Name, long Revision, StoredKey? Key)>();
        while (true)
        {
            var reply = await stream.ReadAsync(ending);
            if (reply.Message is not { } response)
            {
                return reply.Status;
            }

            if (connection.Guard.Judge(response.Header) is { } fault)
            {
                return GrpcStatus.StaleMember(fault);
            }

            if (response.Canceled)
            {
                // Compaction, a lost permission or token: whatever it was, the next session begins with a range.
                return GrpcStatus.Unconfirmed(string.Create(
                    CultureInfo.InvariantCulture,
                    $"etcd ended the watch: {response.CancelReason} (compacted up to {response.CompactRevision})"));
            }

            events.AddRange(response.Events.Select(Happened));
            if (response.Fragment || events.Count == 0)
            {
                // A fragment is part of one revision, and a picture of half a transaction is no picture.
                continue;
            }

            cache.Apply(events);
            events.Clear();
            Interlocked.Increment(ref _deliveries);
            _delivery.Beat();
        }
    }

    private (string Name, long Revision, StoredKey? Key) Happened(Event happened)
    {
        var stored = EtcdTransactions.Stored(happened.Kv, keys.Prefix);
        return (stored.Name, stored.ModRevision, happened.Type == Event.Types.EventType.Put ? stored : null);
    }

    /// <summary>Asks again and again whether the cache is current; ends when it is not, or nobody can tell.</summary>
    private async Task<GrpcStatus> CheckAsync(long epoch, CancellationToken ending)
    {
        while (true)
        {
            var attempt = new EtcdAttempt(endpoint, connection.Now + connection.TryTime);
            await members.RefreshIfDueAsync(attempt, ending);
            await Task.Delay(connection.Timing.CheckEvery, clock, ending);
            var status = await CheckOnceAsync(ending);
            if (!status.IsOk)
            {
                return status;
            }

            if (connection.Guard.Epoch != epoch)
            {
                return GrpcStatus.Unconfirmed("another cluster answers, or this one was restored");
            }
        }
    }

    private async Task<GrpcStatus> CheckOnceAsync(CancellationToken ending)
    {
        var attempt = new EtcdAttempt(endpoint, connection.Now + connection.TryTime);
        var deliveries = Interlocked.Read(ref _deliveries);
        var (status, _, foundNews) = await RebuildAsync(attempt, ending);
        while (status.IsOk && foundNews)
        {
            var next = _delivery.Next;
            if (Interlocked.Read(ref _deliveries) > deliveries)
            {
                break;
            }

            if (!await WaitAsync(next, attempt.Deadline - connection.Now, ending))
            {
                return GrpcStatus.TimedOut("the watch does not deliver what a read has shown");
            }
        }

        return status;
    }

    /// <summary>Reads all keys into the cache.</summary>
    private async Task<(GrpcStatus Status, long Revision, bool FoundNews)> RebuildAsync(EtcdAttempt attempt, CancellationToken ending)
    {
        var sentAt = connection.Now;
        var known = cache.Revision;
        var reply = await connection.AuthenticatedAsync(
            EtcdPath.Bulk,
            at => connection.CallAsync(EtcdPath.Bulk, EtcdMethods.Range, EtcdTransactions.ReadPrefix(keys.Prefix), at, ending),
            attempt,
            ending);
        if (reply.Message is not { } range)
        {
            return (reply.Status, 0, false);
        }

        if (range.Header.Revision < known)
        {
            // Linearizable, and older than what was known when it was sent: a store of the same name and with as many elections behind
            // it that was begun without its data, or from a backup. Nothing that we know of it holds.
            connection.Guard.BeginAnew();
        }

        var stored = range.Kvs.Select(key => EtcdTransactions.Stored(key, keys.Prefix));
        var foundNews = cache.Rebuild(stored, range.Header.Revision, connection.Guard.Epoch);
        noteCurrent(sentAt);
        return (GrpcStatus.Ok, range.Header.Revision, foundNews);
    }

    private async Task<bool> WaitAsync(Task task, TimeSpan timeout, CancellationToken ending)
    {
        try
        {
            await task.WaitAsync(timeout > TimeSpan.Zero ? timeout : TimeSpan.Zero, clock, ending);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    /// <summary>Waits for the end of a task whose outcome is taken elsewhere, or is that it was cancelled.</summary>
    private static async Task Settled(Task task) => await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
}
