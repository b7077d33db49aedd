using System.Collections.Immutable;
using System.Text.Json.Nodes;
using HaAgent.Core.Model;
using HaAgent.Core.Settings;
using HaAgent.Dcs.Grpc;
using HaAgent.Dcs.Records;

namespace HaAgent.Dcs.Etcd;

/// <summary>The <c>etcd3</c> section into options; every mistake is one sentence that names the setting.</summary>
internal sealed class EtcdOptionsReader(JsonObject section, string sectionName)
{
    private const int DefaultPort = 2379;

    private static readonly string[] DiscoverySettings = ["srv", "discovery_srv", "srv_domain"];

    public EtcdOptions Read(DcsKeys keys, NodeName self)
    {
        var endpoints = ReadEndpoints();
        var first = endpoints[0];
        var secure = first.Scheme == Uri.UriSchemeHttps;
        var (urlUser, urlPassword) = Credentials(first);
        var username = Text("username") ?? urlUser;
        var password = Text("password") ?? urlPassword;
        if (username is not null && password is null)
        {
            throw new ConfigurationException($"{sectionName}.password", null, "is missing; a username needs one.");
        }

        return new()
        {
            Endpoints = [.. endpoints.Select(WithoutCredentials)],
            DiscoverMembers = Text("proxy") is null && !(ValueParsers.Bool(section["use_proxies"]) ?? false),
            SectionName = sectionName,
            Keys = keys,
            Self = self,
            Username = username,
            Password = username is null ? null : password,
            Tls = secure ? Http2Handlers.Tls(Certificates("cacert"), EtcdCertificates.Client(this), EtcdCertificates.Chain(this)) : null,
        };
    }

    internal string? Text(string name) => ValueParsers.Text(section[name]) is { Length: > 0 } text ? text : null;

    internal ConfigurationException Bad(string name, string remedy) => new($"{sectionName}.{name}", Text(name), remedy);

    private System.Security.Cryptography.X509Certificates.X509Certificate2Collection? Certificates(string name) =>
        EtcdCertificates.Authorities(this, name);

    private ImmutableArray<Uri> ReadEndpoints()
    {
        // The same order of precedence as the peer's: a proxy, a URL, a list, a single host.
        if (Text("proxy") is not null)
        {
            return [Url("proxy")];
        }

        if (Text("url") is not null)
        {
            return [Url("url")];
        }

        if (section["hosts"] is not null)
        {
            var hosts = ValueParsers.List(section["hosts"]);
            return hosts.Count > 0
                ? [.. hosts.Select(host => Host("hosts", host))]
                : throw Bad("hosts", "holds no host; give host:port, several as a list or separated by commas.");
        }

        if (Text("host") is { } single)
        {
            return [Host("host", single)];
        }

        foreach (var name in DiscoverySettings)
        {
            if (Text(name) is not null)
            {
                throw Bad(name, "discovery by DNS SRV records is not supported yet; list the members under hosts.");
            }
        }

        throw new ConfigurationException(
            sectionName, null, "says nothing of where etcd is; give host, hosts, url or proxy.");
    }

    private Uri Url(string name)
    {
        if (!Uri.TryCreate(Text(name), UriKind.Absolute, out var url) || url.Host.Length == 0
            || (url.Scheme != Uri.UriSchemeHttp && url.Scheme != Uri.UriSchemeHttps))
        {
            throw new ConfigurationException(
                $"{sectionName}.{name}", null, "is not a URL such as http://host:2379 or https://host:2379.");
        }

        // Uri leaves out a port that is its scheme's default, but https://host:443 does not mean https://host:2379.
        var authority = url.OriginalString.Split("://", 2)[1].Split('/', '?', '#')[0].Split('@')[^1];
        var namesPort = authority.LastIndexOf(':') > authority.LastIndexOf(']');
        return namesPort ? url : new UriBuilder(url) { Port = DefaultPort }.Uri;
    }

    private Uri Host(string name, string text)
    {
        var protocol = Text("protocol") ?? Uri.UriSchemeHttp;
        if (protocol is not ("http" or "https"))
        {
            throw Bad("protocol", "must be http or https.");
        }

        if (ValueParsers.HostAndPort(text, DefaultPort) is not var (host, port) || host.Length == 0
            || Uri.CheckHostName(host) == UriHostNameType.Unknown)
        {
            throw new ConfigurationException($"{sectionName}.{name}", text, "is not host or host:port (an IPv6 address in brackets).");
        }

        return new UriBuilder(protocol, host, port).Uri;
    }

    private static (string? User, string? Password) Credentials(Uri url)
    {
        var parts = url.UserInfo.Split(':', 2);
        return parts[0].Length == 0
            ? (null, null)
            : (Uri.UnescapeDataString(parts[0]), parts.Length > 1 ? Uri.UnescapeDataString(parts[1]) : null);
    }

    private static Uri WithoutCredentials(Uri url) => new UriBuilder(url.Scheme, url.Host, url.Port).Uri;
}
