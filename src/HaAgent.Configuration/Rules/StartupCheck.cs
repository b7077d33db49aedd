using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using HaAgent.Configuration.Local;
using HaAgent.Configuration.Options;
using HaAgent.Core.Settings;

namespace HaAgent.Configuration.Rules;

/// <summary>What must hold before the agent touches anything: one clear error, or a start.</summary>
/// <remarks>It reads and asks, but changes nothing, neither on disk nor in the store.</remarks>
public static class StartupCheck
{
    private static readonly string[] TimingSettings = ["ttl", "loop_wait", "retry_timeout"];

    /// <returns>Notices for the log: what is ignored, adjusted or could not be checked.</returns>
    /// <exception cref="ConfigurationException">The first thing that is wrong.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> was signalled.</exception>
    public static async Task<ImmutableArray<string>> RunAsync(LocalConfiguration configuration, CancellationToken stop)
    {
        var root = configuration.Root;
        Require(root, "name", "Give this node a name that is unique in the cluster.");
        Require(root, "scope", "Give the name of the cluster, the same on all its nodes.");
        var findings = AgentOptionsRules.Check(root);
        if (findings.Refusals.Length > 0)
        {
            throw findings.Refusals[0];
        }

        var restapi = RestApiOptions.Read(root);
        var log = LogOptions.Read(root);
        Require(root, "postgresql.data_dir", "Give the path of PostgreSQL's data directory.");
        Require(root, "postgresql.listen", "Give the addresses and the port of PostgreSQL, e.g. 0.0.0.0:5432.");
        var postgresql = Address(root, "postgresql.listen", 5432);
        Timing(root);
        var notices = ImmutableArray.CreateBuilder<string>();
        foreach (var source in new[] { configuration.Warnings, findings.Notices, restapi.Notices, log.Notices })
        {
            notices.AddRange(source);
        }

        await StoreAsync(root, notices, stop);
        try
        {
            await HostsAsync(root, restapi, postgresql.Host, notices, stop);
            await PortsAsync(configuration, restapi, postgresql, stop);
        }
        catch (ConfigurationException e) when (ServerMayRun(root))
        {
            // A primary that nobody looks after is worse than an agent that nobody can ask.
            notices.Add(e.Message);
        }

        return notices.ToImmutable();
    }

    private static void Require(JsonObject root, string path, string remedy)
    {
        var node = Node(root, path);
        if (node is JsonObject or JsonArray)
        {
            throw new ConfigurationException(path, TextualForm.Of(node), "expected a text. " + remedy);
        }

        if (string.IsNullOrWhiteSpace(ValueParsers.Text(node)))
        {
            throw new ConfigurationException(path, null, "is not set. " + remedy);
        }
    }

    private static (string Host, int Port) Address(JsonObject root, string path, int? defaultPort)
    {
        var text = ValueParsers.Text(Node(root, path));
        return ValueParsers.HostAndPort(text, defaultPort)
            ?? throw new ConfigurationException(path, text, "expected <HOST>:<PORT> with a port from 0 to 65535.");
    }

    /// <summary>
    /// Values that break the rule between them are adjusted later; what is no time at all is refused.
    /// </summary>
    private static void Timing(JsonObject root)
    {
        foreach (var name in TimingSettings)
        {
            var path = "bootstrap.dcs." + name;
            var node = Node(root, path);
            if (node is null)
            {
                continue;
            }

            var isSeconds = node.GetValueKind() is JsonValueKind.Number or JsonValueKind.String
                && int.TryParse(ValueParsers.Text(node), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
                && seconds > 0;
            if (!isSeconds)
            {
                throw new ConfigurationException(path, TextualForm.Of(node), "give a whole number of seconds above 0.");
            }
        }
    }

    private static async Task StoreAsync(JsonObject root, ImmutableArray<string>.Builder notices, CancellationToken stop)
    {
        if (DcsSections.Find(root) is not var (name, section))
        {
            throw new ConfigurationException("etcd3", null, "is not set. Give the addresses of etcd, e.g. etcd3: "
                + "{hosts: [10.0.0.1:2379]}.");
        }

        var key = DcsSections.AddressKeys.FirstOrDefault(address => Truthy.Is(section[address]))
            ?? throw new ConfigurationException(name, null, "holds no address. Give one of hosts, host, url, proxy "
                + "or srv.");
        if (key is "srv" or "srv_suffix")
        {
            return;
        }

        var path = $"{name}.{key}";
        var hosts = StoreAddresses.Of(section, path, key);
        var missing = new List<string>();
        foreach (var (host, _) in hosts)
        {
            if (await Sockets.ResolveAsync(host, stop) == Sockets.Resolution.DoesNotExist)
            {
                missing.Add(host);
            }
        }

        if (missing.Count == hosts.Count && !ServerMayRun(root))
        {
            // A URL may hold a password, so only plain addresses are repeated.
            throw new ConfigurationException(path, key is "hosts" or "host" ? TextualForm.Of(section[key]) : null,
                NoSuchHost(string.Join(", ", missing)));
        }

        notices.AddRange(missing.Select(host => $"{path}: the host {host} does not exist: its name cannot be "
            + "resolved."));
    }

    private static async Task HostsAsync(
        JsonObject root, RestApiOptions restapi, string postgresqlHosts, ImmutableArray<string>.Builder notices,
        CancellationToken stop)
    {
        var asked = new List<(string Path, string Host)> { ("restapi.listen", restapi.ListenHost) };
        asked.AddRange(postgresqlHosts.Split(',').Select(host => ("postgresql.listen", host)));
        foreach (var path in new[] { "restapi.connect_address", "postgresql.connect_address" })
        {
            if (Truthy.Is(Node(root, path)))
            {
                asked.Add((path, Address(root, path, path.StartsWith("restapi", StringComparison.Ordinal) ? null : 5432).Host));
            }
        }

        foreach (var (path, host) in asked)
        {
            switch (await Sockets.ResolveAsync(host, stop))
            {
                case Sockets.Resolution.DoesNotExist:
                    throw new ConfigurationException(path, ValueParsers.Text(Node(root, path)), NoSuchHost(host));
                case Sockets.Resolution.Unknown:
                    notices.Add($"{path}: it is not known whether the host {host} exists: no name server answered.");
                    break;
                default:
                    break;
            }
        }
    }

    private static async Task PortsAsync(
        LocalConfiguration configuration, RestApiOptions restapi, (string Host, int Port) postgresql, CancellationToken stop)
    {
        var state = await Sockets.ProbeAsync(restapi.ListenHost, restapi.ListenPort, stop);
        if (Explained(state, restapi.ListenPort) is { } why)
        {
            throw ConfigurationException.WithText("restapi.listen", configuration.Text("restapi.listen"),
                FormattableString.Invariant($"Couldn't start a service on '{restapi.ListenHost}:{restapi.ListenPort}', ")
                + $"please check your `restapi.listen` configuration: {why}");
        }

        // A server that runs already, ours from before, holds its port by right.
        if (ServerMayRun(configuration.Root))
        {
            return;
        }

        foreach (var host in postgresql.Host.Split(','))
        {
            if (Explained(await Sockets.ProbeAsync(host, postgresql.Port, stop), postgresql.Port) is { } reason)
            {
                throw new ConfigurationException("postgresql.listen", configuration.Text("postgresql.listen"), reason);
            }
        }
    }

    private static string NoSuchHost(string host) =>
        $"the host {host} does not exist: its name cannot be resolved. Correct it, or add it to DNS or /etc/hosts.";

    /// <summary>A server may be running here: then the agent must come up and look after it, whatever the name servers say.</summary>
    private static bool ServerMayRun(JsonObject root) =>
        File.Exists(Path.Combine(ValueParsers.Text(Node(root, "postgresql.data_dir")) ?? "", "postmaster.pid"));

    private static string? Explained(Sockets.PortState state, int port) => state switch
    {
        Sockets.PortState.Taken => FormattableString.Invariant(
            $"port {port} is already in use by another process. Stop that one, or choose another port."),
        Sockets.PortState.NotAllowed => FormattableString.Invariant(
            $"this user may not listen on port {port}. Choose one above 1023."),
        Sockets.PortState.NotOurAddress => "this host has no such address. Give one that it has, or 0.0.0.0 for all.",
        _ => null,
    };

    private static JsonNode? Node(JsonObject root, string path)
    {
        JsonNode? node = root;
        foreach (var key in path.Split('.'))
        {
            node = (node as JsonObject)?[key];
        }

        return node;
    }
}
