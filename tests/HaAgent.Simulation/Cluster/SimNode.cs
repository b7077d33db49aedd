using System.Text.Json.Nodes;
using HaAgent.Core.Contracts;
using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Guard;
using HaAgent.Simulation.Agents;
using HaAgent.Simulation.Guarding;
using HaAgent.Simulation.Kernel;
using HaAgent.Simulation.Postgres;

namespace HaAgent.Simulation.Cluster;

/// <summary>A database host: its server, its guard, and the agent that systemd keeps running there.</summary>
internal sealed class SimNode
{
    /// <summary>Within so long of a thaw the scheduler runs a process again.</summary>
    private static readonly TimeSpan FirstStep = TimeSpan.FromMilliseconds(100);

    /// <summary>systemd's RestartSec and the start of the program.</summary>
    private static readonly TimeSpan Restart = TimeSpan.FromMilliseconds(400);

    private const string AwaitsTheStore = "L05";

    private readonly SimCluster _cluster;
    private readonly AgentSurroundings _around;
    private bool _maskedByFault;

    public SimNode(SimCluster cluster, SimHost host, SimServer server)
    {
        _cluster = cluster;
        Host = host;
        Server = server;
        Guard = new(host, server);
        _around = new()
        {
            Identity = new NodeIdentity(new NodeName(host.Name), SimCluster.Scope, $"postgres://{host}:5432/postgres", $"http://{host}:8008/patroni", null),
            Etcd = new JsonObject { ["hosts"] = new JsonArray([.. cluster.EtcdHosts.Select(h => (JsonNode)$"{h}:2379")]) },
            ConnectToEtcd = (process, address) => cluster.Etcd.Connect(process, address),
            AttachToServer = (process, clock) => new SimPostgres(server, process, clock),
            Guard = Guard,
            Refused = (key, deletes, errand) => cluster.OnRefused(this, key, deletes, errand),
            FindAgent = name => cluster.Find(name)?.Agent,
            FindHost = name => cluster.Find(name)?.Host,
            BootstrapConfig = cluster.Plan.Config(),
            Local = new(null, null, HasBootstrap: true),
        };
    }

    public SimHost Host { get; }
    public SimServer Server { get; }
    public SimGuard Guard { get; }

    /// <summary>Null while none runs.</summary>
    public SimAgent? Agent { get; private set; }

    public string Name => Host.Name;

    /// <summary>The machine is off.</summary>
    public bool IsDown { get; private set; }

    /// <summary>Agent and guard are both dead or stopped, while the machine runs: the watchdog's case.</summary>
    public bool IsUnwatched =>
        !Host.IsFrozen && Guard.Process is null or { IsFrozen: true } && Agent is null or { Process.IsFrozen: true };

    /// <summary>The whole host was frozen, and its guard or agent may not have made its first step yet.</summary>
    public bool HasJustThawed => Host.ThawedAt is { } thawed && World.Time.Now - thawed <= FirstStep;

    /// <summary>The end of the lease that the guard was last told of has passed, by the own clock.</summary>
    public bool IsPastLeaseEnd => Guard.State != WordState.Disarmed && Host.Boottime > Guard.LastLeaseEnd;

    /// <summary>The last rule that was more than to wait for the store.</summary>
    public string LastDeed { get; private set; } = "";

    public void StartAgent()
    {
        if (Agent is not null || IsDown)
        {
            return;
        }

        _maskedByFault = false;
        var agent = new SimAgent(Host, _around);
        Agent = agent;
        agent.Turned += OnTurned;
        agent.Process.Died += () => OnDied(agent);
        agent.BetweenSteps = () => _cluster.BetweenSteps(this);
    }

    /// <param name="stay">It is not started again before <see cref="StartAgent"/>.</param>
    public void KillAgent(bool stay)
    {
        _maskedByFault = stay;
        Agent?.Process.Kill();
    }

    /// <summary>The machine loses power: everything on it, the unwritten part of its memory too.</summary>
    public void PowerOff()
    {
        IsDown = true;
        Agent?.Process.Kill();
        Server.PowerLoss();
        Guard.Reboot();
        Host.Thaw();
    }

    public void PowerOn()
    {
        IsDown = false;
        StartAgent();
    }

    /// <summary>Somebody removes the data directory, with the server that ran from it.</summary>
    public void LoseDirectory()
    {
        Server.KillEverything();
        Server.EndTools();
        Server.Directory.Clear();
        World.Journal.Write($"{Name}", "its data directory is lost");
    }

    /// <summary>For a report.</summary>
    public string ServerState => Server switch
    {
        { Run: null, Tool: not null } => "a tool works on its directory",
        { Run: null } => $"down, {Server.Directory.Content}, {Server.Directory.State}",
        { Run: { IsInRecovery: true } run } =>
            $"in recovery on {Server.Directory.Branch}, {(run.Receiver.IsStreaming ? "streaming" : $"not streaming: {run.Receiver.Problem}")}",
        { IsWritable: true } => $"takes writes on {Server.Directory.Branch}",
        _ => $"takes no writes on {Server.Directory.Branch}",
    };

    /// <summary>In recovery, and fed by that one.</summary>
    public bool StreamsFrom(SimNode upstream) =>
        Server.Run is { IsInRecovery: true, Receiver.IsStreaming: true } && Server.Directory.UpstreamUrl == upstream.Server.ConnUrl
        && Server.Directory.Branch == upstream.Server.Directory.Branch;

    private SimWorld World => Host.World;

    public override string ToString() => Name;

    private void OnTurned(NodeStatus status)
    {
        LastDeed = status.RuleId == AwaitsTheStore ? LastDeed : status.RuleId;
        _cluster.OnTurned(this, status);
    }

    private void OnDied(SimAgent agent)
    {
        if (Agent != agent)
        {
            return;
        }

        Agent = null;
        _cluster.OnAgentDied(this, agent);
        if (!_maskedByFault && !IsDown)
        {
            _cluster.World.Time.After(Restart, () =>
            {
                if (!_maskedByFault)
                {
                    StartAgent();
                }
            });
        }
    }
}
