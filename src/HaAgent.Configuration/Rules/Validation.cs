using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using HaAgent.Core.Settings;

namespace HaAgent.Configuration.Rules;

/// <summary>One run of the validator: single checks, and the lines they have found.</summary>
internal sealed class Validation(JsonObject root, bool ignoreListenPort, CancellationToken stop)
{
    public const string WrongValue = "didn't pass validation: Wrong value";

    private static readonly string[] NotForPeers = ["127.0.0.1", "0.0.0.0", "*", "::1", "localhost"];

    private readonly ImmutableArray<string>.Builder _lines = ImmutableArray.CreateBuilder<string>();

    public JsonObject Root => root;

    public CancellationToken Stop => stop;

    public ImmutableArray<string> Lines => _lines.ToImmutable();

    public void Add(string line) => _lines.Add(line);

    /// <param name="path">Dotted; list indexes as numbers.</param>
    /// <param name="node">Its value; null for a missing key, which leaves two spaces.</param>
    /// <param name="problem">Text of the contract.</param>
    public void Add(string path, JsonNode? node, string problem) =>
        _lines.Add($"{path} {(node is null ? "" : TextualForm.Of(node))} {problem}");

    public JsonNode? At(string path)
    {
        JsonNode? node = root;
        foreach (var key in path.Split('.'))
        {
            node = (node as JsonObject)?[key];
        }

        return node;
    }

    /// <returns>The value; null when missing, which is reported when <paramref name="required"/>.</returns>
    public JsonNode? Get(string path, bool required)
    {
        var node = At(path);
        if (node is null && required)
        {
            Add(path, null, "is not defined.");
        }

        return node;
    }

    public string? Text(string path, bool required = false)
    {
        var node = Get(path, required);
        if (node is null || node.GetValueKind() == JsonValueKind.String)
        {
            return node?.GetValue<string>();
        }

        Add(path, node, "is not a string");
        return null;
    }

    public void Texts(string prefix, params ReadOnlySpan<string> keys)
    {
        foreach (var key in keys)
        {
            _ = Text(prefix + key);
        }
    }

    public JsonObject? Map(string path, bool required = false)
    {
        var node = Get(path, required);
        if (node is not null and not JsonObject)
        {
            Add(path, node, "is not a dictionary");
        }

        return node as JsonObject;
    }

    public JsonArray? List(string path)
    {
        var node = At(path);
        if (node is not null and not JsonArray)
        {
            Add(path, node, "is not a list");
        }
        else if (node is JsonArray { Count: 0 })
        {
            Add(path, node, "is an empty list");
        }

        return node as JsonArray;
    }

    public void Bool(string path)
    {
        if (At(path) is { } node && ValueParsers.Bool(node) is null)
        {
            Add(path, node, "is not a boolean");
        }
    }

    public void Bools(string prefix, params ReadOnlySpan<string> keys)
    {
        foreach (var key in keys)
        {
            Bool(prefix + key);
        }
    }

    public void Integer(string path, long smallest = long.MinValue, long largest = long.MaxValue, string? unit = null)
    {
        if (At(path) is not { } node)
        {
            return;
        }

        if (ValueParsers.Integer(node, unit) is not { } value)
        {
            Add(path, node, "is not an integer");
        }
        else if (value < smallest || value > largest)
        {
            Add(path, node, WrongValue);
        }
    }

    public void OneOf(string path, params ReadOnlySpan<string> allowed)
    {
        if (Text(path) is { } text && !allowed.Contains(text.ToLowerInvariant()))
        {
            Add(path, At(path), WrongValue);
        }
    }

    /// <summary><c>host:port</c> as others are to reach it.</summary>
    public void ConnectAddress(string path, int? defaultPort, bool required = false)
    {
        if (Text(path, required) is not { } text)
        {
            return;
        }

        if (ValueParsers.HostAndPort(text, defaultPort) is not ({ Length: > 0 } host, _)
            || host.Contains(',', StringComparison.Ordinal))
        {
            Add(path, At(path), "didn't pass validation: contains a wrong value");
        }
        else if (NotForPeers.Contains(host))
        {
            Add(path, At(path), "didn't pass validation: must not contain "
                + string.Join(", ", NotForPeers.Select(name => $"\"{name}\"")));
        }
    }

    /// <summary>An address to listen on; every host is tried, unless told not to.</summary>
    public async Task ListenAsync(string path, int? defaultPort)
    {
        if (Text(path, required: true) is not { } text)
        {
            return;
        }

        if (ValueParsers.HostAndPort(text, defaultPort) is not var (hosts, port))
        {
            Add(path, At(path), "didn't pass validation: contains a wrong value");
            return;
        }

        var each = hosts.Split(',');
        if (each.Length > 1 && each.Contains("*"))
        {
            Add(path, At(path), "didn't pass validation: expecting '*' alone");
            return;
        }

        foreach (var host in each)
        {
            if (await Sockets.ResolveAsync(host, stop) == Sockets.Resolution.DoesNotExist)
            {
                Add(path, At(path), "didn't pass validation: contains a wrong value");
            }
            else if (!ignoreListenPort && await Sockets.ProbeAsync(host, port, stop) == Sockets.PortState.Taken)
            {
                Add(path, At(path), FormattableString.Invariant($"didn't pass validation: Port {port} is already in use."));
            }
        }
    }

    /// <summary>One or more <c>host:port</c> of a store: each must take a TCP connection.</summary>
    public async Task ReachableAsync(string path, JsonNode? node, int defaultPort)
    {
        var text = ValueParsers.Text(node);
        if (ValueParsers.HostAndPort(text, defaultPort) is not ({ Length: > 0 } host, var port))
        {
            Add(path, node, "didn't pass validation: contains a wrong value");
        }
        else if (!await Sockets.IsReachableAsync(host, port, stop))
        {
            Add(path, node, FormattableString.Invariant($"didn't pass validation: {host}:{port} is not reachable"));
        }
    }
}
