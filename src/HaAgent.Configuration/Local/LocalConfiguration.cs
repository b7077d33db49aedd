using System.Collections.Immutable;
using System.Text.Json.Nodes;
using HaAgent.Configuration.Yaml;
using HaAgent.Core.Model;
using HaAgent.Core.Settings;
using HaAgent.Core.Snapshot;

namespace HaAgent.Configuration.Local;

/// <summary>
/// The local configuration: YAML files with the environment laid over them. Read once, never changed.
/// </summary>
public sealed class LocalConfiguration
{
    /// <summary>The peer keeps this name for its own use under <c>/sync</c>.</summary>
    public const string ReservedName = "__patroni_strict_sync_replica_placeholder__";

    private readonly string? _path;
    private readonly IReadOnlyDictionary<string, string> _environment;

    private LocalConfiguration(
        string? path, IReadOnlyDictionary<string, string> environment, JsonObject root, ImmutableArray<string> recognised,
        ImmutableArray<string> warnings)
    {
        _path = path;
        _environment = environment;
        Root = root;
        RecognisedVariables = recognised;
        Warnings = warnings;
    }

    /// <summary>The whole tree. Shared: read it, never change it.</summary>
    public JsonObject Root { get; }

    /// <summary>
    /// Environment variables that were understood: to be removed from the environment of every child process.
    /// </summary>
    public ImmutableArray<string> RecognisedVariables { get; }

    /// <summary>What was ignored, and why: for the log, once it is there.</summary>
    public ImmutableArray<string> Warnings { get; }

    /// <summary>The member's name; nobody when it is not set (see <see cref="Rules.StartupCheck"/>).</summary>
    public NodeName Name => new(Text("name") ?? "");

    /// <summary>The cluster's name; empty when it is not set.</summary>
    public string Scope => Text("scope") ?? "";

    /// <summary>
    /// First part of every key: <c>/service</c>, with one leading slash and none at the end; empty for the root.
    /// </summary>
    public string Namespace
    {
        get
        {
            var trimmed = (Text("namespace") ?? "service").Trim('/');
            return trimmed.Length == 0 ? "" : "/" + trimmed;
        }
    }

    /// <summary>Most peers asked and background tasks run at once; 5 or more.</summary>
    public int ThreadPoolSize =>
        (int)Math.Clamp(ValueParsers.Integer(Root["thread_pool_size"]) ?? 5, 5, 1024);

    /// <summary>For <see cref="HaSettingsReader"/>.</summary>
    public LocalSettings ToLocalSettings() => new(Section("postgresql"), Section("tags"), Root["bootstrap"] is JsonObject);

    /// <summary>A section; null when absent or not a map.</summary>
    public JsonObject? Section(string name) => Root[name] as JsonObject;

    /// <summary>A scalar at a dotted path, e.g. <c>postgresql.data_dir</c>, as text; null when absent.</summary>
    public string? Text(string path) => ValueParsers.Text(Node(path));

    public JsonNode? Node(string path)
    {
        JsonNode? node = Root;
        foreach (var key in path.Split('.'))
        {
            node = (node as JsonObject)?[key];
        }

        return node;
    }

    /// <param name="path">A file or a directory; null, or one that does not exist: the environment alone.</param>
    /// <param name="environment">As at start; see <see cref="ProcessEnvironment.Capture"/>.</param>
    /// <exception cref="ConfigurationException">Nothing usable; the text is the operator's.</exception>
    public static LocalConfiguration Load(string? path, IReadOnlyDictionary<string, string> environment)
    {
        var overlay = EnvironmentOverlay.Read(environment);
        var warnings = overlay.Warnings;
        var pathExists = path is not null && ConfigurationFiles.Exists(path);
        if (path is not null && !pathExists)
        {
            warnings = warnings.Add($"'{path}' does not exist; the configuration comes from the environment alone.");
        }

        var root = Layered(pathExists ? path : null, overlay);
        LegacyForms.Apply(root);
        if (root.Count == 0)
        {
            throw new ConfigurationException(path is null
                ? "Config is empty. Give the path of a YAML file, or set PATRONI_ or HAAGENT_ variables."
                : $"Config is empty. '{path}' does not hold any setting or does not exist: give the path of a YAML "
                    + "file.");
        }

        if (ValueParsers.Text(root["name"]) == ReservedName)
        {
            throw new ConfigurationException($"Node 'name' can't be set to '{ReservedName}'");
        }

        return new LocalConfiguration(path, environment, root, overlay.Recognised, warnings);
    }

    /// <summary>Reads the files again, with the environment as captured at start.</summary>
    /// <returns>Null when nothing has changed, by textual form.</returns>
    /// <exception cref="ConfigurationException">Malformed: log it and keep the old one.</exception>
    public LocalConfiguration? Reload()
    {
        var fresh = Load(_path, _environment);
        return TextualForm.SameLeaves(fresh.Root, Root) ? null : fresh;
    }

    /// <summary>Files with the environment over them, or inline YAML alone, or the environment alone.</summary>
    internal static JsonObject Layered(string? existingPath, EnvironmentOverlay overlay)
    {
        if (existingPath is not null)
        {
            var root = ConfigurationFiles.Read(existingPath);
            MergePatch.Apply(root, overlay.Patch);
            return root;
        }

        return overlay.Inline is { } inline
            ? ConfigurationFiles.AsMap(Yaml11.Parse(inline, overlay.InlineName), overlay.InlineName)
            : overlay.Patch;
    }
}
