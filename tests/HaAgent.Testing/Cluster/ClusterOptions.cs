using System.Text.Json.Nodes;
using HaAgent.Testing.Etcd;

namespace HaAgent.Testing.Cluster;

/// <summary>What kind of cluster to start.</summary>
public sealed record ClusterOptions
{
    public string Scope { get; init; } = "batman";
    public int Nodes { get; init; } = 3;

    /// <summary>1 or 3.</summary>
    public int EtcdMembers { get; init; } = 1;

    /// <summary>A store that several clusters share, each with a scope of its own; whoever started it ends it. Null: one of its own.</summary>
    public EtcdServers? Store { get; init; }

    public bool HaProxy { get; init; }

    /// <summary>All files below a path with a space and a quote.</summary>
    public bool WithSpace { get; init; }

    /// <summary>Write on every node all the time, and report a second writer at the end.</summary>
    public bool Witness { get; init; } = true;

    /// <summary>Agents that <see cref="AgentHold"/> can hold up.</summary>
    public bool CanBeHeld { get; init; }

    public int TtlSeconds { get; init; } = 20;
    public int LoopWaitSeconds { get; init; } = 5;
    public int RetryTimeoutSeconds { get; init; } = 5;

    /// <summary>Merged into <c>bootstrap.dcs</c>.</summary>
    public JsonObject MoreDcs { get; init; } = [];

    /// <summary>Merged into every node's file.</summary>
    public JsonObject MoreLocal { get; init; } = [];

    /// <summary>Simple passwords that may be printed; null: difficult ones.</summary>
    public string? Password { get; init; }

    /// <summary>The first node's REST port, the first node's PostgreSQL port, etcd's port and HAProxy's, taken when free.</summary>
    public PreferredPorts Prefer { get; init; } = new();
}

public sealed record PreferredPorts(int? Rest = null, int? Postgres = null, int? Etcd = null, HaProxyPorts? HaProxy = null);
