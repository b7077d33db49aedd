using HaAgent.Ctl.CommandLine;

namespace HaAgent.Ctl.Commands;

/// <summary><c>promote-cluster</c>: a standby cluster takes writes of its own.</summary>
internal sealed class PromoteClusterCommand : CtlCommand
{
    public override CommandSpec Spec { get; } = new("promote-cluster", "Make a standby cluster independent.",
        [CommonOptions.OptionalCluster], [CommonOptions.Force, CommonOptions.Help])
    {
        Topic = CommandTopic.Lead,
        Details =
        [
            "The standby leader becomes a primary. Make sure that the other cluster does not take writes any "
                + "more.",
        ],
        Examples =
        [
            new("promote-cluster batman", "Take over."),
        ],
    };

    public override Task RunAsync(ParsedArguments args, CtlContext ctl, CancellationToken stop) =>
        new ClusterRoleChange(ctl, "promote", "primary").RunAsync(args, standby: null, stop);
}
