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
        [CommonOptions.Group, CommonOptions.Role, CommonOptions.Force, CommonOptions.Help]);

    public override async Task RunAsync(ParsedArguments args, CtlContext ctl, CancellationToken stop)
    {
        var name = args.One(CommonOptions.Cluster)!; // the parser has made sure of it
        await using var store = ctl.Open(name);
        var cluster = await store.ReadAsync(stop).ConfigureAwait(false);
        var asked = new MembersAsked(
            args.Text(CommonOptions.Role) ?? "any", args.All(CommonOptions.Members), args.Has(CommonOptions.Force));
        var members = await MemberSelection.ForActionAsync(ctl, cluster, name, "reload", asked, stop).ConfigureAwait(false);

        var within = ClusterConfig.Of(cluster).LoopWaitSeconds;
        var unreached = new List<string>();
        foreach (var member in members)
        {
            var answer = await ctl.Api.SendAsync(HttpMethod.Post, member, "reload", body: null, MemberApi.Promptly, stop)
                .ConfigureAwait(false);
            ctl.Terminal.Line(Outcome(member, answer, within));
            if (answer is not ApiAnswer.Answered)
            {
                unreached.Add(member.Name.Value);
            }
        }

        if (unreached.Count > 0)
        {
            throw new CtlException(
                $"Could not reach {string.Join(", ", unreached)}: check that the agents run, and the ctl settings.");
        }
    }

    private static string Outcome(Member member, ApiAnswer answer, int within) => answer switch
    {
        ApiAnswer.Answered { Code: 202 } => string.Create(
            CultureInfo.InvariantCulture,
            $"Reload request received for member {member.Name} and will be processed within {within} seconds"),
        ApiAnswer.Answered { Code: 200 } => $"No changes to apply on member {member.Name}",
        ApiAnswer.Answered(var code, var body) => string.Create(
            CultureInfo.InvariantCulture, $"Failed: reload for member {member.Name}, status code={code}, ({body})"),
        ApiAnswer.Unreachable(var why) => $"Failed: reload for member {member.Name}, {why}",
        ApiAnswer.Silent silent => $"Failed: reload for member {member.Name}, {silent.Why}",
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}
