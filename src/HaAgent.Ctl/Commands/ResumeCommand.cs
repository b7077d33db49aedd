using HaAgent.Ctl.CommandLine;

namespace HaAgent.Ctl.Commands;

/// <summary><c>resume</c>: automatic failover is on again.</summary>
internal sealed class ResumeCommand : CtlCommand
{
    public override CommandSpec Spec { get; } = new("resume", "Resume automatic failover.", [CommonOptions.OptionalCluster],
        [CommonOptions.Group, MaintenanceMode.Wait, CommonOptions.Help])
    {
        Topic = CommandTopic.Lead,
        Details =
        [
            "The opposite of pause.",
        ],
        Examples =
        [
            new("resume batman --wait", "Go on when all members have taken notice."),
        ],
    };

    public override Task RunAsync(ParsedArguments args, CtlContext ctl, CancellationToken stop) =>
        MaintenanceMode.SwitchAsync(ctl, args, pause: false, stop);
}
