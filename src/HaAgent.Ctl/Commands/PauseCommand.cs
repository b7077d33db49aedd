using HaAgent.Ctl.CommandLine;

namespace HaAgent.Ctl.Commands;

/// <summary><c>pause</c>: automatic failover stops; the operator decides.</summary>
internal sealed class PauseCommand : CtlCommand
{
    public override CommandSpec Spec { get; } = new("pause", "Disable automatic failover.", [CommonOptions.OptionalCluster],
        [CommonOptions.Group, MaintenanceMode.Wait, CommonOptions.Help])
    {
        Topic = CommandTopic.Lead,
        Details =
        [
            "While paused, nobody is promoted or fenced by the agents: the operator decides. Do what you have to, "
                + "then resume.",
        ],
        Examples =
        [
            new("pause batman --wait", "Go on when all members have taken notice."),
        ],
    };

    public override Task RunAsync(ParsedArguments args, CtlContext ctl, CancellationToken stop) =>
        MaintenanceMode.SwitchAsync(ctl, args, pause: true, stop);
}
