using System.Collections.Immutable;
using System.Text.Json.Nodes;
using HaAgent.Core.Settings;

namespace HaAgent.Configuration.Options;

/// <summary>What the <c>Server</c> header tells.</summary>
public enum ServerTokens { Original, Minimal, ProductOnly }

/// <summary>The <c>restapi</c> section.</summary>
public sealed record RestApiOptions
{
    /// <summary>Empty or <c>*</c>: all interfaces. IPv6 without brackets.</summary>
    public required string ListenHost { get; init; }
    public required int ListenPort { get; init; }

    /// <summary><c>host:port</c> as peers reach it; the listen address when not set.</summary>
    public required string ConnectAddress { get; init; }

    /// <summary>Published in the member's record.</summary>
    public string ApiUrl => $"http://{ConnectAddress}/patroni";

    /// <summary>Asked for on unsafe requests; null: nobody is asked.</summary>
    public BasicCredentials? Authentication { get; init; }

    /// <summary>Networks, addresses and host names as configured, unresolved; empty: no restriction.</summary>
    public ImmutableArray<string> Allowlist { get; init; } = [];
    public bool AllowlistIncludeMembers { get; init; }
    public ImmutableArray<KeyValuePair<string, string>> HttpExtraHeaders { get; init; } = [];
    public ServerTokens ServerTokens { get; init; }

    /// <summary>Listen backlog, 0 to 4096. Read at start only.</summary>
    public int RequestQueueSize { get; init; } = 5;

    /// <summary>Requests handled at once, 5 or more. Read at start only.</summary>
    public int ThreadPoolSize { get; init; } = 5;

    /// <summary>Values that were not understood and what is used instead.</summary>
    public ImmutableArray<string> Notices { get; init; } = [];

    /// <exception cref="ConfigurationException"><c>listen</c> is missing or malformed; half a pair of credentials.</exception>
    public static RestApiOptions Read(JsonObject root)
    {
        var section = root["restapi"] as JsonObject ?? [];
        var listen = ValueParsers.Text(section["listen"]);
        if (string.IsNullOrEmpty(listen))
        {
            throw ConfigurationException.WithText("restapi.listen", null, "Can not find \"restapi.listen\" config");
        }

        var (host, port) = ValueParsers.HostAndPort(listen, defaultPort: null) ?? throw ConfigurationException.WithText(
            "restapi.listen", listen, "Invalid \"restapi\" config: expected <HOST>:<PORT> for \"listen\", but got "
                + $"\"{listen}\"");
        RequireBothOrNone(section);

        var notices = ImmutableArray.CreateBuilder<string>();
        return new RestApiOptions
        {
            ListenHost = host,
            ListenPort = port,
            ConnectAddress = ValueParsers.Text(section["connect_address"]) is { Length: > 0 } address ? address : listen,
            Authentication = BasicCredentials.Read(section),
            Allowlist = [.. ValueParsers.List(section["allowlist"])],
            AllowlistIncludeMembers = ValueParsers.Bool(section["allowlist_include_members"]) ?? false,
            HttpExtraHeaders = Headers(section["http_extra_headers"], notices),
            ServerTokens = Tokens(section["server_tokens"], notices),
            RequestQueueSize = Within(section["request_queue_size"], 5, 0, 4096),
            ThreadPoolSize = Within(section["thread_pool_size"], 5, 5, 1024),
            Notices = notices.ToImmutable(),
        };
    }

    /// <summary>With one of the two the peer asks nobody for a password; the operator surely meant otherwise.</summary>
    private static void RequireBothOrNone(JsonObject section)
    {
        if (section["authentication"] is JsonObject given
            && Truthy.Is(given["username"]) != Truthy.Is(given["password"]))
        {
            var missing = Truthy.Is(given["username"]) ? "password" : "username";
            throw new ConfigurationException(
                $"restapi.authentication.{missing}", null, "is not set. Give both username and password, or remove "
                    + "the section.");
        }
    }

    private static ImmutableArray<KeyValuePair<string, string>> Headers(JsonNode? node, ImmutableArray<string>.Builder notices)
    {
        var headers = ImmutableArray.CreateBuilder<KeyValuePair<string, string>>();
        foreach (var (name, value) in node as JsonObject ?? [])
        {
            var text = TextualForm.Of(value);
            var usable = name.Length > 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~".Contains(c))
                && text.All(c => c is '\t' or (>= ' ' and <= '~'));
            if (usable)
            {
                headers.Add(new(name, text));
            }
            else
            {
                notices.Add($"restapi.http_extra_headers.{name}: not a header that HTTP can carry; it is left out.");
            }
        }

        return headers.ToImmutable();
    }

    private static ServerTokens Tokens(JsonNode? node, ImmutableArray<string>.Builder notices)
    {
        var text = ValueParsers.Text(node);
        switch (text?.ToLowerInvariant())
        {
            case null or "" or "original":
                return ServerTokens.Original;
            case "minimal":
                return ServerTokens.Minimal;
            case "productonly":
                return ServerTokens.ProductOnly;
            default:
                notices.Add($"restapi.server_tokens = '{text}': expected Minimal, ProductOnly or Original; Original "
                    + "is used.");
                return ServerTokens.Original;
        }
    }

    private static int Within(JsonNode? node, int otherwise, int smallest, int largest) =>
        (int)Math.Clamp(ValueParsers.Integer(node) ?? otherwise, smallest, largest);
}
