using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;
using HaAgent.Simulation.Kernel;
using HaAgent.Simulation.Postgres;

namespace HaAgent.Simulation.Tests.Postgres;

/// <summary>Servers of one run and an agent process beside each, which does what a test tells it.</summary>
internal sealed class Cluster
{
    private const int Limit = 3_000_000;
    private readonly Dictionary<string, SimProcess> _agents = [];

    public Cluster(ulong seed = 1)
    {
        World = new(seed) { Journal = { Keeps = true } };
        History = new(World);
        A = Add("a");
        B = Add("b");
        C = Add("c");
    }

    public SimWorld World { get; }
    public SimHistory History { get; }
    public SimServer A { get; }
    public SimServer B { get; }
    public SimServer C { get; }

    public SimHost Client { get => field ??= new(World, "client"); }

    /// <summary>A founded cluster: a is primary, b and c stream from it with slots of their own.</summary>
    public static Cluster Founded(ulong seed = 1, Action<Cluster>? first = null)
    {
        var cluster = new Cluster(seed);
        first?.Invoke(cluster);
        cluster.Found();
        cluster.Join(cluster.B);
        cluster.Join(cluster.C);
        cluster.Run(1);
        return cluster;
    }

    public void Found()
    {
        var port = Port(A);
        Assert.True(Await(port.InitializeAsync(Never)).Done);
        Assert.Equal(StartOutcome.Running, Start(A, asPrimary: true).Outcome);
        Assert.True(Await(port.FinishInitializeAsync(Never)).Done);
    }

    /// <summary>A copy of a that streams from it.</summary>
    public void Join(SimServer standby)
    {
        Assert.True(Await(Port(A).ChangeSlotsAsync([new SlotChange.CreatePhysical(standby.Name)], Never)).Done);
        Assert.Equal("", Await(Port(standby).CloneAsync(Of(A), Never)).Detail);
        Assert.Equal(StartOutcome.Running, Start(standby, asPrimary: false, A).Outcome);
        Until(() => standby.Run?.Receiver.IsStreaming == true, 30);
    }

    public static CancellationToken Never => CancellationToken.None;

    public static Upstream Of(SimServer server) => new(new(server.Name), server.ConnUrl);

    /// <summary>A new port of the server's agent: what it knows, it has just seen.</summary>
    public SimPostgres Port(SimServer server) => new(server, Agent(server), new SimClock(Agent(server)));

    public SimProcess Agent(SimServer server)
    {
        if (!_agents.TryGetValue(server.Name, out var agent) || agent.IsDead)
        {
            _agents[server.Name] = agent = server.Host.Start("agent");
        }

        return agent;
    }

    public Instant Now(SimServer server) => Instant.Now(new SimClock(Agent(server)));

    public StartResult Start(SimServer server, bool asPrimary, SimServer? follow = null) => Await(
        Port(server).StartAsync(new(asPrimary, follow is null ? null : Of(follow)), Instant.Never, TimeSpan.FromMinutes(1), Never));

    public SqlReading.Answered Ask(SimServer server) => Assert.IsType<SqlReading.Answered>(
        Await(Port(server).ProbeAsync(Now(server) + TimeSpan.FromSeconds(1), Never)).Sql);

    public T Await<T>(Task<T> task)
    {
        Until(() => task.IsCompleted, 600);
        return task.GetAwaiter().GetResult();
    }

    public void Run(double seconds) => Until(() => false, seconds, mustHold: false);

    /// <summary>Runs until a condition holds, which it must within so many seconds of the run.</summary>
    public void Until(Func<bool> holds, double seconds, bool mustHold = true)
    {
        var before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            var until = World.Time.Now + TimeSpan.FromSeconds(seconds);
            for (var i = 0; i < Limit && !holds(); i++)
            {
                if (!World.Time.RunNext(until))
                {
                    break;
                }
            }
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }

        Assert.True(!mustHold || holds(), $"not within {seconds} s\n{World.Journal.Text}");
    }

    /// <summary>By its agent, until it takes writes.</summary>
    public void Promote(SimServer standby)
    {
        Assert.Equal("", Await(Port(standby).PromoteAsync(Instant.Never, Never)).Detail);
        Until(() => standby.IsWritable, 60);
    }

    /// <summary>Acknowledged, or null when it was not within so many seconds.</summary>
    public Ack? Write(SimServer server, double seconds = 1)
    {
        Ack? ack = null;
        server.TryWrite(Client.Name, answer => ack = answer);
        Until(() => ack is not null, seconds, mustHold: false);
        return ack;
    }

    private SimServer Add(string name) => new(History, new(World, name), name);
}
