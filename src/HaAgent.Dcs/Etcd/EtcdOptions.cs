using System.Collections.Immutable;
using System.Net.Security;
using System.Text.Json.Nodes;
using HaAgent.Core.Model;
using HaAgent.Dcs.Records;

namespace HaAgent.Dcs.Etcd;

/// <summary>Where etcd is and how to speak to it, for one cluster and one member.</summary>
public sealed class EtcdOptions
{
    /// <summary>The configured endpoints, in the order given.</summary>
    public required ImmutableArray<Uri> Endpoints { get; init; }

    /// <summary>Ask the cluster for its members' client URLs and use those; false behind proxies.</summary>
    public bool DiscoverMembers { get; init; } = true;

    /// <summary>Where in the configuration these come from, for messages.</summary>
    public string SectionName { get; init; } = "etcd3";

    public required DcsKeys Keys { get; init; }
    public required NodeName Self { get; init; }

    /// <summary>Null without authentication.</summary>
    public string? Username { get; init; }

    internal string? Password { get; init; }

    /// <summary>Null for plain HTTP/2.</summary>
    internal SslClientAuthenticationOptions? Tls { get; init; }

    /// <summary>Reads the <c>etcd3</c> (or <c>etcd</c>) section.</summary>
    /// <param name="section">The section's settings.</param>
    /// <param name="scope">The cluster's name.</param>
    /// <param name="namespace">Null or empty: <c>service</c>.</param>
    /// <param name="memberName">The own name; empty for a tool that is no member.</param>
    /// <param name="sectionName">For messages.</param>
    /// <exception cref="Core.Settings.ConfigurationException">A setting is missing, malformed, or names a file that cannot be used.</exception>
    public static EtcdOptions Read(
        JsonObject section, string scope, string? @namespace, string memberName, string sectionName = "etcd3") =>
        new EtcdOptionsReader(section, sectionName).Read(
            new DcsKeys(string.IsNullOrEmpty(@namespace) ? "service" : @namespace, scope), new NodeName(memberName));
}
