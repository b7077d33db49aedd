using HaAgent.Core.Decision;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;

namespace HaAgent.Core.Duties;

/// <summary>Configuration files and recovery settings follow the settings and the leader.</summary>
internal static class ConfigurationDuty
{
    public static Duty? Due(NodeView v)
    {
        if (v.Job is not null || v.Memory.Fencing || v.Memory.HandOver is not null || v.Sql() is not { } sql
            || v.Postgres.Process is not ServerProcess.Running server || v.Memory.PromoteIssued)
        {
            return null;
        }

        // A candidate of a hand-over, and anybody while nobody leads, keeps what it has: changing it would cost the moment that counts.
        // So does everybody while the leader's own record is missing for a moment.
        var known = v.LeaderIsAnother() && !v.RequestNamesMe()
            ? v.Upstream() ?? (v.Settings.Tags.NoStream ? null : v.Memory.Applied?.Follow)
            : v.Memory.Applied?.Follow;
        var follow = sql.InRecovery ? known : null;
        if (sql.InRecovery && (v.StoreIsSilent() || (v.Unlocked() && v.Memory.Applied is null)))
        {
            return null;
        }

        var wanted = new AppliedConfiguration(server.Pid, !sql.InRecovery, follow, v.Settings.Serial);
        return wanted == v.Memory.Applied ? null : new Duty.Apply(new ApplyPlan(!sql.InRecovery, follow, Force: IsNewSerial(v)), wanted);
    }

    /// <summary>The settings changed under a server that had been told of earlier ones: it is reloaded even if no file differs.</summary>
    private static bool IsNewSerial(NodeView v)
    {
        return v.Memory.Applied is { } applied && applied.SettingsSerial != v.Settings.Serial;
    }
}
