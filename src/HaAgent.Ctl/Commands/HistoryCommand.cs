using System.Text.Json.Nodes;
using HaAgent.Core.Snapshot;
using HaAgent.Ctl.CommandLine;
using HaAgent.Ctl.Output;

namespace HaAgent.Ctl.Commands;

/// <summary><c>history</c>: the promotions that the cluster remembers.</summary>
internal sealed class HistoryCommand : CtlCommand
{
    private static readonly Column[] Columns =
    [
        new("TL", AlignRight: true), new("LSN", AlignRight: true), new("Reason"), new("Timestamp"), new("New Leader"),
    ];

    public override CommandSpec Spec { get; } = new("history", "Show the history of failovers and switchovers.",
        [CommonOptions.OptionalCluster], [CommonOptions.Group, CommonOptions.Format, CommonOptions.Help])
    {
        Topic = CommandTopic.Look,
        Details =
        [
            "One row for each timeline that has ended: where (LSN, in bytes), why, when, and who led then.",
        ],
        Examples =
        [
            new("history batman -f tsv", "For a spreadsheet."),
        ],
    };

    public override async Task RunAsync(ParsedArguments args, CtlContext ctl, CancellationToken stop)
    {
        await using var store = ctl.Open(ctl.ClusterOrScope(args.One(CommonOptions.OptionalCluster)));
        var cluster = await store.ReadAsync(stop).ConfigureAwait(false);
        var lines = cluster.History ?? [];
        var listing = new Listing(Columns, [.. lines.Select(Row)]);
        ctl.Terminal.Out.Write(listing.Render(OutputFormats.Parse(args.Text(CommonOptions.Format))));
    }

    private static JsonNode?[] Row(HistoryLine line) =>
        [line.ParentTimeline.Value, line.SwitchPoint.Value, line.Reason, line.Timestamp ?? "", line.NewLeader ?? ""];
}
