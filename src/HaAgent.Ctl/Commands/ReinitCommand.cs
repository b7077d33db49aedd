using System.Text.Json.Nodes;
using HaAgent.Core.Settings;
using HaAgent.Core.Snapshot;
using HaAgent.Ctl.CommandLine;
using HaAgent.Ctl.Members;
using HaAgent.Ctl.Rest;
using HaAgent.Ctl.Store;

namespace HaAgent.Ctl.Commands;

/// <summary><c>reinit</c>: replicas throw their data away and copy the leader's (cli.md 7.9).</summary>
internal sealed class ReinitCommand : CtlCommand
{
    private const string Action = "reinitialize";
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(2);

    private static readonly OptionSpec FromLeader = new(
        ["--from-leader"], OptionKind.Flag, "Copy from the leader with pg_basebackup, whatever the configured methods are.");

    private static readonly OptionSpec Wait = new(["--wait"], OptionKind.Flag, "Wait until the members have been copied.");

    public override CommandSpec Spec { get; } = new("reinit", "Make replicas throw their data away and copy the leader's.",
        [CommonOptions.Cluster, CommonOptions.Members],
        [CommonOptions.Group, CommonOptions.Force, FromLeader, Wait, CommonOptions.Help])
    {
        Topic = CommandTopic.Servers,
        Details =
        [
            "For replicas that cannot follow any more. Their data directory is emptied and made anew. Without a "
                + "name it asks for one; with --force and without a name it does nothing.",
        ],
        Examples =
        [
            new("reinit batman n2 --wait", "Copy n2 anew, and wait for it."),
        ],
    };

    public override async Task RunAsync(ParsedArguments args, CtlContext ctl, CancellationToken stop)
    {
        var name = args.One(CommonOptions.Cluster)!; // the parser has made sure of it
        await using var store = ctl.Open(name);
        var cluster = await store.ReadAsync(stop).ConfigureAwait(false);
        var members = await ChooseAsync(args, ctl, cluster, name, stop).ConfigureAwait(false);

        var report = new ActionReport(ctl);
        var started = new List<Member>();
        foreach (var member in members)
        {
            if (await StartAsync(args, ctl, report, member, stop).ConfigureAwait(false))
            {
                started.Add(member);
            }
        }

        if (args.Has(Wait))
        {
            await AwaitAsync(ctl, started, stop).ConfigureAwait(false);
        }

        report.End();
    }

    private static async Task<Member[]> ChooseAsync(
        ParsedArguments args, CtlContext ctl, ClusterState cluster, string name, CancellationToken stop)
    {
        var force = args.Has(CommonOptions.Force);
        var names = args.All(CommonOptions.Members);
        var members = MemberSelection.Choose(ctl, cluster, name, new("replica", names, IsRoleFixed: true));
        if (names.Length == 0)
        {
            // Data is thrown away: never that of all of them because a name was forgotten.
            members = force ? [] : [await AskAsync(ctl, members, stop).ConfigureAwait(false)];
        }

        if (!force)
        {
            await MemberSelection.ConfirmAsync(ctl, Action, members, stop).ConfigureAwait(false);
        }

        return members;
    }

    private static async Task<Member> AskAsync(CtlContext ctl, Member[] members, CancellationToken stop)
    {
        var answer = await ctl.Prompts
            .AskAsync($"Which member do you want to reinitialize [{MemberSelection.Names(members)}]?", "", stop).ConfigureAwait(false);
        return Array.Find(members, member => member.Name.Value == answer) ?? throw new CtlException($"{answer} is not a member of cluster");
    }

    /// <returns>Is it under way?</returns>
    private static async Task<bool> StartAsync(
        ParsedArguments args, CtlContext ctl, ActionReport report, Member member, CancellationToken stop)
    {
        var force = args.Has(CommonOptions.Force);
        while (true)
        {
            var body = new JsonObject { ["force"] = force, ["from_leader"] = args.Has(FromLeader) };
            var answer = await ctl.Api.SendAsync(HttpMethod.Post, member, Action, body, MemberApi.Promptly, stop).ConfigureAwait(false);
            if (report.Tell(member, Action, answer))
            {
                return true;
            }

            if (force
                || answer is not ApiAnswer.Answered refused
                || !refused.Body.EndsWith(" already in progress", StringComparison.Ordinal)
                || !await ctl.Prompts.ConfirmAsync("Do you want to cancel it and reinitialize anyway?", stop).ConfigureAwait(false))
            {
                return false;
            }

            force = true;
        }
    }

    /// <summary>A member that does not answer is waited for: it may be the one that copies.</summary>
    private static async Task AwaitAsync(CtlContext ctl, List<Member> waitingFor, CancellationToken stop)
    {
        var shown = 0;
        while (waitingFor.Count > 0)
        {
            if (waitingFor.Count != shown)
            {
                ctl.Terminal.Line($"Waiting for reinitialize to complete on: {MemberSelection.Names(waitingFor)}");
                await ctl.Terminal.Out.FlushAsync(stop).ConfigureAwait(false);
                shown = waitingFor.Count;
            }

            await Task.Delay(PollInterval, ctl.Clock, stop).ConfigureAwait(false);
            foreach (var member in waitingFor.ToArray())
            {
                if (await HasEndedAsync(ctl, member, stop).ConfigureAwait(false))
                {
                    ctl.Terminal.Line($"Reinitialize is completed on: {member.Name}");
                    waitingFor.Remove(member);
                }
            }
        }
    }

    private static async Task<bool> HasEndedAsync(CtlContext ctl, Member member, CancellationToken stop)
    {
        var answer = await ctl.Api.SendAsync(HttpMethod.Get, member, "patroni", body: null, MemberApi.Promptly, stop)
            .ConfigureAwait(false);
        return answer is ApiAnswer.Answered(_, var body)
            && ValueParsers.Text(StoredJson.Object(body)["state"]) is { } state && state != "creating replica";
    }
}
