using HaAgent.Core.Model;

namespace HaAgent.Core.Snapshot;

/// <summary>A member's tags, with the meaning that elections and routing give them.</summary>
public sealed record Tags
{
    public static readonly Tags None = new();

    public bool NoFailover { get; init; }

    /// <summary>Breaks ties at equal positions; default 1; 0 or less means <see cref="NoFailover"/>.</summary>
    public int FailoverPriority { get; init; } = 1;
    public bool CloneFrom { get; init; }
    public bool NoLoadBalance { get; init; }
    public bool NoSync { get; init; }
    public int SyncPriority { get; init; } = 1;

    /// <summary>The member to cascade from; nobody: from the leader.</summary>
    public NodeName ReplicateFrom { get; init; } = NodeName.Nobody;
    public bool NoStream { get; init; }

    /// <summary>The tags as published: a JSON object, <c>{}</c> when there are none.</summary>
    public string Json { get; init; } = "{}";
}
