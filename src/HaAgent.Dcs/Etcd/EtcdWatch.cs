using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;
using HaAgent.Dcs.Grpc;
using HaAgent.Dcs.Records;
using Microsoft.Extensions.Logging;

namespace HaAgent.Dcs.Etcd;

/// <summary>Keeps the cache current, session after session, and knows for how long it may be shown.</summary>
internal sealed class EtcdWatch : IAsyncDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(0.1);
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    private readonly EtcdClient _client;
    private readonly EtcdConnection _connection;
    private readonly EtcdMembers _members;
    private readonly KeyCache _cache;
    private readonly DcsKeys _keys;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _stop = new();
    private readonly Pulse _known = new();
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

    /// <summary>Beats whenever the cache was found to be current.</summary>
    public Task NextKnown => _known.Next;

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
        if (_stop.IsCancellationRequested)
        {
            return;
        }

        await _stop.CancelOnPumpOrPoolAsync();
        try
        {
            await _running;
        }
        catch (OperationCanceledException)
        {
            // This is how it ends.
        }

        _stop.Dispose();
    }

    private async Task RunAsync(CancellationToken stop)
    {
        try
        {
            var pause = FirstPause;
            while (true)
            {
                var (endpoint, left) = _connection.Endpoints.Use();
                var channel = endpoint.Channel(EtcdPath.Bulk);
                var began = _connection.Now;
                var status = await SessionAsync(endpoint, left, stop);
                _failure = (int)_client.Fail(status);
                DcsLog.WatchEnded(_log, _keys.Prefix, endpoint.ToString(), status.ToString());
                if (EtcdErrors.Meaning(status) == EtcdMeaning.AnotherEndpoint)
                {
                    if (channel is not null)
                    {
                        endpoint.Drop(channel);
                    }

                    _connection.Leave(endpoint, status, _connection.TryTime);
                }

                NoteFreshness();

                // A session that lived for a while was a good one: the next may begin soon. Others are not tried in a frenzy.
                pause = _connection.Now - began > LongestPause ? FirstPause : pause;
                await Task.Delay(pause, _clock, stop);
                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            }
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // Not swallowed: whoever looks next gets it, and is woken to look.
            DcsLog.WatchBroken(_log, e, _keys.Prefix);
            Changed?.Invoke(DcsChange.Availability);
            throw;
        }
    }

    /// <summary>One session, which is not trusted to end: one that shows no current picture for too long is left behind.</summary>
    private async Task<GrpcStatus> SessionAsync(EtcdEndpoint endpoint, CancellationToken left, CancellationToken stop)
    {
        var ending = CancellationTokenSource.CreateLinkedTokenSource(stop, left);
        var session = new EtcdWatchSession(_connection, _members, _cache, _keys, endpoint, NoteCurrent, _clock, _log);
        var running = session.RunAsync(ending);
        var began = _connection.Now;
        var warned = false;
        while (await Task.WhenAny(running, Task.Delay(LookEvery, _clock, CancellationToken.None)) != running)
        {
            if (!ending.IsCancellationRequested && IsFresh(Instant.Max(began, new(Interlocked.Read(ref _knownCurrentAt)))))
            {
                continue;
            }

            if (warned)
            {
                DcsLog.WatchLeftBehind(_log, _keys.Prefix, endpoint.ToString(), session.Phase);
                _ = running.ContinueWith(
                    late => late.Exception?.Handle(_ => true), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
                stop.ThrowIfCancellationRequested();
                return GrpcStatus.TimedOut($"the watch did not end ({session.Phase})");
            }

            warned = true;
            await ending.CancelOnPumpOrPoolAsync().WaitAsync(LookEvery, _clock, CancellationToken.None)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }

        try
        {
            return await running;
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return GrpcStatus.Unconfirmed("another endpoint is in use now");
        }
        finally
        {
            ending.Dispose();
        }
    }

    private void NoteCurrent(Instant at)
    {
        Interlocked.Exchange(ref _knownCurrentAt, at.Ticks);
        NoteFreshness();
        _known.Beat();
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
}
