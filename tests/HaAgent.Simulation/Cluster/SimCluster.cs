using System.Collections.Immutable;
using HaAgent.Core.Contracts;
using HaAgent.Core.Model;
using HaAgent.Core.Requests;
using HaAgent.Simulation.Agents;
using HaAgent.Simulation.Checkers;
using HaAgent.Simulation.Etcd;
using HaAgent.Simulation.Kernel;
using HaAgent.Simulation.Postgres;
using SimServer = HaAgent.Simulation.Postgres.SimServer;

namespace HaAgent.Simulation.Cluster;

/// <summary>A whole cluster: databases with agents and guards, etcd, and clients that write to whatever takes it.</summary>
internal sealed class SimCluster
{
    public const string Scope = "sim";
    public const string Prefix = "/service/sim/";

    private readonly List<(SimAgent Agent, Ticket Ticket)> _asked = [];
    private readonly Dictionary<string, SimNode> _byName = [];
    private bool _paused;
    private bool _wasEverLed;

    public SimCluster(SimWorld world, ClusterPlan plan)
    {
        World = world;
        Plan = plan;
        Times = (plan.Ttl, plan.LoopWait, plan.RetryTimeout);
        Violations = new(world);
        var rates = world.Stream("clock rates");
        var hosts = Enumerable.Range(1, plan.Servers)
            .Select(i => new SimHost(world, $"n{i}", 1 + (((rates.Fraction() * 2) - 1) * plan.Drift)))
            .ToArray();
        EtcdHosts = [.. Enumerable.Range(0, plan.EtcdMembers)
            .Select(i => !plan.EtcdApart && i < hosts.Length ? hosts[i] : new SimHost(world, $"etcd{i + 1}"))];
        Etcd = new(world, EtcdHosts) { Version = plan.OldEtcd ? "3.5.9" : "3.5.17" };
        Etcd.KeyChanged += change => _wasEverLed |= change.Path == Prefix + "leader" && change.After is not null;
        Servers = new(world) { Archive = null };
        Nodes = [.. hosts.Select(host => new SimNode(this, host, new SimServer(Servers, host, host.Name)))];
        foreach (var node in Nodes)
        {
            _byName.Add(node.Name, node);
        }
    }

    public SimWorld World { get; }
    public ClusterPlan Plan { get; }
    public Violations Violations { get; }
    public SimEtcd Etcd { get; }
    public ImmutableArray<SimHost> EtcdHosts { get; }
    public SimHistory Servers { get; }
    public IReadOnlyList<SimNode> Nodes { get; }

    /// <summary>As last written to <c>/config</c>; seconds.</summary>
    public (int Ttl, int LoopWait, int RetryTimeout) Times { get; private set; }

    /// <summary>When an operator last asked for anything.</summary>
    public TimeSpan LastRequestAt { get; private set; } = TimeSpan.MinValue / 2;

    /// <summary>Called between any two steps of an agent's pump.</summary>
    public event Action<SimNode>? Stepped;

    public event Action<SimNode, NodeStatus>? Turned;

    public event Action<SimNode, SimAgent>? AgentDied;

    /// <summary>An agent was told that its write of a key, or its deletion, was refused.</summary>
    public event Action<SimNode, string, bool, Errand>? Refused;

    /// <summary>The leader key's value in the store's true state; null when there is none.</summary>
    public string? Leader => Etcd.Leader(Prefix);

    public SimNode? LeaderNode => Leader is { } name ? Find(name) : null;

    /// <summary><c>maximum_lag_on_failover</c>, bytes.</summary>
    public long MaximumLag => Plan.MaximumLag;

    /// <summary>There was no leader yet, or a founder's claim is open: what becomes writable now founds the cluster.</summary>
    public bool IsFounding => Etcd.Find(Prefix + "initialize") is null or { Value: "" } || !_wasEverLed;

    /// <summary>Nobody has led yet.</summary>
    public bool IsUntouched => !_wasEverLed;

    public SimNode? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>The agents start, one soon after the other.</summary>
    public void Start()
    {
        var chance = World.Stream("start");
        foreach (var node in Nodes)
        {
            World.Time.After(chance.Milliseconds(0, 2000), node.StartAgent);
        }
    }

    /// <summary>The machine loses power, with the member of etcd that may run on it.</summary>
    public void PowerOff(SimNode node)
    {
        node.PowerOff();
        MemberOn(node)?.Kill();
    }

    public void PowerOn(SimNode node)
    {
        node.PowerOn();
        if (MemberOn(node) is { } member)
        {
            StartEtcd(member);
        }
    }

    /// <summary>Unless its machine is off, or it runs.</summary>
    public void StartEtcd(SimMember member)
    {
        if (member.Process.IsDead && Nodes.FirstOrDefault(node => node.Host == member.Host) is null or { IsDown: false })
        {
            member.Start();
        }
    }

    private SimMember? MemberOn(SimNode node) => Etcd.Members.FirstOrDefault(member => member.Host == node.Host);

    /// <summary>POST /switchover to the leader's agent.</summary>
    /// <param name="candidate">Null: anybody.</param>
    public void Switchover(SimNode leader, SimNode? candidate)
    {
        Ask(leader, new OperatorRequest.Switchover(new(leader.Name), candidate is null ? NodeName.Nobody : new(candidate.Name)));
    }

    /// <summary>What operators left in agents' mailboxes, and with whom.</summary>
    public IReadOnlyList<(SimAgent Agent, Ticket Ticket)> Asked => _asked;

    /// <summary>Leaves a request with an agent, as its REST API does.</summary>
    /// <param name="takesEffectAfter">When a stop that it asks for is to be expected.</param>
    public void Ask(SimNode node, OperatorRequest request, TimeSpan takesEffectAfter = default)
    {
        LastRequestAt = World.Time.Now + takesEffectAfter;
        if (node.Agent is { } agent && agent.Mailbox.Post(request) is { } ticket)
        {
            _asked.Add((agent, ticket));
        }
    }

    /// <summary>POST /failover to whichever agent answers.</summary>
    public void Failover(SimNode candidate)
    {
        Ask(LeaderNode ?? candidate, new OperatorRequest.Failover(new(candidate.Name)));
    }

    /// <summary>haagentctl edit-config, by an operator whose own way to etcd is never cut.</summary>
    public void PutConfig(bool pause)
    {
        LastRequestAt = World.Time.Now;
        _paused = pause;
        var document = (Plan with { Ttl = Times.Ttl, LoopWait = Times.LoopWait, RetryTimeout = Times.RetryTimeout }).Config(pause);
        Etcd.Faults.Put(Prefix + "config", document);
        World.Time.After(TimeSpan.FromSeconds(2), () =>
        {
            if (_paused == pause && Etcd.Find(Prefix + "config") is { } stored && stored.Value != document)
            {
                PutConfig(_paused); // an operator looks whether it was taken, and tries again
            }
        });
    }

    public void ChangeTimes((int Ttl, int LoopWait, int RetryTimeout) times)
    {
        Times = times;
        PutConfig(_paused);
    }

    internal void BetweenSteps(SimNode node) => Stepped?.Invoke(node);

    internal void OnRefused(SimNode node, string key, bool deletes, Errand errand) => Refused?.Invoke(node, key, deletes, errand);

    internal void OnTurned(SimNode node, NodeStatus status)
    {
        World.Count(string.Concat("row ", status.RuleId));
        Turned?.Invoke(node, status);
    }

    internal void OnAgentDied(SimNode node, SimAgent agent)
    {
        if (agent.Broken is { } broken)
        {
            Violations.Add("code", $"the agent of {node} broke: {broken}");
        }

        if (agent.ForeignPost is { } stack)
        {
            Violations.Add("code", $"something was posted to the pump of {node} from a foreign thread: {stack}");
        }

        AgentDied?.Invoke(node, agent);
    }
}
