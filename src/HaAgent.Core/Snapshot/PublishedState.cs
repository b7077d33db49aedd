using HaAgent.Core.Decision;
using HaAgent.Core.Jobs;
using HaAgent.Core.Model;

namespace HaAgent.Core.Snapshot;

/// <summary>State and role as the member key, the REST API and the metrics tell them. Pure.</summary>
public static class PublishedState
{
    public static PostgresState State(NodeView v)
    {
        if (v.Memory.Reinit is not null && (!v.Running() || v.Job is { Label: JobSpec.Reinitialize }))
        {
            return PostgresState.CreatingReplica; // from the stop on: who waits for the copy must not take the stop for its end
        }

        if (v.Memory.Restart is not null && (!v.Running() || v.Job is { Label: JobSpec.Restart }))
        {
            return PostgresState.Restarting;
        }

        if (v.Job is { } job)
        {
            switch (job.Spec)
            {
                case JobSpec.Found when !v.Running():
                    return PostgresState.InitializingNewCluster;
                case JobSpec.BaseBackup when !v.Running():
                    return PostgresState.CreatingReplica;
                case JobSpec.Found or JobSpec.BaseBackup or JobSpec.StartPrimary or JobSpec.StartReplica:
                    return v.Sql() is null ? PostgresState.Starting : PostgresState.Running;
                case JobSpec.StopForHandOver { } when job.Phase == "stopping":
                case JobSpec.Stop:
                    return PostgresState.Stopping;
            }
        }

        return v.Running() ? WhileRunning(v) : WhileStopped(v);
    }

    public static PostgresRole Role(NodeView v)
    {
        if (v.Postgres.Directory is DataDirectory.Empty or DataDirectory.Foreign || v.Memory.Founding == FoundingState.Making)
        {
            return v.Running() && v.Sql() is { InRecovery: false } ? PostgresRole.Primary : PostgresRole.Uninitialized;
        }

        if (v.Memory.HandOver is { DownAt: not null, Released: false })
        {
            return PostgresRole.Primary;
        }

        if (!v.Running())
        {
            return v.Directory() is { HasStandbySignal: true } ? PostgresRole.Replica
                : v.HasLease() ? PostgresRole.Primary
                : PostgresRole.Demoted;
        }

        return v.Sql() switch
        {
            { InRecovery: false } => PostgresRole.Primary,
            { } when v.Memory.PromoteIssued => PostgresRole.Promoted,
            { } => PostgresRole.Replica,
            null => v.Memory.LocalRole == LocalRole.Primary ? PostgresRole.Primary : PostgresRole.Replica,
        };
    }

    private static PostgresState WhileRunning(NodeView v) =>
        v.Memory.Fencing || v.Memory.HandOver is { DownAt: not null } ? PostgresState.Stopping
        : v.IsStartingUp() || (v.Sql() is null && !v.Memory.RoleEstablished) ? PostgresState.Starting
        : PostgresState.Running;

    private static PostgresState WhileStopped(NodeView v) =>
        v.Memory.StartFailed is not null ? PostgresState.StartFailed
        : v.Memory.StoppedByAgent || v.Memory.HandOver is not null || !v.Memory.RoleEstablished ? PostgresState.Stopped
        : PostgresState.Crashed;
}
