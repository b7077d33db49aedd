using HaAgent.Ctl.CommandLine;
using HaAgent.Ctl.Members;
using HaAgent.Ctl.Output;

namespace HaAgent.Ctl.Commands;

/// <summary><c>list</c>: the members of one or several clusters.</summary>
internal sealed class ListCommand : CtlCommand
{
    private static readonly OptionSpec Extended =
        new(["--extended", "-e"], OptionKind.Flag, "Show some extra information even where no member has it.");

    private static readonly OptionSpec Timestamp = new(["--timestamp", "-t"], OptionKind.Flag, "Print the time before the table.");

    public override CommandSpec Spec { get; } = new("list", "List the members of clusters.", [CommonOptions.Clusters],
        [
            CommonOptions.Group, Extended, Timestamp, CommonOptions.Format,
            CommonOptions.Refresh, CommonOptions.Watch, CommonOptions.Help,
        ])
    {
        Topic = CommandTopic.Look,
        Details =
        [
            "Lag is in MB: how far a member's received and replayed WAL is behind the leader's last word in the "
                + "DCS. A position that is not known is shown as unknown, never as 0.",
        ],
        Examples =
        [
            new("list", "The cluster of the configuration file."),
            new("list -W", "The same on a cleared screen every 2 seconds."),
            new("list batman robin -e -f json", "Two clusters with everything that is known, for a program."),
        ],
    };

    public override Task RunAsync(ParsedArguments args, CtlContext ctl, CancellationToken stop) => Watching.RunAsync(
        ctl,
        Watching.Interval(args),
        args.All(CommonOptions.Clusters),
        args.Has(Timestamp),
        (cluster, name) => MemberTable.Render(
            cluster, name, OutputFormats.Parse(args.Text(CommonOptions.Format)), args.Has(Extended)),
        stop);
}
