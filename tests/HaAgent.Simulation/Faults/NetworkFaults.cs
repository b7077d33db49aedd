using System.Collections.Immutable;
using HaAgent.Simulation.Cluster;
using HaAgent.Simulation.Kernel;

namespace HaAgent.Simulation.Faults;

/// <summary>Links that are cut, one way or both, that lose or delay.</summary>
internal static class NetworkFaults
{
    public static readonly ImmutableArray<FaultKind> All =
    [
        new("cut from etcd", 6, s => CutFromEtcd(s, "cut from etcd", to: true, from: true)),
        new("cut to etcd one way", 5, s => CutFromEtcd(s, "cut to etcd one way", to: true, from: false)),
        new("cut of etcd's answers", 5, s => CutFromEtcd(s, "cut of etcd's answers", to: false, from: true)),
        new("cut between two servers", 5, CutPair),
        new("server isolated", 5, Isolate),
        new("clients cut off", 5, CutClients),
        new("etcd member cut off", 5, CutEtcdMember),
        new("slow and lossy links", 5, Trouble),
    ];

    private static FaultInAction CutFromEtcd(FaultScene s, string kind, bool to, bool from)
    {
        var node = s.SomeNode();
        var pairs = new List<(string, string)>();
        foreach (var etcd in s.Cluster.EtcdHosts)
        {
            if (etcd == node.Host)
            {
                continue; // its own member is reached, and has no quorum without the links between members
            }

            if (to)
            {
                pairs.Add((node.Name, etcd.Name));
            }

            if (from)
            {
                pairs.Add((etcd.Name, node.Name));
            }
        }

        return Cut(s, node, kind, pairs);
    }

    private static FaultInAction? CutPair(FaultScene s)
    {
        var node = s.SomeNode();
        if (s.OtherThan(node) is not { } other)
        {
            return null;
        }

        var pairs = s.Chance.Below(3) switch
        {
            0 => new List<(string, string)> { (node.Name, other.Name) },
            1 => [(other.Name, node.Name)],
            _ => [(node.Name, other.Name), (other.Name, node.Name)],
        };
        return Cut(s, node, "cut between two servers", pairs);
    }

    private static FaultInAction Isolate(FaultScene s)
    {
        var node = s.SomeNode();
        var others = s.Cluster.Nodes.Select(other => other.Name).Concat(s.Cluster.EtcdHosts.Select(host => host.Name))
            .Where(name => name != node.Name).Distinct();
        return Cut(s, node, "server isolated", [.. others.SelectMany(other => new[] { (node.Name, other), (other, node.Name) })]);
    }

    private static FaultInAction CutClients(FaultScene s)
    {
        var node = s.SomeNode();
        return Cut(s, node, "clients cut off", [(Clients.Host, node.Name), (node.Name, Clients.Host)]);
    }

    private static FaultInAction? CutEtcdMember(FaultScene s)
    {
        if (s.Cluster.EtcdHosts.Length < 2)
        {
            return null;
        }

        var target = s.Etcd.RaftLeader is { } leader && s.Chance.Happens(0.6)
            ? leader.Host
            : s.Chance.OneOf(s.Cluster.EtcdHosts);
        var pairs = s.Cluster.EtcdHosts.Where(host => host != target)
            .SelectMany(host => new[] { (host.Name, target.Name), (target.Name, host.Name) }).ToList();
        s.Matters("etcd member cut off");
        return Apply(s, $"{target}", pairs, s.Chance.Seconds(1, 30));
    }

    private static FaultInAction Trouble(FaultScene s)
    {
        var names = s.Cluster.Nodes.Select(node => node.Name).Concat(s.Cluster.EtcdHosts.Select(host => host.Name)).Distinct().ToArray();
        var node = s.SomeNode();
        var trouble = new LinkTrouble(s.Chance.Milliseconds(1, 1500), s.Chance.Fraction() * 0.3);
        foreach (var other in names.Where(name => name != node.Name))
        {
            s.Network.Trouble(node.Name, other, trouble);
            s.Network.Trouble(other, node.Name, trouble);
        }

        if (s.IsLeader(node))
        {
            s.Matters("slow and lossy links");
        }

        return new(
            $"{node}: up to {trouble.Delay.TotalMilliseconds:0} ms, {trouble.Loss:0.00} lost", s.Chance.Seconds(5, 40),
            () =>
            {
                foreach (var other in names)
                {
                    s.Network.Calm(node.Name, other);
                    s.Network.Calm(other, node.Name);
                }
            });
    }

    private static FaultInAction Cut(FaultScene s, SimNode node, string kind, List<(string From, string To)> pairs)
    {
        var lasts = s.BeyondLease();
        if (s.IsLeader(node))
        {
            s.Matters(kind);
        }

        return Apply(s, $"{node}", pairs, lasts);
    }

    private static FaultInAction Apply(FaultScene s, string what, List<(string From, string To)> pairs, TimeSpan lasts)
    {
        foreach (var (from, to) in pairs)
        {
            s.Network.Cut(from, to);
        }

        return new(what, lasts, () =>
        {
            foreach (var (from, to) in pairs)
            {
                s.Network.Heal(from, to);
            }
        });
    }
}
