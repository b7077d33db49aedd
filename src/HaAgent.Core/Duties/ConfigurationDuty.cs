using HaAgent.Core.Decision;
using HaAgent.Core.Jobs;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;

namespace HaAgent.Core.Duties;

/// <summary>Configuration files and recovery settings follow the settings and the leader.</summary>
internal static class ConfigurationDuty
{
    public static Duty? Due(NodeView v)
    {
        if (!(v.Job is null || WaitsForAStandby(v)) || v.Memory.Fencing || v.Memory.HandOver is not null
            || v.Postgres.Process is not ServerProcess.Running server || v.Memory.PromoteIssued)
        {
            return null;
        }

        return v.Sql() switch
        {
            { } when v.Job is not null => null,
            { InRecovery: false } => Apply(v, new(server.Pid, AsPrimary: true, Follow: null, v.Settings.Serial)),
            { } when !v.StoreIsSilent() && !(v.Unlocked() && v.Memory.Applied is null) =>
                Apply(v, new(server.Pid, AsPrimary: false, Known(v), v.Settings.Serial)),

            // Started while nobody could tell whom to follow, it may need that node's WAL before it takes a connection.
            null when v.IsStartingStandby() && v.LeaderIsAnother() && v.Upstream() is { } upstream =>
                Apply(v, new(server.Pid, AsPrimary: false, upstream, v.Settings.Serial, Starting: true)),
            _ => null,
        };
    }

    private static Duty.Apply? Apply(NodeView v, AppliedConfiguration wanted) =>
        wanted == v.Memory.Applied ? null : new(new ApplyPlan(wanted.AsPrimary, wanted.Follow, Force: IsNewSerial(v), wanted.Starting), wanted);

    /// <summary>
    /// A candidate of a hand-over, and anybody while nobody leads, keeps what it has: changing it would cost the moment that counts. So
    /// does everybody while the leader's own record is missing for a moment.
    /// </summary>
    private static Upstream? Known(NodeView v) => v.LeaderIsAnother() && !v.RequestNamesMe()
        ? v.Upstream() ?? (v.Settings.Tags.NoStream ? null : v.Memory.Applied?.Follow)
        : v.Memory.Applied?.Follow;

    /// <summary>A start only waits by then for what may never come from whom it was told to follow.</summary>
    private static bool WaitsForAStandby(NodeView v) => v.Job is { Spec: JobSpec.StartReplica or JobSpec.BaseBackup } && v.IsStartingUp();

    /// <summary>The settings changed under a server that had been told of earlier ones: it is reloaded even if no file differs.</summary>
    private static bool IsNewSerial(NodeView v)
    {
        return v.Memory.Applied is { } applied && applied.SettingsSerial != v.Settings.Serial;
    }
}
