using HaAgent.Core.Ports;
using HaAgent.Ctl.CommandLine;
using HaAgent.Ctl.Members;
using HaAgent.Ctl.Output;

namespace HaAgent.Ctl.Commands;

/// <summary><c>remove</c>: the store forgets a cluster (cli.md 7.10). There is no way around the questions.</summary>
internal sealed class RemoveCommand : CtlCommand
{
    private const string Awareness = "Yes I am aware";

    public override CommandSpec Spec { get; } = new("remove", "Delete all that the DCS holds of a cluster.",
        [CommonOptions.Cluster], [CommonOptions.Group, CommonOptions.Format, CommonOptions.Help])
    {
        Topic = CommandTopic.Settings,
        Details =
        [
            "Servers and their data stay; configuration, history and the names of members go. Agents that still "
                + "run would begin to write again: stop them first. There is no option that answers the questions.",
        ],
        Examples =
        [
            new("remove batman", "After three questions."),
        ],
    };

    public override async Task RunAsync(ParsedArguments args, CtlContext ctl, CancellationToken stop)
    {
        var name = args.One(CommonOptions.Cluster)!; // the parser has made sure of it
        await using var store = ctl.Open(name);
        var cluster = await store.ReadAsync(stop).ConfigureAwait(false);
        ctl.Terminal.Out.Write(MemberTable.Render(cluster, name, OutputFormats.Parse(args.Text(CommonOptions.Format))));

        await DemandAsync(
            ctl, "Please confirm the cluster name to remove", name, "Cluster names specified do not match", stop).ConfigureAwait(false);
        await DemandAsync(
            ctl, $"You are about to remove all information in DCS for {name}, please type: \"{Awareness}\"", Awareness,
            $"You did not exactly type \"{Awareness}\"", stop).ConfigureAwait(false);
        if (!cluster.LeaderName.IsNobody)
        {
            await DemandAsync(
                ctl, "This cluster currently is healthy. Please specify the leader name to continue", cluster.LeaderName.Value,
                "You did not specify the current leader of the cluster", stop).ConfigureAwait(false);
        }

        if (await store.DeleteAsync(stop).ConfigureAwait(false) != WriteOutcome.Written)
        {
            throw new CtlException($"The store did not confirm that {name} is removed: see the list command, then try again.");
        }
    }

    private static async Task DemandAsync(CtlContext ctl, string text, string expected, string otherwise, CancellationToken stop)
    {
        if (await ctl.Prompts.AskAsync(text, whenEmpty: null, stop).ConfigureAwait(false) != expected)
        {
            throw new CtlException(otherwise);
        }
    }
}
