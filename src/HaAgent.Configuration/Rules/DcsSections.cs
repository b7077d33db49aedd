using System.Collections.Immutable;
using System.Text.Json.Nodes;
using HaAgent.Core.Settings;

namespace HaAgent.Configuration.Rules;

/// <summary>Which section names the configuration store.</summary>
public static class DcsSections
{
    /// <summary>Every store that the peer knows: those not in <see cref="Supported"/> are refused by name.</summary>
    public static readonly ImmutableArray<string> Known =
        ["consul", "etcd", "etcd3", "exhibitor", "kubernetes", "raft", "zookeeper"];

    public static readonly ImmutableArray<string> Supported = ["etcd", "etcd3"];

    /// <summary>Keys of which at least one must be given, in the order in which they count.</summary>
    public static readonly ImmutableArray<string> AddressKeys = ["proxy", "url", "hosts", "host", "srv", "srv_suffix"];

    /// <summary>The first supported section by name.</summary>
    /// <exception cref="ConfigurationException">There is none.</exception>
    public static (string Name, JsonObject Section) Choose(JsonObject root) =>
        Find(root) ?? throw ConfigurationException.WithText(
            "etcd3", null,
            "Can not find suitable configuration of distributed configuration store\nAvailable implementations: "
            + string.Join(", ", Supported));

    public static (string Name, JsonObject Section)? Find(JsonObject root)
    {
        var name = Supported.FirstOrDefault(name => IsGiven(root, name));
        return name is not null && root[name] is JsonObject section ? (name, section) : null;
    }

    /// <summary>An empty section counts as absent.</summary>
    public static bool IsGiven(JsonObject root, string name) => root[name] is JsonObject { Count: > 0 };
}
