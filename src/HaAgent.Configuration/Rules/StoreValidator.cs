using System.Text.Json.Nodes;
using HaAgent.Core.Settings;

namespace HaAgent.Configuration.Rules;

/// <summary>The part of <c>--validate-config</c> about the configuration store.</summary>
internal static class StoreValidator
{
    private const int DefaultPort = 2379;

    public static async Task ValidateAsync(Validation v)
    {
        var given = DcsSections.Supported.Where(name => v.At(name) is not null).ToArray();
        if (given.Length == 0 && !DcsSections.Known.Any(name => v.At(name) is not null))
        {
            foreach (var name in DcsSections.Supported)
            {
                v.Add(name, null, "is not defined.");
            }
        }

        foreach (var name in given)
        {
            if (v.Map(name) is { } section)
            {
                await SectionAsync(v, name, section);
            }
        }
    }

    private static async Task SectionAsync(Validation v, string name, JsonObject section)
    {
        if (!DcsSections.AddressKeys.Any(section.ContainsKey))
        {
            foreach (var key in DcsSections.AddressKeys.Order(StringComparer.Ordinal))
            {
                v.Add($"{name}.{key}", null, "is not defined.");
            }
        }

        v.Integer($"{name}.port", 1, 65535);
        var port = ValueParsers.Integer(section["port"]) is { } number and > 0 and <= 65535 ? (int)number : DefaultPort;
        if (section["host"] is { } host)
        {
            await v.ReachableAsync($"{name}.host", host, port);
        }

        await HostsAsync(v, $"{name}.hosts", section["hosts"], port);
        v.Texts(name + ".", "srv", "srv_suffix", "protocol", "cacert", "cert", "key", "username", "version_prefix");
        v.Bool($"{name}.use_proxies");
    }

    private static async Task HostsAsync(Validation v, string path, JsonNode? hosts, int port)
    {
        switch (hosts)
        {
            case null:
                break;
            case JsonObject:
                v.Add(path, hosts, "is not a list");
                break;
            case JsonArray array:
                _ = v.List(path);
                for (var i = 0; i < array.Count; i++)
                {
                    await v.ReachableAsync(FormattableString.Invariant($"{path}.{i}"), array[i], port);
                }

                break;
            default:
                foreach (var host in ValueParsers.List(hosts))
                {
                    await v.ReachableAsync(path, JsonValue.Create(host), port);
                }

                break;
        }
    }
}
