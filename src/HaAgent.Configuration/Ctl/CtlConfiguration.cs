using System.Collections.Immutable;
using System.Text.Json.Nodes;
using HaAgent.Configuration.Local;
using HaAgent.Configuration.Options;
using HaAgent.Configuration.Rules;
using HaAgent.Core.Settings;

namespace HaAgent.Configuration.Ctl;

/// <summary>
/// The configuration of the command line: the daemon's file, or the environment, without the daemon's checks.
/// </summary>
public sealed class CtlConfiguration
{
    private static readonly string[] PathVariables = ["HAAGENTCTL_CONFIG_FILE", "PATRONICTL_CONFIG_FILE"];

    private CtlConfiguration(JsonObject root, string? path, ImmutableArray<string> warnings)
    {
        Root = root;
        Path = path;
        Warnings = warnings;
    }

    /// <summary>The whole tree, possibly empty.</summary>
    public JsonObject Root { get; }

    /// <summary>The file or directory that was read; null: the environment alone.</summary>
    public string? Path { get; }

    /// <summary>Environment variables that could not be read.</summary>
    public ImmutableArray<string> Warnings { get; }

    /// <summary>The cluster meant when no name is given; null when not set.</summary>
    public string? Scope => ValueParsers.Text(Root["scope"]) is { Length: > 0 } scope ? scope : null;

    /// <summary>As configured; <c>service</c> when not set.</summary>
    public string Namespace => ValueParsers.Text(Root["namespace"]) ?? "service";

    /// <exception cref="ConfigurationException">None is given, or none that this version can use.</exception>
    public (string Name, JsonObject Section) DcsSection() => DcsSections.Choose(Root);

    /// <param name="insecure">The option <c>-k</c>.</param>
    public CtlOptions Options(bool insecure) => CtlOptions.Read(Root, insecure);

    /// <param name="optionPath">The value of <c>-c</c>; null when absent.</param>
    /// <param name="environment">Of the process.</param>
    /// <param name="dcsUrl">The value of <c>-d</c> or <c>DCS_URL</c>; null when absent.</param>
    /// <exception cref="ConfigurationException">A named file that cannot be read, malformed YAML, a bad URL.</exception>
    public static CtlConfiguration Load(
        string? optionPath, IReadOnlyDictionary<string, string> environment, string? dcsUrl = null)
    {
        var path = Find(optionPath, environment);
        var overlay = EnvironmentOverlay.Read(environment);
        var root = LocalConfiguration.Layered(path, overlay);
        LegacyForms.Apply(root);
        if (!string.IsNullOrEmpty(dcsUrl))
        {
            DcsUrl.Parse(dcsUrl).ApplyTo(root);
        }

        return new CtlConfiguration(root, path, overlay.Warnings);
    }

    /// <summary>Where files are looked for when none is named, in this order.</summary>
    public static ImmutableArray<string> DefaultPaths(IReadOnlyDictionary<string, string> environment)
    {
        var home = environment.GetValueOrDefault("HOME") is { Length: > 0 } given ? given : "/root";
        var configurationHome = environment.GetValueOrDefault("XDG_CONFIG_HOME") is { Length: > 0 } configured
            ? configured
            : System.IO.Path.Combine(home, ".config");
        return
        [
            System.IO.Path.Combine(configurationHome, "haagent", "haagentctl.yaml"),
            System.IO.Path.Combine(configurationHome, "patroni", "patronictl.yaml"),
        ];
    }

    private static string? Find(string? optionPath, IReadOnlyDictionary<string, string> environment)
    {
        var defaults = DefaultPaths(environment);
        var named = new[] { optionPath }
            .Concat(PathVariables.Select(environment.GetValueOrDefault))
            .FirstOrDefault(path => !string.IsNullOrEmpty(path));
        if (named is not null && !defaults.Contains(named))
        {
            return UnixFile.MayRead(named)
                ? named
                : throw new ConfigurationException(
                    $"Provided config file {named} not existing or no read rights. Check the -c/--config-file "
                        + "parameter");
        }

        return (named is null ? defaults : [named]).FirstOrDefault(UnixFile.MayRead);
    }
}
