using HaAgent.Ctl.CommandLine;
using HaAgent.Ctl.Members;
using HaAgent.Ctl.Output;

namespace HaAgent.Ctl.Commands;

/// <summary><c>topology</c>: who replicates from whom.</summary>
internal sealed class TopologyCommand : CtlCommand
{
    public override CommandSpec Spec { get; } = new("topology", "Show who replicates from whom.", [CommonOptions.Clusters],
        [CommonOptions.Group, CommonOptions.Refresh, CommonOptions.Watch, CommonOptions.Help])
    {
        Topic = CommandTopic.Look,
        Details =
        [
            "As list, with each member below the one that it replicates from.",
        ],
        Examples =
        [
            new("topology batman", "Leader, replicas and cascading replicas."),
        ],
    };

    public override Task RunAsync(ParsedArguments args, CtlContext ctl, CancellationToken stop) => Watching.RunAsync(
        ctl,
        Watching.Interval(args),
        args.All(CommonOptions.Clusters),
        timestamps: false,
        (cluster, name) => MemberTable.Render(cluster, name, OutputFormat.Topology),
        stop);
}
