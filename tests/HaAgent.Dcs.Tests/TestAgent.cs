using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;
using HaAgent.Dcs.Etcd;
using Microsoft.Extensions.Logging.Abstractions;

namespace HaAgent.Dcs.Tests;

/// <summary>One member's view of an etcd, with what it was told of changes.</summary>
internal sealed class TestAgent : IAsyncDisposable
{
    private readonly ConcurrentQueue<DcsChange> _changes = new();

    private TestAgent(EtcdDcs dcs, TimeSpan patience)
    {
        Dcs = dcs;
        Patience = patience;
        dcs.Changed += _changes.Enqueue;
    }

    public EtcdDcs Dcs { get; }

    /// <summary>How long each call may take.</summary>
    public TimeSpan Patience { get; }

    public Instant NotAfter => Instant.Now(TimeProvider.System) + Patience;

    public static CancellationToken Stop => TestContext.Current.CancellationToken;

    public ClusterState View => Assert.IsType<DcsReading.Answered>(Dcs.Latest).Cluster;

    public static TestAgent Start(string name, string hosts, EtcdTiming? timing = null, JsonObject? section = null)
    {
        timing ??= EtcdTiming.Default;
        section ??= new JsonObject();
        section["hosts"] ??= hosts;
        var options = EtcdOptions.Read(section, "batman", "service", name);
        return new(
            EtcdDcs.Start(options, timing, TimeProvider.System, new Random(7), NullLogger.Instance), timing.RetryTimeout);
    }

    public static async Task<TestAgent> StartReadyAsync(
        string name, string hosts, EtcdTiming? timing = null, JsonObject? section = null)
    {
        var agent = Start(name, hosts, timing, section);
        Assert.IsType<DcsReading.Answered>(await agent.Dcs.ReadAsync(agent.NotAfter, Stop));
        return agent;
    }

    public Task<LeaseAnswer> AcquireAsync() => Dcs.AcquireAsync(NotAfter, Stop);

    public Task<LeaseAnswer> RenewAsync(bool mayCreate = false) => Dcs.RenewAsync(mayCreate, NotAfter, Stop);

    public Task<WriteOutcome> ReleaseAsync() => Dcs.ReleaseAsync(NotAfter, Stop);

    public Task<WriteOutcome> WriteMemberAsync(string json) => Dcs.WriteMemberAsync(json, NotAfter, Stop);

    public Task<WriteOutcome> WriteAsync(DcsRecord record, string value, DcsVersion? expected = null) =>
        Dcs.WriteAsync(record, value, expected, NotAfter, Stop);

    public void ForgetChanges() => _changes.Clear();

    public bool WasToldOf(DcsChange change) => _changes.Any(told => (told & change) != 0);

    public ValueTask DisposeAsync() => Dcs.DisposeAsync();
}
