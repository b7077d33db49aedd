using System.Text.RegularExpressions;
using HaAgent.Guard;
using HaAgent.Simulation.Cluster;

namespace HaAgent.Simulation.Transcripts;

/// <summary>What must be so: the steps that begin with "then".</summary>
internal sealed partial class Player
{
    private void Then(string text)
    {
        if (Regex.Match(text, @"^within ([\d.]+) s (.+)$") is { Success: true } match)
        {
            var condition = match.Groups[2].Value;
            Await(condition, Seconds(match.Groups[1].Value), () => WhatIsMissing(condition));
        }
        else if (WhatIsMissing(text) is { } missing)
        {
            throw new TranscriptException(missing);
        }
    }

    /// <summary>Null: the condition holds.</summary>
    private string? WhatIsMissing(string condition)
    {
        foreach (var (pattern, ask) in Conditions)
        {
            if (Regex.Match(condition, $"^{pattern}$") is { Success: true } match)
            {
                return ask(this, match.Groups);
            }
        }

        throw new TranscriptException("no such condition is known");
    }

    private static readonly (string Pattern, Func<Player, GroupCollection, string?> Ask)[] Conditions =
    [
        ("all is well", (p, _) => p.Watch.Convergence.WhatIsMissing()),
        ("nobody leads", (p, _) => p.Cluster.Leader is { } leader ? $"{leader} leads" : null),
        (@"(\w+) or (\w+) leads", (p, g) =>
            p.Cluster.Leader is { } leader && (leader == p.Node(g[1].Value).Name || leader == p.Node(g[2].Value).Name)
                ? null
                : $"{p.Cluster.Leader ?? "nobody"} leads"),
        (@"(\w+) leads", (p, g) => p.Cluster.Leader == p.Node(g[1].Value).Name ? null : $"{p.Cluster.Leader ?? "nobody"} leads"),
        ("nobody takes writes", (p, _) => p.Cluster.Nodes.FirstOrDefault(node => node.Server.IsWritable) is { } node ? $"{node} does" : null),
        (@"(\w+) or (\w+) takes writes", (p, g) =>
            p.Node(g[1].Value).Server.IsWritable || p.Node(g[2].Value).Server.IsWritable
                ? null
                : $"neither does ({p.Node(g[1].Value).ServerState}; {p.Node(g[2].Value).ServerState})"),
        (@"(\w+) takes writes", (p, g) => p.Node(g[1].Value).Server.IsWritable ? null : $"it does not ({p.Node(g[1].Value).ServerState})"),
        (@"(\w+) takes no writes", (p, g) => p.Node(g[1].Value).Server.IsWritable ? "it does" : null),
        (@"the leader has every write that (\w+) acknowledged", (p, g) => p.WhatTheLeaderLacks(p.Node(g[1].Value))),
        (@"(\w+)'s PostgreSQL is gone", (p, g) => p.Node(g[1].Value).Server.AnyProcess ? "it runs" : null),
        (@"(\w+)'s PostgreSQL runs", (p, g) => p.Node(g[1].Value).Server.AnyProcess ? null : "it does not"),
        (@"(\w+)'s guard has fired", (p, g) => p.Node(g[1].Value).Guard.State == WordState.Fired ? null : $"its word says {p.Node(g[1].Value).Guard.State}"),
        (@"(\w+)'s guard has not fired", (p, g) => p.Node(g[1].Value).Guard.State != WordState.Fired ? null : "it has"),
        (@"(\w+) has decided (\w+)", (p, g) => p._decided.Contains((p.Node(g[1].Value).Name, g[2].Value)) ? null : "it has not"),
        (@"(\w+) has not decided (\w+)", (p, g) => p._decided.Contains((p.Node(g[1].Value).Name, g[2].Value)) ? "it has" : null),
        (@"(\w+) streams from (\w+)", (p, g) => p.Node(g[1].Value).StreamsFrom(p.Node(g[2].Value)) ? null : $"it does not ({p.Node(g[1].Value).ServerState})"),
        (@"(\w+) is on timeline (\d+)", (p, g) => p.Timeline(g[1].Value) == Number(g[2].Value) ? null : $"it is on {p.Timeline(g[1].Value)}"),
    ];

    private string? WhatTheLeaderLacks(SimNode node) => !_lastAck.TryGetValue(node.Server, out var ack) || Leader.Server.Contains(ack)
        ? null
        : $"{Leader} lacks {ack.Lsn}";

    private int Timeline(string name) => (int)(Node(name).Server.Directory.Branch?.Number.Value ?? 0);
}
