using HaAgent.Ctl.CommandLine;
using HaAgent.Ctl.Members;

namespace HaAgent.Ctl.Commands;

/// <summary><c>failover</c>: a given member becomes leader, also when there is none.</summary>
internal sealed class FailoverCommand : CtlCommand
{
    public override CommandSpec Spec { get; } = new("failover", "Make a given member the leader, also when there is none.",
        [CommonOptions.OptionalCluster],
        [CommonOptions.Group, RoleChange.CandidateOption, CommonOptions.Force, CommonOptions.Help])
    {
        Topic = CommandTopic.Lead,
        Details =
        [
            "For a cluster that has no leader, or whose leader cannot hand over. When there is a healthy leader, "
                + "prefer switchover.",
        ],
        Examples =
        [
            new("failover batman --candidate n1", "Make n1 the leader."),
        ],
    };

    public override async Task RunAsync(ParsedArguments args, CtlContext ctl, CancellationToken stop)
    {
        var force = args.Has(CommonOptions.Force);
        await using var change = await RoleChange.BeginAsync(ctl, "failover", args, stop).ConfigureAwait(false);
        var candidate = await change.CandidateAsync(args.Text(RoleChange.CandidateOption), force, stop).ConfigureAwait(false)
            ?? throw new CtlException("Failover could be performed only to a specific candidate");
        change.CheckCandidate(candidate);

        if (!force)
        {
            if (IsAsynchronous(change, candidate) && !await ctl.Prompts.ConfirmAsync(
                $"Are you sure you want to failover to the asynchronous node {candidate}?", stop).ConfigureAwait(false))
            {
                throw new CtlException("Aborting failover");
            }

            await change.ConfirmAsync(at: null, stop).ConfigureAwait(false);
        }

        await change.AskAsync(leader: null, candidate, at: null, stop).ConfigureAwait(false);
    }

    private static bool IsAsynchronous(RoleChange change, string candidate) => change.Config.IsSynchronousMode
        && change.Cluster.Sync.IsActive && !SyncNames.IsLeaderOrVoter(change.Cluster.Sync, candidate);
}
