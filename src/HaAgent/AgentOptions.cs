using System.Text.Json.Nodes;
using HaAgent.Configuration.Local;
using HaAgent.Configuration.Options;
using HaAgent.Configuration.Rules;
using HaAgent.Core.Settings;
using HaAgent.Dcs.Etcd;
using HaAgent.Postgres;

namespace HaAgent;

/// <summary>
/// Everything the agent reads from its local configuration, checked and typed; the sections belong to who uses them.
/// </summary>
internal sealed record AgentOptions(
    LocalConfiguration Local,
    EtcdOptions Etcd,
    PostgresOptions Postgres,
    RestApiOptions Rest,
    CtlOptions Ctl,
    LogOptions Log,
    BootstrapOptions Bootstrap,
    string RunDirectory,
    bool Guard)
{
    /// <exception cref="ConfigurationException">The first mistake found: setting, value, remedy.</exception>
    public static AgentOptions Load(LocalConfiguration local, IReadOnlyDictionary<string, string> environment)
    {
        var root = local.Root;
        var (section, sectionName) = EtcdSection(root);
        var runDirectory = Configuration.Local.RunDirectory.Choose(local, environment);
        var postgres = PostgresOptions.Read(root, local.Scope, local.Name.Value, runDirectory);
        var rest = RestApiOptions.Read(root);
        return new(
            local,
            EtcdOptions.Read(section, local.Scope, local.Namespace, local.Name.Value, sectionName),
            postgres,
            rest,
            CtlOptions.Read(root),
            LogOptions.Read(root),
            BootstrapOptions.Read(root),
            runDirectory,
            ReadGuard(root));
    }

    /// <summary>
    /// These options after a reload: the sections that can change while the agent runs are read again.
    /// </summary>
    /// <exception cref="ConfigurationException">The first mistake found.</exception>
    public AgentOptions Reloaded(LocalConfiguration local) => this with
    {
        Local = local,
        Postgres = PostgresOptions.Read(local.Root, Local.Scope, Local.Name.Value, RunDirectory),
        Rest = RestApiOptions.Read(local.Root),
        Ctl = CtlOptions.Read(local.Root),
        Log = LogOptions.Read(local.Root),
    };

    /// <summary><c>haagent.guard</c>: whether a second process watches the deadline. On unless switched off.</summary>
    private static bool ReadGuard(JsonObject root) => (root["haagent"] as JsonObject)?["guard"] switch
    {
        null => true,
        var node => ValueParsers.Bool(node)
            ?? throw new ConfigurationException("haagent.guard", node.ToString(), "must be on or off."),
    };

    private static (JsonObject Section, string Name) EtcdSection(JsonObject root)
    {
        return DcsSections.Find(root) is var (name, section)
            ? (section, name)
            : throw new ConfigurationException("etcd3", null,
                "is missing. Name the etcd servers there, for example hosts: 10.0.0.1:2379,10.0.0.2:2379.");
    }
}
