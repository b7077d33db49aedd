using System.Globalization;
using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;
using HaAgent.Dcs.Grpc;
using HaAgent.Dcs.Protos;
using HaAgent.Dcs.Records;
using Microsoft.Extensions.Logging;

namespace HaAgent.Dcs.Etcd;

/// <summary>Keeps the cache current: a linearizable range, then a watch from its revision, for as long as both are believed.</summary>
/// <remarks>
/// <para>A watch that delivers nothing may be a quiet cluster, a dead connection or a member without a quorum. So every
/// <see cref="EtcdTiming.CheckEvery"/> a linearizable read of the leader key asks which revision is current, and a progress
/// request on the watch's own stream asks how far the watch has come. When the watch has reached that revision, the cache was
/// current when the read was sent. Anything else within one try ends the session, blames the endpoint, and the next session
/// begins with a range at another one.</para>
/// <para>HTTP/2 pings are not used: they prove the connection, not the watch, and etcd closes connections that ping often.</para>
/// </remarks>
internal sealed class EtcdWatch : IAsyncDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(0.1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    private readonly EtcdClient _client;
    private readonly EtcdConnection _connection;
    private readonly EtcdMembers _members;
    private readonly KeyCache _cache;
    private readonly DcsKeys _keys;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _stop = new();
    private readonly Pulse _progress = new();
    private Task _running = Task.CompletedTask;
    private long _knownCurrentAt = long.MinValue;
    private volatile int _failure = (int)DcsFailure.TimedOut;
    private bool _wasFresh;

    public EtcdWatch(EtcdClient client, KeyCache cache, DcsKeys keys, TimeProvider clock, ILogger log)
    {
        _client = client;
        _connection = client.Connection;
        _members = new(_connection, log);
        _cache = cache;
        _keys = keys;
        _clock = clock;
        _log = log;
    }

    /// <summary>Raised when the picture became available or was lost.</summary>
    public event Action<DcsChange>? Changed;

    /// <summary>Beats whenever the cache moved or its state of knowledge did.</summary>
    public Pulse Progress => _progress;

    /// <summary>The cache, if it was known to be current not too long ago.</summary>
    /// <exception cref="InvalidOperationException">The watch ended by a mistake of ours.</exception>
    public DcsReading Latest
    {
        get
        {
            if (_running.IsFaulted)
            {
                throw new InvalidOperationException("the watch of the store broke", _running.Exception.InnerException);
            }

            var at = new Instant(Interlocked.Read(ref _knownCurrentAt));
            return IsFresh(at) ? new DcsReading.Answered(_cache.State, at) : new DcsReading.Silent((DcsFailure)_failure);
        }
    }

    public void Start() => _running = RunAsync(_stop.Token);

    public async ValueTask DisposeAsync()
    {
        if (!_stop.IsCancellationRequested)
        {
            await _stop.CancelAsync().ConfigureAwait(false);
            try
            {
                await _running.ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                // This is how it ends.
            }

            _stop.Dispose();
        }
    }

    private async Task RunAsync(CancellationToken stop)
    {
        try
        {
            var pause = FirstPause;
            while (true)
            {
                var (endpoint, left) = _connection.Endpoints.Use();
                var began = _connection.Now;
                var status = await SessionAsync(endpoint, left, stop).ConfigureAwait(false);
                _failure = (int)_client.Fail(status);
                DcsLog.WatchEnded(_log, _keys.Prefix, endpoint.ToString(), status.ToString());
                NoteFreshness();

                // A session that lived for a while was a good one: try again at once. Others are not tried in a frenzy.
                pause = _connection.Now - began > LongestPause ? FirstPause : pause;
                await Task.Delay(pause, _clock, stop).ConfigureAwait(false);
                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            }
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            DcsLog.WatchBroken(_log, e, _keys.Prefix);
            Changed?.Invoke(DcsChange.Availability);
            throw;
        }
    }

    /// <summary>One range and the watch from it, until something is wrong with it.</summary>
    private async Task<GrpcStatus> SessionAsync(EtcdEndpoint endpoint, CancellationToken left, CancellationToken stop)
    {
        using var session = CancellationTokenSource.CreateLinkedTokenSource(stop, left);
        try
        {
            var attempt = new EtcdAttempt(endpoint, _connection.Now + _connection.TryTime);
            var revision = await RebuildAsync(attempt, session.Token).ConfigureAwait(false);
            if (!revision.Status.IsOk)
            {
                return Blame(endpoint, revision.Status);
            }

            var opened = await _connection
                .OpenAsync(EtcdMethods.Watch, EtcdTransactions.Watch(_keys.Prefix, revision.At + 1), attempt, session.Token)
                .ConfigureAwait(false);
            if (opened.Message is not { } stream)
            {
                return Blame(endpoint, opened.Status);
            }

            await using (stream.ConfigureAwait(false))
            {
                DcsLog.WatchStarted(_log, _keys.Prefix, endpoint.ToString(), revision.At);
                var reading = ReadEventsAsync(stream, session.Token);
                var checking = CheckAsync(stream, endpoint, session.Token);
                var ended = await Task.WhenAny(reading, checking).ConfigureAwait(false);
                await session.CancelAsync().ConfigureAwait(false);
                await Task.WhenAll(Settled(reading), Settled(checking)).ConfigureAwait(false);
                return Blame(endpoint, await ended.ConfigureAwait(false));
            }
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return GrpcStatus.Broken("another endpoint is in use now");
        }
    }

    private async Task<(GrpcStatus Status, long At)> RebuildAsync(EtcdAttempt attempt, CancellationToken session)
    {
        var sentAt = _connection.Now;
        var reply = await ReadAsync(EtcdTransactions.ReadPrefix(_keys.Prefix), attempt, session).ConfigureAwait(false);
        if (reply.Message is not { } range)
        {
            return (reply.Status, 0);
        }

        var stored = range.Kvs.Select(key => EtcdTransactions.Stored(key, _keys.Prefix));
        _cache.Rebuild(stored, range.Header.Revision, _connection.Guard.Epoch);
        NoteCurrent(sentAt);
        return (GrpcStatus.Ok, range.Header.Revision);
    }

    private Task<GrpcReply<RangeResponse>> ReadAsync(RangeRequest request, EtcdAttempt attempt, CancellationToken session) =>
        _connection.AuthenticatedAsync(
            EtcdPath.Bulk,
            at => _connection.CallAsync(EtcdPath.Bulk, EtcdMethods.Range, request, at, session),
            attempt,
            session);

    private async Task<GrpcStatus> ReadEventsAsync(
        IGrpcStream<WatchRequest, WatchResponse> stream, CancellationToken session)
    {
        var events = new List<(string Name, long Revision, StoredKey? Key)>();
        while (true)
        {
            var reply = await stream.ReadAsync(session).ConfigureAwait(false);
            if (reply.Message is not { } response)
            {
                return reply.Status;
            }

            if (_connection.Guard.Judge(response.Header) is { } fault)
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

            events.AddRange(response.Events.Select(Event));
            if (response.Fragment)
            {
                // One revision in pieces: a picture of half a transaction is no picture.
                continue;
            }

            _cache.Apply(events, response.Created ? 0 : response.Header.Revision);
            events.Clear();
            _progress.Beat();
        }
    }

    private (string Name, long Revision, StoredKey? Key) Event(Event happened)
    {
        var stored = EtcdTransactions.Stored(happened.Kv, _keys.Prefix);
        return (stored.Name, stored.ModRevision, happened.Type == Protos.Event.Types.EventType.Put ? stored : null);
    }

    /// <summary>Asks again and again whether the cache is current; ends when it is not, or nobody can tell.</summary>
    private async Task<GrpcStatus> CheckAsync(
        IGrpcStream<WatchRequest, WatchResponse> stream, EtcdEndpoint endpoint, CancellationToken session)
    {
        var epoch = _connection.Guard.Epoch;
        while (true)
        {
            var attempt = new EtcdAttempt(endpoint, _connection.Now + _connection.TryTime);
            await _members.RefreshIfDueAsync(attempt, session).ConfigureAwait(false);
            await Task.Delay(_connection.Timing.CheckEvery, _clock, session).ConfigureAwait(false);
            var status = await CheckOnceAsync(stream, endpoint, session).ConfigureAwait(false);
            if (!status.IsOk)
            {
                return status;
            }

            if (_connection.Guard.Epoch != epoch)
            {
                return GrpcStatus.Unconfirmed("another cluster answers, or this one was restored");
            }
        }
    }

    private async Task<GrpcStatus> CheckOnceAsync(
        IGrpcStream<WatchRequest, WatchResponse> stream, EtcdEndpoint endpoint, CancellationToken session)
    {
        var sentAt = _connection.Now;
        var attempt = new EtcdAttempt(endpoint, sentAt + _connection.TryTime);
        var reply = await ReadAsync(EtcdTransactions.Read(_keys.LeaderPath), attempt, session).ConfigureAwait(false);
        if (reply.Message is not { } range)
        {
            return reply.Status;
        }

        var progress = new WatchRequest { ProgressRequest = new() };
        if (!await stream.WriteAsync(progress, attempt.Deadline - _connection.Now, session).ConfigureAwait(false))
        {
            return GrpcStatus.Broken("the watch takes no request");
        }

        while (true)
        {
            var next = _progress.Next;
            if (_cache.Revision >= range.Header.Revision)
            {
                break;
            }

            var timeLeft = attempt.Deadline - _connection.Now;
            if (timeLeft <= TimeSpan.Zero || !await WaitAsync(next, timeLeft, session).ConfigureAwait(false))
            {
                return GrpcStatus.TimedOut(string.Create(
                    CultureInfo.InvariantCulture, $"the watch is at revision {_cache.Revision}, the store at {range.Header.Revision}"));
            }
        }

        NoteCurrent(sentAt);
        return GrpcStatus.Ok;
    }

    private async Task<bool> WaitAsync(Task task, TimeSpan timeout, CancellationToken session)
    {
        try
        {
            await task.WaitAsync(timeout, _clock, session).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private GrpcStatus Blame(EtcdEndpoint endpoint, GrpcStatus status)
    {
        if (EtcdErrors.Meaning(status) == EtcdMeaning.AnotherEndpoint)
        {
            _connection.Blame(endpoint, EtcdPath.Bulk, status, _connection.TryTime);
        }

        return status;
    }

    private void NoteCurrent(Instant at)
    {
        Interlocked.Exchange(ref _knownCurrentAt, at.Ticks);
        NoteFreshness();
        _progress.Beat();
    }

    private void NoteFreshness()
    {
        var isFresh = IsFresh(new(Interlocked.Read(ref _knownCurrentAt)));
        if (isFresh != _wasFresh)
        {
            _wasFresh = isFresh;
            Changed?.Invoke(DcsChange.Availability);
        }
    }

    private bool IsFresh(Instant knownAt) =>
        knownAt.Ticks != long.MinValue && _connection.Now - knownAt <= _connection.Timing.FreshFor;

    /// <summary>Waits for the end of a task whose outcome is taken elsewhere, or is that it was cancelled.</summary>
    private static async Task Settled(Task task) => await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
