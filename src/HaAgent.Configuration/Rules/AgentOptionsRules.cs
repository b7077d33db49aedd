using System.Collections.Immutable;
using System.Text.Json.Nodes;
using HaAgent.Core.Settings;
using HaAgent.Core.Snapshot;

namespace HaAgent.Configuration.Rules;

/// <summary>What a configuration asks for and this version does not do.</summary>
/// <param name="Refusals">The agent must not start: ignoring these could cost data or open a door.</param>
/// <param name="Notices">To be logged once: these are ignored, or done in another way.</param>
public sealed record OptionFindings(ImmutableArray<ConfigurationException> Refusals, ImmutableArray<string> Notices);

/// <summary>Settings of the peer that this version lacks, by name: none is ever ignored in silence.</summary>
/// <remarks>Those of the store's and the server's own sections are judged where these sections are read.</remarks>
public static class AgentOptionsRules
{
    private const string OtherStore = "this version keeps its state in etcd only. Remove the section and give etcd3.";
    private const string Command = "(a command)";

    /// <summary>Sections that are refused when they hold anything.</summary>
    private static readonly (string Name, string Remedy)[] RefusedSections =
    [
        ("citus", "this version does not run Citus clusters. Remove the section, or keep Patroni on these nodes."),
        ("consul", "Consul is planned, but not in this version. Remove the section and give etcd3."),
        ("exhibitor", OtherStore), ("kubernetes", OtherStore), ("raft", OtherStore), ("zookeeper", OtherStore),
    ];

    private static readonly (string Path, string Remedy)[] RefusedSettings =
    [
        ("postgresql.pre_promote", "this version does not run it, so it would promote without asking. Remove it."),
        ("postgresql.before_stop", "this version does not run it. Remove it."),
        ("restapi.certfile", "this version serves plain HTTP only, and passwords would travel in the open. "
            + "Remove it and put a TLS proxy or a closed network in front of the port."),
    ];

    private static readonly (string Path, string Notice)[] Notices =
    [
        ("postgresql.callbacks", "callbacks are not run by this version."),
        ("bootstrap.users", "User creation is not be supported starting from v4.0.0. "
            + "Please use \"bootstrap.post_bootstrap\" script to create users."),
    ];

    public static OptionFindings Check(JsonObject root)
    {
        var refusals = ImmutableArray.CreateBuilder<ConfigurationException>();
        var notices = ImmutableArray.CreateBuilder<string>();
        foreach (var (name, remedy) in RefusedSections.Where(section => Truthy.Is(root[section.Name])))
        {
            refusals.Add(new ConfigurationException(name, null, remedy));
        }

        foreach (var (path, remedy) in RefusedSettings.Where(setting => Truthy.Is(At(root, setting.Path))))
        {
            refusals.Add(new ConfigurationException(path, path.StartsWith("postgresql.", StringComparison.Ordinal)
                ? Command
                : TextualForm.Of(At(root, path)), remedy));
        }

        notices.AddRange(Notices.Where(setting => Truthy.Is(At(root, setting.Path)))
            .Select(setting => setting.Path + ": " + setting.Notice));
        if (ValueParsers.Text(At(root, "log.type"))?.ToLowerInvariant() == "json")
        {
            notices.Add("log.type: JSON logs are not in this version; plain text is written.");
        }

        Store(root, notices);
        ClientCertificates(root, refusals);
        Watchdog(root, refusals, notices);
        Bootstrap(root, refusals, notices);
        return new(refusals.ToImmutable(), notices.ToImmutable());
    }

    private static void Store(JsonObject root, ImmutableArray<string>.Builder notices)
    {
        if (DcsSections.Find(root) is not ("etcd", _))
        {
            return;
        }

        // The two protocols have separate key spaces in one etcd: a v2 peer would hold a leader key that we cannot see.
        notices.Add("etcd: this version speaks the v3 protocol only. A node that uses etcd's v2 protocol does not "
            + "see this cluster, "
            + "and this node does not see its: never run both for the same data. Name the section etcd3.");
        if (DcsSections.IsGiven(root, "etcd3"))
        {
            notices.Add("etcd3: the section etcd is there too and comes first by name; etcd3 is not used. Remove one "
                + "of them.");
        }
    }

    private static void ClientCertificates(JsonObject root, ImmutableArray<ConfigurationException>.Builder refusals)
    {
        var verify = ValueParsers.Text(At(root, "restapi.verify_client"));
        if (verify?.ToLowerInvariant() is "required" or "optional" && !Truthy.Is(At(root, "restapi.certfile")))
        {
            refusals.Add(new ConfigurationException("restapi.verify_client", verify,
                "client certificates need TLS, which this version does not serve. Remove it and use "
                    + "restapi.authentication or allowlist."));
        }
    }

    private static void Watchdog(
        JsonObject root, ImmutableArray<ConfigurationException>.Builder refusals,
        ImmutableArray<string>.Builder notices)
    {
        if (root["watchdog"] is not JsonObject { Count: > 0 } section)
        {
            return;
        }

        var given = section["mode"];
        var mode = given is null ? "automatic" : ValueParsers.Text(given)?.ToLowerInvariant();
        switch (mode)
        {
            case "required" or "require":
                refusals.Add(new ConfigurationException("watchdog.mode", mode,
                    "this version does not drive a watchdog. Set it to off or automatic."));
                break;
            case "automatic" or "auto":
                notices.Add("watchdog.mode = 'automatic': this version does not drive a watchdog; it runs as with "
                    + "off.");
                break;
            case "off" or "disable" or "disabled" or "false":
                break;
            default:
                notices.Add($"watchdog.mode = '{TextualForm.Of(given)}': expected off, automatic or required; off is "
                    + "used.");
                break;
        }
    }

    private static void Bootstrap(
        JsonObject root, ImmutableArray<ConfigurationException>.Builder refusals,
        ImmutableArray<string>.Builder notices)
    {
        // A method without a command is initdb. With one, an empty cluster would stand where a restored one was asked
        // for.
        if (ValueParsers.Text(At(root, "bootstrap.method")) is { Length: > 0 } method and not "initdb"
            && At(root, "bootstrap." + method) is JsonObject custom && Truthy.Is(custom["command"]))
        {
            refusals.Add(new ConfigurationException("bootstrap.method", method,
                "this version founds clusters with initdb only. Remove it, or found the cluster with Patroni and "
                    + "then switch over."));
        }

        if (At(root, "bootstrap.dcs") is not JsonObject dcs)
        {
            return;
        }

        foreach (var found in UnsupportedSettings.In(dcs, dcs["postgresql"] as JsonObject ?? []))
        {
            var path = "bootstrap.dcs." + found.Name;
            if (found.EndangersCommits)
            {
                refusals.Add(
                    new ConfigurationException(path, found.Value, "this version cannot honour it. Remove it."));
            }
            else
            {
                notices.Add($"{path} = '{found.Value}': this version does not honour it.");
            }
        }
    }

    private static JsonNode? At(JsonObject root, string path)
    {
        JsonNode? node = root;
        foreach (var key in path.Split('.'))
        {
            node = (node as JsonObject)?[key];
        }

        return node;
    }
}
