using System.Text.RegularExpressions;
using HaAgent.Dcs.Etcd;
using HaAgent.Simulation.Cluster;
using HaAgent.Simulation.Postgres;

namespace HaAgent.Simulation.Transcripts;

/// <summary>What happens: the steps that begin with "when".</summary>
internal sealed partial class Player
{
    private void When(string text)
    {
        foreach (var (pattern, act) in Acts)
        {
            if (Regex.Match(text, $"^{pattern}$") is { Success: true } match)
            {
                act(this, match.Groups);
                return;
            }
        }

        throw new TranscriptException("no such step is known");
    }

    private static readonly (string Pattern, Action<Player, GroupCollection> Act)[] Acts =
    [
        (@"([\d.]+) s pass", (p, g) => p.RunFor(Seconds(g[1].Value))),

        (@"(\w+)'s agent is frozen", (p, g) => p.Agent(g).Process.Freeze()),
        (@"(\w+)'s agent is frozen as soon as it decides (\w+)", (p, g) => p.Strike(p.Node(g[1].Value), g[2].Value, node => node.Agent?.Process.Freeze())),
        (@"the first agent that decides (\w+) is frozen", (p, g) => p.Strike(null, g[1].Value, node => node.Agent?.Process.Freeze())),
        (@"the first agent that decides (\w+) hears no answer of etcd",
            (p, g) => p.Strike(null, g[1].Value, node => p.CutFromEtcd(node, to: false, from: true))),
        (@"all agents are thawed", (p, _) => p.ThawAgents()),
        (@"(\w+)'s agent is killed as soon as it decides (\w+)", (p, g) => p.Strike(p.Node(g[1].Value), g[2].Value, node => node.KillAgent(stay: true))),
        (@"(\w+)'s agent is thawed", (p, g) => p.Agent(g).Process.Thaw()),
        (@"(\w+)'s agent is killed", (p, g) => p.Node(g[1].Value).KillAgent(stay: true)),
        (@"(\w+)'s agent is restarted", (p, g) => p.Node(g[1].Value).KillAgent(stay: false)),
        (@"(\w+)'s agent is started", (p, g) => p.Node(g[1].Value).StartAgent()),
        (@"(\w+)'s agent is told to end", (p, g) => p.Agent(g).RequestShutdown()),

        (@"(\w+)'s guard is frozen", (p, g) => p.Node(g[1].Value).Guard.Process?.Freeze()),
        (@"(\w+)'s guard is thawed", (p, g) => p.Node(g[1].Value).Guard.Process?.Thaw()),
        (@"(\w+)'s guard is killed", (p, g) => p.Node(g[1].Value).Guard.Process?.Kill()),

        (@"(\w+)'s host is frozen", (p, g) => p.Node(g[1].Value).Host.Freeze()),
        (@"(\w+)'s host is thawed", (p, g) => p.Node(g[1].Value).Host.Thaw()),
        (@"(\w+)'s host is lost", (p, g) => p.Cluster.PowerOff(p.Node(g[1].Value))),
        (@"(\w+)'s host is back", (p, g) => p.Cluster.PowerOn(p.Node(g[1].Value))),
        (@"(\w+)'s wall clock jumps by (-?[\d.]+) s", (p, g) => p.Node(g[1].Value).Host.WallOffset += Seconds(g[2].Value)),

        (@"(\w+)'s PostgreSQL is killed", (p, g) => p.Node(g[1].Value).Server.Kill()),
        (@"(\w+)'s PostgreSQL hangs", (p, g) => p.Node(g[1].Value).Server.Hang(HangKind.Everything)),
        (@"(\w+)'s disk hangs", (p, g) => p.Node(g[1].Value).Server.Hang(HangKind.Disk)),
        (@"(\w+)'s postmaster hangs and its backends live on", (p, g) => p.Node(g[1].Value).Server.Hang(HangKind.PostmasterOnly)),
        (@"(\w+)'s PostgreSQL goes on", (p, g) => p.Node(g[1].Value).Server.Resume()),
        (@"(\w+)'s disk is full", (p, g) => p.Node(g[1].Value).Server.DiskFull(true)),
        (@"(\w+)'s disk has space again", (p, g) => p.Node(g[1].Value).Server.DiskFull(false)),
        (@"(\w+)'s directory is unmounted", (p, g) => p.Node(g[1].Value).Server.UnmountDirectory(unreadable: false)),
        (@"(\w+)'s directory is mounted", (p, g) => p.Node(g[1].Value).Server.MountDirectory()),
        (@"(\w+)'s directory is lost", (p, g) => p.Node(g[1].Value).LoseDirectory()),
        (@"(\w+)'s next stop takes ([\d.]+) s", (p, g) => p.Node(g[1].Value).Server.Faults.SlowNextStop(Seconds(g[2].Value))),
        (@"(\w+)'s next crash recovery takes ([\d.]+) s", (p, g) => p.Node(g[1].Value).Server.Faults.SlowNextRecovery(Seconds(g[2].Value))),
        (@"(\w+)'s next promotion takes ([\d.]+) s", (p, g) => p.Node(g[1].Value).Server.Faults.SlowNextPromote(Seconds(g[2].Value))),
        (@"(\w+)'s next base backup fails", (p, g) => p.Node(g[1].Value).Server.Faults.FailNextBackup = true),
        (@"(\w+) is promoted by hand", (p, g) => p.Node(g[1].Value).Server.OperatorPromote()),

        (@"(\w+) is cut from etcd", (p, g) => p.CutFromEtcd(p.Node(g[1].Value), to: true, from: true)),
        (@"(\w+)'s way to etcd is cut", (p, g) => p.CutFromEtcd(p.Node(g[1].Value), to: true, from: false)),
        (@"etcd's way to (\w+) is cut", (p, g) => p.CutFromEtcd(p.Node(g[1].Value), to: false, from: true)),
        (@"(\w+) and (\w+) are cut from each other", (p, g) => p.World.Network.CutBoth(p.Node(g[1].Value).Name, p.Node(g[2].Value).Name)),
        (@"(\w+)'s way to (\w+) is cut", (p, g) => p.World.Network.Cut(p.Node(g[1].Value).Name, p.Node(g[2].Value).Name)),
        (@"(\w+) is cut from everybody", (p, g) => p.Isolate(g)),
        (@"all links are healed", (p, _) => p.World.Network.HealAll()),

        (@"etcd elects", (p, _) => p.Cluster.Etcd.Faults.ForceElection()),
        (@"etcd is compacted", (p, _) => p.Cluster.Etcd.Faults.Compact()),
        (@"(.+), as soon as (\w+) decides (\w+)", (p, g) => p.Strike(p.Node(g[2].Value), g[3].Value, _ => p.When(g[1].Value))),
        (@"(.+), as soon as a reply to (\w+) is lost", (p, g) => p.OnLostReply(p.Node(g[2].Value), () => p.When(g[1].Value))),

        (@"etcd is wiped and keeps its name", (p, _) => p.Excused(() => p.Cluster.Etcd.Faults.Wipe(keepsClusterId: true))),
        (@"etcd is wiped", (p, _) => p.Excused(() => p.Cluster.Etcd.Faults.Wipe(keepsClusterId: false))),
        (@"etcd loses its quorum", (p, _) => p.Quorum(kill: true)),
        (@"etcd has its quorum back", (p, _) => p.Quorum(kill: false)),
        (@"etcd is restarted member by member", (p, _) => p.RollEtcd()),
        (@"etcd refuses writes", (p, _) => p.Cluster.Etcd.RefusesWrites = true),
        (@"etcd takes writes again", (p, _) => p.Cluster.Etcd.RefusesWrites = false),
        (@"the leader's lease is revoked early", (p, _) => p.Excused(() => p.Cluster.Etcd.Faults.EarlyRevoke(SimCluster.Prefix + "leader"))),
        (@"the raft leader is cut from the other members", (p, _) => p.CutRaftLeader()),
        (@"the reply to (\w+)'s next (\w+) is lost", (p, g) => p.Cluster.Etcd.Faults.LoseNextReply(p.Node(g[1].Value).Name, Method(g[2].Value))),
        (@"the answer to (\w+)'s next (\w+) is ([\d.]+) s late",
            (p, g) => p.Cluster.Etcd.Faults.DelayNextAnswer(p.Node(g[1].Value).Name, Method(g[2].Value), Seconds(g[3].Value))),
        (@"the leader key is deleted by hand", (p, _) => p.Excused(() => p.Cluster.Etcd.Faults.Delete(SimCluster.Prefix + "leader"))),
        (@"the leader key is put by hand for (\w+)",
            (p, g) => p.Excused(() => p.Cluster.Etcd.Faults.Put(SimCluster.Prefix + "leader", p.Node(g[1].Value).Name))),

        (@"an operator switches over", (p, _) => p.Cluster.Switchover(p.Leader, null)),
        (@"an operator switches over to (\w+)", (p, g) => p.Cluster.Switchover(p.Leader, p.Node(g[1].Value))),
        (@"an operator fails over to (\w+)", (p, g) => p.Cluster.Failover(p.Node(g[1].Value))),
        (@"the ttl is set to (\d+)", (p, g) => p.Cluster.ChangeTimes((Number(g[1].Value), p.Cluster.Times.LoopWait, p.Cluster.Times.RetryTimeout))),
        (@"the cluster is paused", (p, _) => p.Pause(true)),
        (@"the pause ends", (p, _) => p.Pause(false)),
        (@"all agents are restarted one by one", (p, _) => p.RollAgents()),
    ];

    private SimNode Leader => Cluster.LeaderNode ?? throw new TranscriptException("nobody leads");

    private Agents.SimAgent Agent(GroupCollection g) =>
        Node(g[1].Value).Agent ?? throw new TranscriptException($"{g[1].Value} has no agent");

    /// <summary>At the first step after a decision of this rule, before or within its effect.</summary>
    /// <param name="target">Null: whoever decides it first.</param>
    private void Strike(SimNode? target, string rule, Action<SimNode> strike)
    {
        void OnTurned(SimNode node, HaAgent.Core.Contracts.NodeStatus status)
        {
            if ((target is null || node == target) && status.RuleId == rule)
            {
                Cluster.Turned -= OnTurned;
                World.Journal.Write("STEP", $"{node} decided {rule}: struck");
                strike(node);
            }
        }

        Cluster.Turned += OnTurned;
    }

    private void ThawAgents()
    {
        foreach (var node in Cluster.Nodes)
        {
            node.Agent?.Process.Thaw();
        }
    }

    private static string Method(string name) => name switch
    {
        "transaction" => EtcdMethods.Txn.Path,
        "keepalive" => EtcdMethods.LeaseKeepAlive.Path,
        "grant" => EtcdMethods.LeaseGrant.Path,
        "read" => EtcdMethods.Range.Path,
        _ => throw new TranscriptException($"no such request: {name}"),
    };

    private void CutFromEtcd(SimNode node, bool to, bool from)
    {
        var name = node.Name;
        foreach (var host in Cluster.EtcdHosts)
        {
            if (to)
            {
                World.Network.Cut(name, host.Name);
            }

            if (from)
            {
                World.Network.Cut(host.Name, name);
            }
        }
    }

    private void Isolate(GroupCollection g)
    {
        var name = Node(g[1].Value).Name;
        foreach (var other in Cluster.Nodes.Select(node => node.Name).Concat(Cluster.EtcdHosts.Select(host => host.Name)))
        {
            if (other != name)
            {
                World.Network.CutBoth(name, other);
            }
        }
    }

    private void Quorum(bool kill)
    {
        foreach (var member in Cluster.Etcd.Members.Take((Cluster.Etcd.Members.Count / 2) + 1))
        {
            if (kill)
            {
                member.Kill();
            }
            else
            {
                Cluster.StartEtcd(member);
            }
        }
    }

    private void RollEtcd()
    {
        Cluster.Etcd.Faults.RollingRestart(TimeSpan.FromSeconds(5));
        RunFor(TimeSpan.FromSeconds(10 * Cluster.Etcd.Members.Count));
    }

    private void RollAgents()
    {
        foreach (var node in Cluster.Nodes)
        {
            node.KillAgent(stay: false);
            RunFor(TimeSpan.FromSeconds(2));
        }
    }

    private void CutRaftLeader()
    {
        var leader = (Cluster.Etcd.RaftLeader ?? throw new TranscriptException("etcd has no leader")).Host;
        foreach (var other in Cluster.EtcdHosts)
        {
            if (other != leader)
            {
                World.Network.CutBoth(leader.Name, other.Name);
            }
        }
    }

    private void Pause(bool on)
    {
        Cluster.PutConfig(on);
        Watch.Exceptions.IsPaused = on;
        if (!on)
        {
            Watch.Exceptions.Excuse(TimeSpan.FromSeconds(_plan.Ttl + _plan.RetryTimeout));
        }
    }

    private void Excused(Action act)
    {
        Watch.Exceptions.Excuse(TimeSpan.FromSeconds(_plan.Ttl + 10));
        act();
    }

    /// <summary>At the next answer of etcd to this node that a fault has swallowed.</summary>
    private void OnLostReply(SimNode target, Action act)
    {
        void OnLost(Etcd.LostReply lost)
        {
            if (lost.Host == target.Name)
            {
                Cluster.Etcd.Faults.ReplyLost -= OnLost;
                World.Journal.Write("STEP", $"a reply to {target} was lost: now");
                act();
            }
        }

        Cluster.Etcd.Faults.ReplyLost += OnLost;
    }
}
