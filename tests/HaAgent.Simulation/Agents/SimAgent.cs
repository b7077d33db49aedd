using System.Text.Json.Nodes;
using HaAgent.Core.Contracts;
using HaAgent.Core.Loop;
using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Requests;
using HaAgent.Core.Snapshot;
using HaAgent.Dcs.Etcd;
using HaAgent.Dcs.Grpc;
using HaAgent.Simulation.Etcd;
using HaAgent.Simulation.Guarding;
using HaAgent.Simulation.Kernel;
using Microsoft.Extensions.Logging.Abstractions;

namespace HaAgent.Simulation.Agents;

/// <summary>What an agent is made of besides itself.</summary>
internal sealed record AgentSurroundings
{
    public required NodeIdentity Identity { get; init; }

    /// <summary>The <c>etcd3</c> section.</summary>
    public required JsonObject Etcd { get; init; }
    public required Func<SimProcess, Uri, IGrpcChannel> ConnectToEtcd { get; init; }
    public required Func<SimProcess, TimeProvider, IPostgresServer> AttachToServer { get; init; }
    public required SimGuard Guard { get; init; }
    /// <summary>See <see cref="WatchedDcs"/>.</summary>
    public required Action<string, bool, Errand> Refused { get; init; }
    public required Func<string, SimAgent?> FindAgent { get; init; }
    public required Func<string, SimHost?> FindHost { get; init; }
    public required string BootstrapConfig { get; init; }
    public required LocalSettings Local { get; init; }
}

/// <summary>One agent process: the product's loop and pump, its core and its etcd client, over simulated parts.</summary>
internal sealed class SimAgent
{
    private readonly AgentSurroundings _around;
    private readonly SimContext _pump;
    private readonly SimClock _clock;
    private readonly IPostgresServer _postgres;
    private HaLoop? _loop;

    public SimAgent(SimHost host, AgentSurroundings around)
    {
        _around = around;
        Process = host.Start("haagent");
        _clock = new(Process);
        _pump = new(Process);
        Mailbox = new(_clock);
        _postgres = around.AttachToServer(Process, _clock);
        Board.Published += OnPublished;
        _pump.Begin(Run);
    }

    public SimProcess Process { get; }
    public StatusBoard Board { get; } = new();
    public Mailbox Mailbox { get; }

    /// <summary>The wall clock of its host, as it sees it.</summary>
    public DateTimeOffset UtcNow => _clock.GetUtcNow();

    /// <summary>The rule of the last turn.</summary>
    public string LastRule { get; private set; } = "";

    /// <summary>How the agent ended by itself; null while it runs.</summary>
    public int? ExitCode { get; private set; }

    /// <summary>An exception that ended it; null: none.</summary>
    public Exception? Broken { get; private set; }

    public string? ForeignPost => _pump.ForeignPost;

    /// <summary>Called between any two steps of the pump.</summary>
    public Action? BetweenSteps
    {
        get => _pump.BetweenSteps;
        set => _pump.BetweenSteps = value;
    }

    /// <summary>Each turn's rule, as it is published.</summary>
    public event Action<NodeStatus>? Turned;

    /// <summary>Raised when the process ended by itself.</summary>
    public event Action? Exited;

    public void RequestShutdown() => Process.Deliver(() => _loop?.RequestShutdown());

    /// <summary>GET /patroni, as the product's REST server answers it: with a position measured now.</summary>
    public void GiveBallot(Action<PeerAnswer> reply)
    {
        if (Board.Latest is not { } status || status.IsStale(Instant.Now(_clock)))
        {
            reply(new PeerAnswer.Unreachable(PeerSilence.NoPosition));
            return;
        }

        var asked = Instant.Now(_clock);
        var probe = _postgres.ProbeAsync(asked + TimeSpan.FromSeconds(1), CancellationToken.None);
        _ = probe.ContinueWith(
            answered => reply(Ballot(status, answered.Result, asked)),
            CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    private static PeerAnswer Ballot(NodeStatus status, PostgresReading reading, Instant asked) =>
        reading.IsRunning && reading.Sql is SqlReading.Answered sql && sql.AskedAt >= asked
            ? new PeerAnswer.Answered(
                sql.InRecovery, sql.Position, sql.Timeline, status.Settings.Tags, WatchdogFailed: false,
                Wire.StateText(status.State), Wire.RoleText(status.Role))
            : new PeerAnswer.Unreachable(PeerSilence.NoPosition);

    private void OnPublished(NodeStatus status)
    {
        LastRule = status.RuleId;
        Turned?.Invoke(status);
    }

    private void Run()
    {
        var world = Process.Host.World;
        var chance = world.Stream($"agent {Process} {world.Time.Now.Ticks}");
        var settings = new SimSettings(_around.BootstrapConfig, _around.Local);
        var loggers = new SimLoggers(world.Journal, Process.Host.Name);
        var options = EtcdOptions.Read(_around.Etcd, _around.Identity.Scope, null, _around.Identity.Name.Value);
        var current = settings.Current;
        var connection = new EtcdConnection(
            options, new(current.Ttl, current.LoopWait, current.RetryTimeout), _clock, chance.ToRandom(),
            NullLogger.Instance, address => _around.ConnectToEtcd(Process, address));
        _loop = new HaLoop(new LoopParts
        {
            Identity = _around.Identity,
            Dcs = new WatchedDcs(
                EtcdDcs.Start(options, connection, _clock, loggers.CreateLogger("HaAgent.Dcs")), _around.Identity.Name, _around.Refused),
            Postgres = _postgres,
            Peers = new SimPeers(Process, _clock, _around.FindAgent, _around.FindHost),
            Guard = new SimLeaseGuard(_around.Guard, Process),
            Settings = settings,
            Board = Board,
            Mailbox = Mailbox,
            Clock = _clock,
            Alarms = _clock,
            Random = chance.ToRandom(),
            Loggers = loggers,
        });
        _ = RunLoopAsync(_loop);
    }

    private async Task RunLoopAsync(HaLoop loop)
    {
        try
        {
            ExitCode = await loop.RunAsync();
        }
        catch (Exception broken) // shown with the run, which it fails
        {
            Broken = broken;
            ExitCode = -1;
        }

        Process.Host.World.Journal.Write($"{Process.Host}", $"the agent ended with code {ExitCode}");
        Process.Kill();
        Exited?.Invoke();
    }
}
