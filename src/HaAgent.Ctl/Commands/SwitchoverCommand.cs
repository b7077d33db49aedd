using HaAgent.Core.Snapshot;
using HaAgent.Ctl.CommandLine;
using HaAgent.Ctl.Members;
using HaAgent.Ctl.Output;
using HaAgent.Ctl.Prompts;

namespace HaAgent.Ctl.Commands;

/// <summary><c>switchover</c>: the leader hands over to another member, now or at a given time.</summary>
internal sealed class SwitchoverCommand : CtlCommand
{
    private static readonly OptionSpec Leader = new(["--leader", "--primary"], OptionKind.Text, "The name of the current leader.", "NAME");

    private static readonly OptionSpec Scheduled =
        new(["--scheduled"], OptionKind.Text, "When, in an unambiguous format (e.g. ISO 8601); or now.", "TIME");

    public override CommandSpec Spec { get; } = new("switchover", "Hand the leader's role over to another member.",
        [CommonOptions.OptionalCluster],
        [CommonOptions.Group, Leader, RoleChange.CandidateOption, Scheduled, CommonOptions.Force, CommonOptions.Help])
    {
        Topic = CommandTopic.Lead,
        Details =
        [
            "The leader stops cleanly and hands over: nothing that was committed is lost. What is not given is "
                + "asked for.",
            "The exit code is 0 also when the cluster refuses: look for \"Successfully switched over\".",
        ],
        Examples =
        [
            new("switchover batman", "Ask for everything."),
            new("switchover batman --leader n0 --candidate n1 --force", "Now, without questions."),
            new("switchover batman --scheduled 2030-01-01T03:00+01:00", "At night."),
        ],
    };

    public override async Task RunAsync(ParsedArguments args, CtlContext ctl, CancellationToken stop)
    {
        var force = args.Has(CommonOptions.Force);
        await using var change = await RoleChange.BeginAsync(ctl, "switchover", args, stop).ConfigureAwait(false);
        var leader = await LeaderAsync(args.Text(Leader), change, force, stop).ConfigureAwait(false);
        var candidate = await change.CandidateAsync(args.Text(RoleChange.CandidateOption), force, stop).ConfigureAwait(false);
        if (candidate is not null)
        {
            change.CheckCandidate(candidate);
        }

        var at = await ScheduleAsync(ctl, args.Text(Scheduled), force, stop).ConfigureAwait(false);
        if (at is not null && change.Config.IsPaused)
        {
            throw new CtlException("Can't schedule switchover in the paused state");
        }

        if (!force)
        {
            await change.ConfirmAsync(at, stop).ConfigureAwait(false);
        }

        await change.AskAsync(leader, candidate, at, stop).ConfigureAwait(false);
    }

    private static async Task<Member> LeaderAsync(string? given, RoleChange change, bool force, CancellationToken stop)
    {
        if (change.Cluster.LeaderMember is not { } leader)
        {
            throw new CtlException("This cluster has no leader");
        }

        if (given is null && !force)
        {
            var role = change.Config.IsStandbyCluster ? "Standby Leader" : "Primary";
            given = await change.Ctl.Prompts.AskAsync(role, leader.Name.Value, stop).ConfigureAwait(false);
        }

        return given is null || given == leader.Name.Value
            ? leader
            : throw new CtlException($"Member {given} is not the leader of cluster {change.Name}");
    }

    private static async Task<DateTimeOffset?> ScheduleAsync(
        CtlContext ctl, string? given, bool force, CancellationToken stop)
    {
        if (given is null && !force)
        {
            var example = ScheduleText.Example(ctl.Clock);
            given = await ctl.Prompts.AskAsync($"When should the switchover take place (e.g. {example} ) ", "now", stop)
                .ConfigureAwait(false);
        }

        return ScheduleText.Parse(given, ctl.Clock);
    }
}
