using System.Text.Json.Nodes;
using HaAgent.Configuration.Yaml;
using HaAgent.Core.Settings;

namespace HaAgent.Ctl.Editing;

/// <summary><c>-s a.b.c=VALUE</c> and <c>-p name=VALUE</c> (cli.md 7.6).</summary>
internal static class SettingPath
{
    private static readonly string[] Parameters = ["postgresql", "parameters"];

    /// <exception cref="CtlException">There is no <c>=</c>, or the value is not YAML.</exception>
    public static void Apply(JsonObject config, string pair)
    {
        var (path, value) = Split(pair);
        Set(config, FlattenParameters(path.Split('.')), value);
    }

    /// <inheritdoc cref="Apply"/>
    public static void ApplyParameter(JsonObject config, string pair)
    {
        var (name, value) = Split(pair);
        Set(config, [.. Parameters, name], value);
    }

    private static (string Path, JsonNode? Value) Split(string pair)
    {
        var equals = pair.IndexOf('=', StringComparison.Ordinal);
        if (equals < 0)
        {
            throw new CtlException($"Invalid parameter setting {pair}");
        }

        try
        {
            return (pair[..equals].Trim(), Yaml11.Parse(pair[(equals + 1)..], pair));
        }
        catch (ConfigurationException malformed)
        {
            throw new CtlException($"Invalid parameter setting {pair}: {malformed.Message}");
        }
    }

    /// <summary>Names of PostgreSQL parameters may contain dots: below <c>postgresql.parameters</c> the rest is one key.</summary>
    private static string[] FlattenParameters(string[] path) =>
        path.Length > Parameters.Length && path.Take(Parameters.Length).SequenceEqual(Parameters)
            ? [.. Parameters, string.Join('.', path[Parameters.Length..])]
            : path;

    /// <summary>Null deletes; a parent that is no map becomes one, and one that is left empty goes.</summary>
    private static void Set(JsonObject config, ReadOnlySpan<string> path, JsonNode? value)
    {
        var key = path[0];
        if (path.Length == 1)
        {
            if (value is null)
            {
                config.Remove(key);
            }
            else
            {
                config[key] = value;
            }

            return;
        }

        if (config[key] is not JsonObject child)
        {
            config[key] = child = [];
        }

        Set(child, path[1..], value);
        if (child.Count == 0)
        {
            config.Remove(key);
        }
    }
}
