using System.Globalization;
using HaAgent.Core.Snapshot;
using HaAgent.Ctl.CommandLine;
using HaAgent.Ctl.Members;
using HaAgent.Ctl.Rest;

namespace HaAgent.Ctl.Commands;

/// <summary><c>reload</c>: members read their local configuration again.</summary>
internal sealed class ReloadCommand : CtlCommand
{
    public override CommandSpec Spec { get; } = new("reload", "Make members read their local configuration again.",
        [CommonOptions.Cluster, CommonOptions.Members],
        [CommonOptions.Group, CommonOptions.Role, CommonOptions.Force, CommonOptions.Help])
    {
        Topic = CommandTopic.Servers,
        Details =
        [
            "Members look at their file again within loop_wait. What only a restart of PostgreSQL can change is "
                + "then shown by list.",
        ],
        Examples =
        [
            new("reload batman n1", "One member."),
        ],
    };

    public override async Task RunAsync(ParsedArguments args, CtlContext ctl, CancellationToken stop)
    {
        var name = args.One(CommonOptions.Cluster)!; // the parser has made sure of it
        await using var store = ctl.Open(name);
        var cluster = await store.ReadAsync(stop).ConfigureAwait(false);
        var members = MemberSelection.Choose(ctl, cluster, name, MembersAsked.By(args));
        if (!args.Has(CommonOptions.Force))
        {
            await MemberSelection.ConfirmAsync(ctl, "reload", members, stop).ConfigureAwait(false);
        }

        var within = ClusterConfig.Of(cluster).LoopWaitSeconds;
        var report = new ActionReport(ctl);
        foreach (var member in members)
        {
            var answer = await ctl.Api.SendAsync(HttpMethod.Post, member, "reload", body: null, MemberApi.Promptly, stop)
                .ConfigureAwait(false);
            report.Tell(member, "reload", answer, Meaning(member, answer, within));
        }

        report.End();
    }

    private static string? Meaning(Member member, ApiAnswer answer, int within) => answer switch
    {
        ApiAnswer.Answered { Code: 202 } => string.Create(
            CultureInfo.InvariantCulture,
            $"Reload request received for member {member.Name} and will be processed within {within} seconds"),
        ApiAnswer.Answered { Code: 200 } => $"No changes to apply on member {member.Name}",
        _ => null,
    };
}
