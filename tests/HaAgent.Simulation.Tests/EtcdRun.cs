using System.Text.Json.Nodes;
using Google.Protobuf;
using HaAgent.Core.Model;
using HaAgent.Dcs.Etcd;
using HaAgent.Dcs.Grpc;
using HaAgent.Dcs.Protos;
using HaAgent.Simulation.Etcd;
using HaAgent.Simulation.Kernel;
using Microsoft.Extensions.Logging.Abstractions;

namespace HaAgent.Simulation.Tests;

/// <summary>A simulated etcd on hosts of its own, and the product's client on another: one pump, virtual time.</summary>
internal sealed class EtcdRun
{
    /// <summary>No test needs more of virtual time.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    private readonly Dictionary<SimProcess, SimContext> _pumps = [];

    public EtcdRun(int members, ulong seed = 1)
    {
        World = new(seed);
        World.Journal.Keeps = true;
        Etcd = new(World, [.. Enumerable.Range(1, members).Select(i => new SimHost(World, $"etcd{i}", 1 + (i * 0.0001)))]);
        Client = new SimHost(World, "client").Start("client");
        Clock = new SimClock(Client);
    }

    public SimWorld World { get; }
    public SimEtcd Etcd { get; }
    public SimProcess Client { get; }
    public TimeProvider Clock { get; }

    public static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>Enough for whatever is to be answered.</summary>
    public Instant Soon => Instant.Now(Clock) + TimeSpan.FromSeconds(10);

    /// <summary>Runs a body as the client process, until it has ended.</summary>
    public void Run(Func<Task> body) => Run(Client, body);

    public void Run(SimProcess process, Func<Task> body)
    {
        Task? running = null;
        Pump(process).Begin(() => running = body());
        var before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            var until = World.Time.Now + Longest;
            while (running is not { IsCompleted: true })
            {
                Assert.True(World.Time.RunNext(until), $"not done after {Longest}:\n{World.Journal.Text}");
            }
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }

        Assert.Null(Pump(process).ForeignPost);
        running.GetAwaiter().GetResult();
    }

    /// <summary>Lets virtual time pass.</summary>
    public void Pass(TimeSpan span)
    {
        var before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            var until = World.Time.Now + span;
            while (World.Time.RunNext(until))
            {
            }
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }
    }

    public Task Wait(TimeSpan span) => Task.Delay(span, Clock, Stop);

    public EtcdDcs Start(string name, EtcdTiming? timing = null, JsonObject? section = null, SimProcess? process = null) =>
        Start(name, out _, timing, section, process);

    public EtcdDcs Start(
        string name, out EtcdConnection connection, EtcdTiming? timing = null, JsonObject? section = null, SimProcess? process = null)
    {
        var caller = process ?? Client;
        var clock = new SimClock(caller);
        section ??= [];
        section["hosts"] ??= string.Join(',', Etcd.Members.Select(member => $"{member.Name}:2379"));
        var options = EtcdOptions.Read(section, "batman", "service", name);
        connection = new(
            options, timing ?? EtcdTiming.Default, clock, World.Stream($"client {name}").ToRandom(), NullLogger.Instance,
            address => Etcd.Connect(caller, address));
        return EtcdDcs.Start(options, connection, clock, NullLogger.Instance);
    }

    /// <summary>One request past the product's client.</summary>
    public Task<GrpcReply<TResponse>> Call<TRequest, TResponse>(
        GrpcMethod<TRequest, TResponse> method, TRequest request, int member, double seconds = 3, SimProcess? process = null)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse> =>
        Channel(member, process).UnaryAsync(method, request, new(TimeSpan.FromSeconds(seconds), null), Stop);

    public IGrpcChannel Channel(int member, SimProcess? process = null) => Etcd.Connect(process ?? Client, Etcd.ClientUrl(member));

    public Task<GrpcReply<PutResponse>> Put(string key, string value, int member, long lease = 0) => Call(
        EtcdMethods.Put, new() { Key = ByteString.CopyFromUtf8(key), Value = ByteString.CopyFromUtf8(value), Lease = lease }, member);

    public async Task<string?> Read(string key, int member, bool serializable = false)
    {
        var request = new RangeRequest { Key = ByteString.CopyFromUtf8(key), Serializable = serializable };
        var reply = await Call(EtcdMethods.Range, request, member);
        return reply.Message is { Kvs: [{ } found] } ? found.Value.ToStringUtf8() : null;
    }

    public Task<GrpcReply<LeaseKeepAliveResponse>> Renew(long lease, int member, double seconds = 3) =>
        Call(EtcdMethods.LeaseKeepAlive, new() { ID = lease }, member, seconds);

    /// <summary>A new lease of so many seconds.</summary>
    public async Task<long> Grant(long ttl, int member = 0)
    {
        var reply = await Call(EtcdMethods.LeaseGrant, new() { TTL = ttl }, member);
        Assert.True(reply.IsOk, reply.Status.ToString());
        return reply.Message!.ID;
    }

    private SimContext Pump(SimProcess process)
    {
        if (!_pumps.TryGetValue(process, out var pump))
        {
            pump = new(process);
            _pumps.Add(process, pump);
        }

        return pump;
    }
}
