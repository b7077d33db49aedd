using System.Text.Json.Nodes;
using HaAgent.Core.Model;
using HaAgent.Dcs.Etcd;
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
