using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Settings;
using HaAgent.Core.Snapshot;
using HaAgent.Dcs.Records;
using Microsoft.Extensions.Logging;

namespace HaAgent.Dcs.Etcd;

/// <summary>etcd v3 as the store.</summary>
/// <remarks>docs/adr/0004 tells why it is spoken to over our own channel; spec, DCS layout, sections 1 to 4, rules the rest.</remarks>
public sealed class EtcdDcs : IDcs
{
    private readonly EtcdClient _client;
    private readonly EtcdConnection _connection;
    private readonly EtcdLease _lease;
    private readonly EtcdLeaderLock _leader;
    private readonly EtcdWatch _watch;
    private readonly KeyCache _cache;
    private readonly DcsKeys _keys;
    private readonly NodeName _self;
    private readonly TimeProvider _clock;

    private EtcdDcs(EtcdOptions options, EtcdConnection connection, TimeProvider clock, ILogger log)
    {
        _keys = options.Keys;
        _self = options.Self;
        _clock = clock;
        _connection = connection;
        _client = new(options, connection);
        _cache = new(_self);
        _lease = new(_connection, log);
        _leader = new(_client, _lease, _cache, _keys, _self, log);
        _watch = new(_client, _cache, _keys, clock, log);
        _cache.Changed += change => Changed?.Invoke(change);
        _watch.Changed += change => Changed?.Invoke(change);
    }

    public event Action<DcsChange>? Changed;

    public DcsReading Latest => _watch.Latest;

    public IReadOnlyList<string> Notices => _client.Notices;

    /// <summary>What the last failed call was told, for the operator; empty if nothing failed yet.</summary>
    public string LastFailure => _client.LastFailure;

    /// <summary>The mistake in the settings, when etcd's last word was a definite no to who we say we are; else null.</summary>
    public ConfigurationException? LoginRefused => _connection.LoginRefused;

    /// <summary>Starts watching at once; the first picture comes when etcd answers.</summary>
    /// <param name="clock">Suspend-aware: deadlines of leases are counted by it.</param>
    public static EtcdDcs Start(EtcdOptions options, EtcdTiming timing, TimeProvider clock, Random random, ILogger log) =>
        Start(options, new EtcdConnection(options, timing, clock, random, log), clock, log);

    internal static EtcdDcs Start(EtcdOptions options, EtcdConnection connection, TimeProvider clock, ILogger log)
    {
        var dcs = new EtcdDcs(options, connection, clock, log);
        dcs._watch.Start();
        return dcs;
    }

    public async Task<DcsReading> ReadAsync(Instant notAfter, CancellationToken stop)
    {
        while (true)
        {
            var next = _watch.NextKnown;
            var latest = _watch.Latest;
            var timeLeft = notAfter - _connection.Now;
            if (latest is DcsReading.Answered || timeLeft <= TimeSpan.Zero)
            {
                return latest;
            }

            try
            {
                await next.WaitAsync(timeLeft, _clock, stop);
            }
            catch (TimeoutException)
            {
                return _watch.Latest;
            }
        }
    }

    public Task<DcsReading> ReadFreshAsync(Instant notAfter, CancellationToken stop) => _client.ReadAsync(notAfter, stop);

    public Task<LeaseAnswer> AcquireAsync(Instant notAfter, CancellationToken stop) => _leader.AcquireAsync(notAfter, stop);

    public Task<LeaseAnswer> TakeAsync(Instant notAfter, CancellationToken stop) => _leader.TakeAsync(notAfter, stop);

    public Task<LeaseAnswer> RenewAsync(bool mayCreate, Instant notAfter, CancellationToken stop) =>
        _leader.RenewAsync(mayCreate, notAfter, stop);

    public Task<WriteOutcome> ReleaseAsync(Instant notAfter, CancellationToken stop) => _leader.ReleaseAsync(notAfter, stop);

    public async Task<WriteOutcome> WriteMemberAsync(string json, Instant notAfter, CancellationToken stop)
    {
        var name = DcsKeys.Member(_self);
        var lease = await LeaseAsync(notAfter, stop);
        if (lease is null)
        {
            return WriteOutcome.Unknown;
        }

        if (_cache.Find(name) is { } stored && stored.Value == json && stored.Lease == lease.Id)
        {
            return WriteOutcome.Written;
        }

        using var own = _cache.BeginOwn(name, json);
        var write = await _client.TransactAsync(
            EtcdPath.Bulk,
            _keys.MemberPath(_self),
            EtcdTransactions.Set(_keys.MemberPath(_self), json, lease.Id),
            EtcdEffort.Once,
            key => key?.Value == json && key.Lease == lease.Id,
            notAfter,
            stop);
        if (write.Outcome == WriteOutcome.Refused)
        {
            // Only a lease that does not exist can refuse this write; the next call gets a new one.
            _lease.Forget(lease.Id);
        }

        return Noted(name, write);
    }

    public async Task<WriteOutcome> KeepSessionAsync(Instant notAfter, CancellationToken stop)
    {
        var reply = await _connection
            .RunAsync(EtcdPath.Lease, EtcdEffort.UntilDeadline, attempt => _lease.ProlongAsync(attempt, stop), notAfter, stop);
        if (!reply.IsOk)
        {
            _client.Fail(reply.Status);
        }

        return reply.IsOk ? WriteOutcome.Written : WriteOutcome.Unknown;
    }

    public async Task<WriteOutcome> CreateAsync(DcsRecord record, string value, Instant notAfter, CancellationToken stop)
    {
        var name = DcsKeys.NameOf(record);
        using var own = _cache.BeginOwn(name, value);
        var isClaim = record == DcsRecord.Initialize && value.Length == 0;
        var creating = isClaim && OwnMember() is { } member
            ? _client.ClaimAsync(_self, member, notAfter, stop)
            : _client.CreateKeyAsync(record, value, notAfter, stop);
        return Noted(name, await creating);
    }

    public async Task<WriteOutcome> WriteAsync(
        DcsRecord record, string value, DcsVersion? expected, Instant notAfter, CancellationToken stop)
    {
        using var own = _cache.BeginOwn(DcsKeys.NameOf(record), value);
        return Noted(
            DcsKeys.NameOf(record), await _client.WriteKeyAsync(record, value, expected, notAfter, stop));
    }

    public async Task<WriteOutcome> DeleteAsync(DcsRecord record, DcsVersion? expected, Instant notAfter, CancellationToken stop)
    {
        using var own = _cache.BeginOwn(DcsKeys.NameOf(record), value: null);
        return Noted(
            DcsKeys.NameOf(record), await _client.DeleteKeyAsync(record, expected, notAfter, stop));
    }

    public void Configure(TimeSpan ttl, TimeSpan loopWait, TimeSpan retryTimeout) =>
        _connection.Timing = new(ttl, loopWait, retryTimeout);

    public async ValueTask DisposeAsync()
    {
        await _watch.DisposeAsync();
        _client.Dispose();
    }

    /// <summary>The own member key, if it hangs on the lease we have.</summary>
    private StoredKey? OwnMember() =>
        _cache.Find(DcsKeys.Member(_self)) is { } member && member.Lease == _lease.Current?.Id ? member : null;

    /// <summary>The own lease, granted if there is none or its length has changed.</summary>
    private async Task<LeaseState?> LeaseAsync(Instant notAfter, CancellationToken stop)
    {
        if (_lease.Current is { } current && current.Asked == _connection.Timing.Ttl)
        {
            return current;
        }

        var reply = await _connection
            .RunAsync(EtcdPath.Lease, EtcdEffort.Once, attempt => _lease.ProlongAsync(attempt, stop), notAfter, stop);
        if (!reply.IsOk)
        {
            _client.Fail(reply.Status);
        }

        return reply.Message;
    }

    private WriteOutcome Noted(string name, EtcdWrite write)
    {
        if (write.Revision > 0)
        {
            _cache.Learn(name, write.Key, write.Revision);
        }

        return write.Outcome;
    }
}
