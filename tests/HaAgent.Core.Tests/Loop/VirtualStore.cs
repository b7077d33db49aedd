using System.Collections.Immutable;
using System.Text.Json.Nodes;
using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;

namespace HaAgent.Core.Tests.Loop;

internal enum Weather
{
    Fair,

    /// <summary>What is asked is done, and nobody hears of it.</summary>
    RepliesAreLost,

    /// <summary>Nothing arrives.</summary>
    CutOff,
}

/// <summary>A store with leases that end, as one node's client sees it: another ttl means another lease with the next renewal.</summary>
internal sealed class VirtualStore(NodeName self, VirtualTime time) : IDcs
{
    private static readonly TimeSpan OneWay = TimeSpan.FromMilliseconds(2);

    private readonly SortedDictionary<string, (Member Member, long Lease)> _members = new(StringComparer.Ordinal);
    private readonly Dictionary<long, Instant> _ends = [];
    private long _revision = 1;
    private TimeSpan _ttl;
    private (long Id, TimeSpan Ttl)? _mine;
    private (NodeName Holder, long Lease)? _key;

    public event Action<DcsChange>? Changed;

    public Weather Weather { get; set; }

    public ConfigDocument? Config { get; private set; }

    /// <summary>Until when nobody else can have the leader key.</summary>
    public Instant KeyEnds => _key is { } key ? _ends[key.Lease] : Instant.Zero;

    /// <summary>The length of the lease that the leader key hangs on, as last asked for.</summary>
    public TimeSpan KeyTtl { get; private set; }

    /// <summary>The record that the node last wrote about itself.</summary>
    public JsonObject? Own { get; private set; }

    public IReadOnlyList<string> Notices => [];

    public DcsReading Latest => Weather == Weather.CutOff ? new DcsReading.Silent(DcsFailure.TimedOut) : new DcsReading.Answered(Picture(), time.Now);

    public void Configure(TimeSpan ttl, TimeSpan loopWait, TimeSpan retryTimeout) => _ttl = ttl;

    /// <summary>Writes the dynamic configuration as an operator does.</summary>
    public void Write(string config)
    {
        Config = new(config, new(++_revision));
        Changed?.Invoke(DcsChange.Config);
    }

    /// <summary>Another node writes its record, under a lease that its agent keeps.</summary>
    public void Join(Member member)
    {
        _members[member.Name.Value] = (member with { KeyVersion = new(++_revision) }, 0);
        Changed?.Invoke(DcsChange.Members);
    }

    public void Leave(NodeName name)
    {
        _members.Remove(name.Value);
        Changed?.Invoke(DcsChange.Members);
    }

    /// <summary>Another node has taken the key.</summary>
    public void LeadBy(NodeName other)
    {
        _ends[++_revision] = Instant.Never;
        _key = (other, _revision);
        Changed?.Invoke(DcsChange.Leader);
    }

    public Task<LeaseAnswer> RenewAsync(bool mayCreate, Instant notAfter, CancellationToken stop) => AskAsync(
        () => HolderNow() == self ? Hang() : LeaseAnswer.NotHeld("held by another, or by nobody"), notAfter, LeaseAnswer.Unknown("no answer"));

    public Task<LeaseAnswer> AcquireAsync(Instant notAfter, CancellationToken stop) => AskAsync(
        () => HolderNow().IsNobody ? Hang() : LeaseAnswer.NotHeld("held by another"), notAfter, LeaseAnswer.Unknown("no answer"));

    public Task<LeaseAnswer> TakeAsync(Instant notAfter, CancellationToken stop) =>
        AskAsync(Hang, notAfter, LeaseAnswer.Unknown("no answer"));

    public Task<WriteOutcome> ReleaseAsync(Instant notAfter, CancellationToken stop) => WriteAsync(() => _key = null, notAfter);

    public Task<WriteOutcome> WriteMemberAsync(string json, Instant notAfter, CancellationToken stop) => WriteAsync(
        () =>
        {
            Own = JsonNode.Parse(json)!.AsObject();
            var member = Given.Member(self.Value, (string)Own["role"]!) with { CanKeepShortTimes = true };
            _members[self.Value] = (member, Lease().Id);
        },
        notAfter);

    public Task<WriteOutcome> KeepSessionAsync(Instant notAfter, CancellationToken stop) => WriteAsync(() => Lease(), notAfter);

    public Task<DcsReading> ReadAsync(Instant notAfter, CancellationToken stop) => Task.FromResult(Latest);

    public Task<DcsReading> ReadFreshAsync(Instant notAfter, CancellationToken stop) => Task.FromResult(Latest);

    public Task<WriteOutcome> CreateAsync(DcsRecord record, string value, Instant notAfter, CancellationToken stop) => WriteAsync(() => { }, notAfter);

    public Task<WriteOutcome> WriteAsync(DcsRecord record, string value, DcsVersion? expected, Instant notAfter, CancellationToken stop) =>
        WriteAsync(() => { }, notAfter);

    public Task<WriteOutcome> DeleteAsync(DcsRecord record, DcsVersion? expected, Instant notAfter, CancellationToken stop) =>
        WriteAsync(() => { }, notAfter);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private NodeName HolderNow() => _key is { } key && _ends[key.Lease] > time.Now ? key.Holder : NodeName.Nobody;

    /// <summary>The node's lease, prolonged, or a new one when it wants another length.</summary>
    private (long Id, TimeSpan Ttl) Lease()
    {
        if (_mine is not { } lease || lease.Ttl != _ttl || _ends[lease.Id] <= time.Now)
        {
            lease = (++_revision, _ttl);
            _mine = lease;
        }

        _ends[lease.Id] = time.Now + lease.Ttl;
        return lease;
    }

    private LeaseAnswer Hang()
    {
        var lease = Lease();
        _key = (self, lease.Id);
        KeyTtl = lease.Ttl;
        return new(LeaseOutcome.Held, time.Now, lease.Ttl, "") { LeaseId = lease.Id };
    }

    private async Task<LeaseAnswer> AskAsync(Func<LeaseAnswer> effect, Instant notAfter, LeaseAnswer lost)
    {
        var sent = time.Now;
        return await AnswerAsync(() => effect() with { SentAt = sent }, notAfter, lost);
    }

    private Task<WriteOutcome> WriteAsync(Action effect, Instant notAfter) => AnswerAsync(
        () =>
        {
            effect();
            return WriteOutcome.Written;
        },
        notAfter,
        WriteOutcome.Unknown);

    private async Task<T> AnswerAsync<T>(Func<T> effect, Instant notAfter, T lost)
    {
        if (notAfter <= time.Now)
        {
            return lost; // the client does not ask what cannot be answered in time
        }

        var weather = Weather;
        await Task.Delay(OneWay, time);
        var answer = weather == Weather.CutOff ? lost : effect();
        if (weather == Weather.Fair)
        {
            Changed?.Invoke(DcsChange.Leader);
            await Task.Delay(OneWay, time);
            return answer;
        }

        await Task.Delay(notAfter - time.Now, time);
        return lost;
    }

    private ClusterState Picture() => new()
    {
        Initialize = Given.SystemId,
        Config = Config,
        History = [],
        Leader = HolderNow() is { IsNobody: false } holder ? new(holder, new(_key!.Value.Lease), _key.Value.Lease, _key.Value.Lease) : null,
        Members =
        [
            .. _members.Values.Where(m => m.Lease == 0 || _ends[m.Lease] > time.Now).Select(m => m.Member with { LeaseId = m.Lease }),
        ],
    };
}
