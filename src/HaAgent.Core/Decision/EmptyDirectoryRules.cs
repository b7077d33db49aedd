using System.Collections.Immutable;
using HaAgent.Core.Jobs;
using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;

namespace HaAgent.Core.Decision;

/// <summary>No data directory yet: found the cluster, copy a member, or wait for somebody to.</summary>
internal static class EmptyDirectoryRules
{
    public static readonly ImmutableArray<HaRule> Rows =
    [
        new("E10", v => v.Paused(), v => new HaDecision.Wait(new(ReasonId.DirectoryEmptyInPause))),
        // What this agent began to make is gone, and nobody else says that it is making one: the claim is its own, and void.
        new("E15", v => v.Unlocked() && v.Cluster is { Initialize: "" } cluster && v.Memory.DiscardedUnfinished
                && !cluster.Members.Any(member => member.Name != v.Self && member.State == Wire.StateText(PostgresState.InitializingNewCluster)),
            _ => new HaDecision.DeleteInitialize(new(ReasonId.ClaimVoid))),

        // The claim is tied to the own member key, so that a lost reply still shows whose it is.
        new("E18", v => MayFound(v) && v.Unlocked() && v.Cluster is { Initialize: null } cluster && cluster.Find(v.Self) is null && v.Settings.MayBootstrap && v.MayBecomeLeader(),
            _ => new HaDecision.Wait(new(ReasonId.MayFound))),
        new("E20", v => MayFound(v) && v.Unlocked() && v.Cluster!.Initialize is null && v.Settings.MayBootstrap && v.MayBecomeLeader(), // Unlocked implies an answer
            v => new HaDecision.CreateInitialize(new(ReasonId.MayFound))),
        new("E30", v => v.BackingOff(v.Memory.RepairFailedAt),
            v => new HaDecision.Wait(new(ReasonId.RepairBackOff), v.Memory.RepairFailedAt + v.Settings.LoopWait)),
        new("E40", v => Source(v) is { Member: not null }, v => Copy(Source(v))),
        new("E90", _ => true, _ => new HaDecision.Wait(new(ReasonId.WaitingForLeader))),
    ];

    /// <summary>
    /// A store that forgot the cluster is no store without one: who has seen its name, or sees a member that runs, founds no second one.
    /// </summary>
    private static bool MayFound(NodeView v) =>
        !v.Memory.HasJoined && v.Cluster is { } cluster && !cluster.Members.Any(member => member.Name != v.Self && member.IsRunning);

    /// <summary>Any running member tagged <c>clonefrom</c> that does not lead; else the leader. Nobody without a leader.</summary>
    public static (Member? Member, bool Leads) Source(NodeView v, bool leaderOnly = false)
    {
        if (v.Cluster is not { LeaderMember: { ConnUrl: not null } leader } cluster || leader.Name == v.Self)
        {
            return (null, false);
        }

        var preferred = cluster.Members.Where(member =>
            !leaderOnly && member.Tags.CloneFrom && member.IsRunning && member.ConnUrl is not null
            && member.Name != v.Self && member.Name != leader.Name).ToArray();
        return preferred.Length > 0 ? (preferred[v.Dice % preferred.Length], false) : (leader, true);
    }

    /// <param name="from">A member that publishes its address.</param>
    public static HaDecision Copy((Member? Member, bool Leads) from, bool asked = false) => new HaDecision.StartJob(
        new JobSpec.BaseBackup(new Upstream(from.Member!.Name, from.Member.ConnUrl!), from.Leads, asked), // the caller's to have tested
        new(from.Leads ? ReasonId.CloneFromLeader : ReasonId.CloneFromReplica, new() { Node = from.Member.Name }));
}
