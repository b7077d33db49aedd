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
        ]);

    public override Task RunAsync(ParsedArguments args, CtlContext ctl, CancellationToken stop) => Watching.RunAsync(
        ctl,
        Watching.Interval(args),
        args.All(CommonOptions.Clusters),
        args.Has(Timestamp),
        (cluster, name) => MemberTable.Render(
            cluster, name, OutputFormats.Parse(args.Text(CommonOptions.Format)), args.Has(Extended)),
        stop);
}
