using System.Globalization;
using System.Text.Json.Nodes;
using HaAgent.Configuration.Rules;
using HaAgent.Core.Settings;

namespace HaAgent.Configuration.Ctl;

/// <summary><c>-d/--dcs-url</c>: <c>[scheme://][host][:port][/namespace]</c>.</summary>
/// <param name="Scheme">Name of the section that it stands for.</param>
/// <param name="Host">IPv6 without brackets.</param>
/// <param name="Port">The scheme's usual one when not given.</param>
/// <param name="Namespace">Null when not given.</param>
public sealed record DcsUrl(string Scheme, string Host, int Port, string? Namespace)
{
    private static readonly (string Scheme, int Port)[] Schemes =
        [("etcd", 2379), ("etcd3", 2379), ("zookeeper", 2181), ("exhibitor", 8181), ("consul", 8500)];

    /// <summary>What the section of the same name may hold that still makes sense with another address.</summary>
    private static readonly string[] Kept = ["cacert", "cert", "key", "username", "password"];

    /// <exception cref="ConfigurationException">Not a URL of this form.</exception>
    public static DcsUrl Parse(string text)
    {
        var mark = text.IndexOf("://", StringComparison.Ordinal);
        var scheme = mark < 0 ? null : text[..mark].ToLowerInvariant();
        if (scheme is not null && Schemes.All(known => known.Scheme != scheme))
        {
            throw new ConfigurationException($"Unknown dcs scheme: {scheme}");
        }

        var rest = mark < 0 ? text : text[(mark + 3)..];
        var slash = rest.IndexOf('/', StringComparison.Ordinal);
        var path = slash < 0 ? "" : rest[slash..].Trim('/');
        var (host, port) = Address(slash < 0 ? rest : rest[..slash], text);
        scheme ??= Schemes.FirstOrDefault(known => known.Port == port).Scheme ?? "etcd";
        return new DcsUrl(
            scheme, host.Length == 0 ? "localhost" : host, port ?? Schemes.First(known => known.Scheme == scheme).Port,
            path.Length == 0 ? null : path);
    }

    /// <summary>
    /// Replaces every store section; of the one with the same name, credentials and certificates stay.
    /// </summary>
    public void ApplyTo(JsonObject root)
    {
        var section = new JsonObject();
        foreach (var key in Kept)
        {
            if ((root[Scheme] as JsonObject)?[key] is { } value)
            {
                section[key] = value.DeepClone();
            }
        }

        foreach (var name in DcsSections.Known)
        {
            root.Remove(name);
        }

        section["host"] = (Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]" : Host)
            + ":" + Port.ToString(CultureInfo.InvariantCulture);
        root[Scheme] = section;
        if (Namespace is not null)
        {
            root["namespace"] = Namespace;
        }
    }

    private static (string Host, int? Port) Address(string text, string whole)
    {
        var colon = text.LastIndexOf(':');
        if (colon < 0 || text.EndsWith(']'))
        {
            return (text.Trim('[', ']'), null);
        }

        // "host:" leaves the port out, as "host" does.
        var port = text[(colon + 1)..];
        if (port.Length == 0)
        {
            return (text[..colon].Trim('[', ']'), null);
        }

        return ValueParsers.HostAndPort(text, defaultPort: null) is ({ } host, > 0 and { } number)
            ? (host, number)
            : throw new ConfigurationException("-d/--dcs-url", whole, "expected [scheme://][host][:port][/namespace].");
    }
}
