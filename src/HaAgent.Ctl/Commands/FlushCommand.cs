using System.Globalization;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;
using HaAgent.Ctl.CommandLine;
using HaAgent.Ctl.Members;
using HaAgent.Ctl.Rest;
using HaAgent.Ctl.Store;

namespace HaAgent.Ctl.Commands;

/// <summary><c>flush</c>: what is scheduled does not happen (cli.md 7.13).</summary>
internal sealed class FlushCommand : CtlCommand
{
    private static readonly ArgumentSpec Target =
        new("{restart|switchover}", ArgumentCount.One) { Choices = ["restart", "switchover"] };

    public override CommandSpec Spec { get; } = new("flush", "Take scheduled restarts or a scheduled switchover back.",
        [CommonOptions.Cluster, CommonOptions.Members, Target],
        [CommonOptions.Group, CommonOptions.Role, CommonOptions.Force, CommonOptions.Help])
    {
        Topic = CommandTopic.Servers,
        Details =
        [
            "restart: the members asked for forget the restart that they were told to do later. switchover: the "
                + "cluster does not switch over at the scheduled time.",
        ],
        Examples =
        [
            new("flush batman n1 restart", "No restart of n1."),
            new("flush batman switchover", "No switchover."),
        ],
    };

    public override async Task RunAsync(ParsedArguments args, CtlContext ctl, CancellationToken stop)
    {
        var name = args.One(CommonOptions.Cluster)!; // the parser has made sure of it
        await using var store = ctl.Open(name);
        var cluster = await store.ReadAsync(stop).ConfigureAwait(false);
        if (args.One(Target) == "restart")
        {
            await RestartsAsync(args, ctl, cluster, name, stop).ConfigureAwait(false);
        }
        else
        {
            await SwitchoverAsync(ctl, store, cluster, name, stop).ConfigureAwait(false);
        }
    }

    private static async Task RestartsAsync(
        ParsedArguments args, CtlContext ctl, ClusterState cluster, string name, CancellationToken stop)
    {
        var members = MemberSelection.Choose(ctl, cluster, name, MembersAsked.By(args));
        if (!args.Has(CommonOptions.Force))
        {
            await MemberSelection.ConfirmAsync(ctl, "flush", members, stop).ConfigureAwait(false);
        }

        var report = new ActionReport(ctl);
        foreach (var member in members)
        {
            if (ScheduledRestart.IsOn(member))
            {
                await ScheduledRestart.DeleteAsync(ctl, report, member, silent: false, stop).ConfigureAwait(false);
            }
            else
            {
                ctl.Terminal.Line($"No scheduled restart for member {member.Name}");
            }
        }

        report.End();
    }

    private static async Task SwitchoverAsync(
        CtlContext ctl, IClusterStore store, ClusterState cluster, string name, CancellationToken stop)
    {
        if (cluster.Failover is not { IsPresent: true, IsScheduled: true } request)
        {
            ctl.Terminal.Line("No pending scheduled switchover");
            return;
        }

        foreach (var member in MemberSelection.LeaderFirst(cluster))
        {
            var answer = await ctl.Api.SendAsync(HttpMethod.Delete, member, "switchover", body: null, MemberApi.Promptly, stop)
                .ConfigureAwait(false);
            if (IsFinal(ctl, member, answer))
            {
                return;
            }
        }

        ctl.Terminal.Line($"{ctl.Timestamp(5)} Could not find any accessible member of cluster {name}");
        if (await store.ClearFailoverAsync(request.Version, stop).ConfigureAwait(false) != WriteOutcome.Written)
        {
            throw new CtlException("The store did not confirm that the switchover is taken back: see the list command, then try again.");
        }
    }

    /// <summary>Tells of the answer. False: another member is to be asked.</summary>
    private static bool IsFinal(CtlContext ctl, Member member, ApiAnswer answer)
    {
        switch (answer)
        {
            case ApiAnswer.Answered { Code: 200 }:
                ctl.Terminal.Line("Success: scheduled switchover deleted");
                return true;
            case ApiAnswer.Answered { Code: 404 }:
                ctl.Terminal.Line("Failed: no switchover is scheduled");
                return true;
            case ApiAnswer.Answered(var code, var body):
                ctl.Terminal.Line(string.Create(
                    CultureInfo.InvariantCulture, $"Failed: member={member.Name}, status_code={code}, ({body})"));
                return false;
            case ApiAnswer.Unreachable(var why):
                ctl.Log.Warning($"Member {member.Name} is not accessible: {why}");
                return false;
            case ApiAnswer.Silent silent:
                ctl.Log.Warning($"Member {member.Name} is not accessible: {silent.Why}");
                return false;
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }
}
