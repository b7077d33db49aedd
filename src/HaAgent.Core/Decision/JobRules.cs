using System.Collections.Immutable;
using HaAgent.Core.Jobs;
using HaAgent.Core.Snapshot;

namespace HaAgent.Core.Decision;

/// <summary>While a job runs: its permits, its cancellation, and otherwise patience.</summary>
internal static class JobRules
{
    public static readonly ImmutableArray<HaRule> Rows =
    [
        new("J20", v => v.Job is { Permit: not null } && MayRepair(v),
            v => new HaDecision.AnswerPermit(v.Job!.Id, true, new(ReasonId.PermitGranted, new() { Node = v.LeaderName() }))),
        new("J30", v => v.Job is { Permit: not null },
            v => new HaDecision.AnswerPermit(v.Job!.Id, false, new(ReasonId.PermitRefused, new() { Node = v.LeaderName() }))),

        new("J40", v => v.Memory.ShutdownRequested && v.Job is { CancelRequested: false } job && MayBeCut(job),
            v => new HaDecision.CancelJob(v.Job!.Id, new(ReasonId.EndCancelJob, new() { Text = v.Job.Label }))),

        new("J90", _ => true,
            v => new HaDecision.Wait(new(ReasonId.JobRunning, new() { Text = v.Job!.Label, Node = v.HasLease() ? v.Self : default }))),
    ];

    /// <summary>S5: another node is the known, reachable, running primary of the same system identifier.</summary>
    private static bool MayRepair(NodeView v) =>
        v.Cluster is { } cluster && v.LeaderIsRunningPrimary()
        && (v.Directory() is { } directory ? cluster.Initialize == directory.SystemIdentifier : IsAskedFor(v, cluster));

    /// <summary>What lies here is no database, and the operator has asked for one in its place.</summary>
    private static bool IsAskedFor(NodeView v, ClusterState cluster) =>
        v.Postgres.Directory is DataDirectory.Foreign && v.Job is { Spec: JobSpec.Discard { SystemIdentifier: var wanted } } && cluster.Initialize == wanted;

    // What becomes writable is left to finish, and so is a rewind: half of either is worse. Copies can be made again.
    public static bool MayBeCut(JobView job) =>
        job.Spec is JobSpec.BaseBackup or JobSpec.Compare or JobSpec.StartReplica or JobSpec.Found;
}
