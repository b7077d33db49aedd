using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;
using HaAgent.Dcs.Etcd;
using HaAgent.Dcs.Grpc;
using Microsoft.Extensions.Logging.Abstractions;

namespace HaAgent.Dcs.Tests;

/// <summary>One member's view of an etcd, with what it was told of changes.</summary>
internal sealed class TestAgent : IAsyncDisposable
{
    /// <summary>Patience for what happens by itself.</summary>
    public static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    private readonly ConcurrentQueue<DcsChange> _changes = new();

    private TestAgent(EtcdDcs dcs, EtcdConnection connection, TimeSpan patience)
    {
        Dcs = dcs;
        Connection = connection;
        Patience = patience;
        dcs.Changed += _changes.Enqueue;
    }

    public EtcdDcs Dcs { get; }

    /// <summary>What it is built on, to look at.</summary>
    public EtcdConnection Connection { get; }

    /// <summary>How long each call may take.</summary>
    public TimeSpan Patience { get; }

    public Instant NotAfter => Instant.Now(TimeProvider.System) + Patience;

    public static CancellationToken Stop => TestContext.Current.CancellationToken;

    public ClusterState View => Assert.IsType<DcsReading.Answered>(Dcs.Latest).Cluster;

    public static TestAgent Start(string name, string hosts, EtcdTiming? timing = null, JsonObject? section = null) =>
        StartThrough(name, hosts, timing, wrap: null, section);

    /// <param name="wrap">Puts something between the agent and the real channel.</param>
    public static TestAgent StartThrough(
        string name, string hosts, EtcdTiming? timing, Func<Uri, IGrpcChannel, IGrpcChannel>? wrap, JsonObject? section)
    {
        timing ??= EtcdTiming.Default;
        section ??= new JsonObject();
        section["hosts"] ??= hosts;
        var options = EtcdOptions.Read(section, "batman", "service", name);
        Func<Uri, IGrpcChannel>? connect = wrap is null
            ? null
            : address => wrap(
                address,
                new Http2GrpcChannel(address, Http2Handlers.Create(TimeSpan.FromSeconds(1), options.Tls), TimeProvider.System));
        var connection = new EtcdConnection(options, timing, TimeProvider.System, new Random(7), NullLogger.Instance, connect);
        return new(EtcdDcs.Start(options, connection, TimeProvider.System, NullLogger.Instance), connection, timing.RetryTimeout);
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
