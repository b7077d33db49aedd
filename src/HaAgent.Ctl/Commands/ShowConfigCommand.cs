using HaAgent.Ctl.CommandLine;
using HaAgent.Ctl.Editing;

namespace HaAgent.Ctl.Commands;

/// <summary><c>show-config</c>: the dynamic configuration as YAML.</summary>
internal sealed class ShowConfigCommand : CtlCommand
{
    public override CommandSpec Spec { get; } = new("show-config", "Show the dynamic configuration.",
        [CommonOptions.OptionalCluster], [CommonOptions.Group, CommonOptions.Help])
    {
        Topic = CommandTopic.Settings,
        Details =
        [
            "The settings that are common to all members, kept in the DCS.",
        ],
        Examples =
        [
            new("show-config batman", "As YAML."),
        ],
    };

    public override async Task RunAsync(ParsedArguments args, CtlContext ctl, CancellationToken stop)
    {
        await using var store = ctl.Open(ctl.ClusterOrScope(args.One(CommonOptions.OptionalCluster)));
        var cluster = await store.ReadAsync(stop).ConfigureAwait(false);
        if (cluster.Config is { } config)
        {
            ctl.Terminal.Line(StoredConfig.Yaml(StoredConfig.Parse(config)));
        }
    }
}
