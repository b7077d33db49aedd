using System.Collections.Immutable;
using System.Text.Json.Nodes;
using HaAgent.Configuration.Yaml;
using HaAgent.Core.Settings;

namespace HaAgent.Configuration.Local;

/// <summary>
/// What the environment says: a patch to lay over the files, and the names that only the agent may see.
/// </summary>
/// <param name="Patch">Sections and keys as in the YAML file.</param>
/// <param name="Inline">The text of <c>PATRONI_CONFIGURATION</c>; null when it is not set.</param>
/// <param name="InlineName">The variable that held it.</param>
/// <param name="Recognised">Names to keep from child processes.</param>
/// <param name="Warnings">Values that could not be read.</param>
internal sealed record EnvironmentOverlay(
    JsonObject Patch, string? Inline, string InlineName, ImmutableArray<string> Recognised, ImmutableArray<string> Warnings)
{
    private const string OwnPrefix = "HAAGENT_";
    private const string PeerPrefix = "PATRONI_";

    /// <summary>
    /// <c>HAAGENT_X</c> wins over <c>PATRONI_X</c>; empty values count as not set, except in the generic group.
    /// </summary>
    public static EnvironmentOverlay Read(IReadOnlyDictionary<string, string> environment)
    {
        var patch = new JsonObject();
        var recognised = ImmutableArray.CreateBuilder<string>();
        var warnings = ImmutableArray.CreateBuilder<string>();
        string? inline = null;
        var inlineName = PeerPrefix + EnvironmentNames.WholeConfiguration;

        // Weakest first: what comes later overwrites.
        foreach (var variable in InOrderOfStrength(environment))
        {
            var handled = true;
            if (variable.Name == EnvironmentNames.WholeConfiguration)
            {
                (inline, inlineName) = variable.Value.Length > 0 ? (variable.Value, variable.FullName) : (inline, inlineName);
            }
            else if (Target(variable) is { } target)
            {
                Put(patch, target, variable, warnings);
            }
            else
            {
                handled = PutGeneric(patch, variable, warnings);
            }

            if (handled)
            {
                recognised.Add(variable.FullName);
            }
        }

        return new(patch, inline, inlineName, recognised.ToImmutable(), warnings.ToImmutable());
    }

    private static IEnumerable<Variable> InOrderOfStrength(IReadOnlyDictionary<string, string> environment)
    {
        var all = new[] { PeerPrefix, OwnPrefix }.SelectMany(prefix => environment
            .Where(pair => pair.Key.StartsWith(prefix, StringComparison.Ordinal))
            .Select(pair => new Variable(pair.Key, pair.Key[prefix.Length..], pair.Value)));
        return all.OrderBy(variable => EnvironmentNames.Legacy.ContainsKey(variable.Name) ? 0 : 1)
            .ThenBy(variable => variable.IsOwn ? 1 : 0)
            .ThenBy(variable => variable.Name, StringComparer.Ordinal);
    }

    private static VariableTarget? Target(Variable variable)
    {
        var name = EnvironmentNames.Legacy.GetValueOrDefault(variable.Name, variable.Name);
        return name switch
        {
            "GUARD" when variable.IsOwn => new VariableTarget("haagent.guard", VariableType.Text),
            "RUN_DIR" when variable.IsOwn => new VariableTarget("haagent.run_dir", VariableType.Text),
            "KUBERNETES_RETRIABLE_HTTP_CODES" => new VariableTarget("kubernetes.retriable_http_codes", VariableType.List),
            _ => EnvironmentNames.Fixed.GetValueOrDefault(name),
        };
    }

    private static void Put(JsonObject patch, VariableTarget target, Variable variable, ImmutableArray<string>.Builder warnings)
    {
        if (variable.Value.Length > 0 && Convert(variable, target.Type, warnings) is { } value)
        {
            var keys = target.Path.Split('.');
            Section(patch, keys[..^1])[keys[^1]] = value;
        }
    }

    private static bool PutGeneric(JsonObject patch, Variable variable, ImmutableArray<string>.Builder warnings)
    {
        var split = variable.Name.IndexOf('_', StringComparison.Ordinal);
        if (split <= 0)
        {
            return false;
        }

        var (section, suffix) = (variable.Name[..split], variable.Name[(split + 1)..]);
        if (EnvironmentNames.GenericType(section, suffix) is not { } type)
        {
            return false;
        }

        // Empty is stored here: it can take away what the file says.
        var value = variable.Value.Length == 0 ? JsonValue.Create("") : Convert(variable, type, warnings);
        if (value is not null)
        {
            Section(patch, [section.ToLowerInvariant()])[suffix.ToLowerInvariant()] = value;
        }

        return true;
    }

    private static JsonObject Section(JsonObject root, string[] keys)
    {
        foreach (var key in keys)
        {
            if (root[key] is not JsonObject inner)
            {
                root[key] = inner = [];
            }

            root = inner;
        }

        return root;
    }

    private static JsonNode? Convert(
        Variable variable, VariableType type, ImmutableArray<string>.Builder warnings) => type switch
        {
            VariableType.Integer => ValueParsers.Integer(variable.Value) is { } whole ? JsonValue.Create(whole) : null,
            VariableType.Real => ValueParsers.Real(variable.Value) is { } real ? JsonNode.Parse(TextualForm.OfReal(real)) : null,
            VariableType.Bool => ValueParsers.Bool(variable.Value) is { } flag ? JsonValue.Create(flag) : null,
            VariableType.List => List(variable, warnings),
            VariableType.Map => Parsed<JsonObject>(
                variable, variable.Value.StartsWith('{') ? variable.Value : "{" + variable.Value + "}", "dict", warnings),
            VariableType.LogFormat => variable.Value.Contains("%(", StringComparison.Ordinal)
                ? JsonValue.Create(variable.Value)
                : List(variable, warnings),
            _ => JsonValue.Create(variable.Value),
        };

    private static JsonArray? List(Variable variable, ImmutableArray<string>.Builder warnings)
    {
        var isYaml = variable.Value.StartsWith('-') || variable.Value.Contains('[', StringComparison.Ordinal);
        return Parsed<JsonArray>(variable, isYaml ? variable.Value : "[" + variable.Value + "]", "list", warnings);
    }

    private static T? Parsed<T>(Variable variable, string yaml, string what, ImmutableArray<string>.Builder warnings)
        where T : JsonNode
    {
        try
        {
            return Yaml11.Parse(yaml, variable.FullName) as T;
        }
        catch (ConfigurationException malformed)
        {
            warnings.Add($"Exception when parsing {what} from {variable.FullName}: {malformed.Message} The variable "
                + "is ignored.");
            return null;
        }
    }

    private sealed record Variable(string FullName, string Name, string Value)
    {
        public bool IsOwn => FullName.StartsWith(OwnPrefix, StringComparison.Ordinal);
    }
}
