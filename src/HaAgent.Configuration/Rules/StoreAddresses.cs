using System.Text.Json.Nodes;
using HaAgent.Core.Settings;

namespace HaAgent.Configuration.Rules;

/// <summary>The hosts that an etcd section names, for the checks; the client reads the section itself.</summary>
internal static class StoreAddresses
{
    private const int DefaultPort = 2379;

    /// <exception cref="ConfigurationException">An address that is none.</exception>
    public static List<(string Host, int Port)> Of(JsonObject section, string path, string key)
    {
        if (key is "url" or "proxy")
        {
            var url = ValueParsers.Text(section[key]);
            return Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.Host.Length > 0
                ? [(uri.Host.Trim('[', ']'), uri.IsDefaultPort ? DefaultPort : uri.Port)]
                : throw new ConfigurationException(path, null, "expected a URL such as http://10.0.0.1:2379.");
        }

        var port = ValueParsers.Integer(section["port"]) is { } given and > 0 and <= 65535 ? (int)given : DefaultPort;
        var hosts = key == "host" ? [ValueParsers.Text(section[key]) ?? ""] : ValueParsers.List(section[key]);
        if (hosts.Count == 0)
        {
            throw new ConfigurationException(path, TextualForm.Of(section[key]), "holds no address. Give a list such "
                + "as [10.0.0.1:2379].");
        }

        return [.. hosts.Select(text => ValueParsers.HostAndPort(text, port) is { Host.Length: > 0 } address
            ? address
            : throw new ConfigurationException(path, text, "expected <HOST>:<PORT> with a port from 1 to 65535."))];
    }
}
