using HaAgent.Core.Model;
using HaAgent.Core.Snapshot;

namespace HaAgent.Simulation.Postgres;

/// <summary>The newest reading of one agent. News is what differs in more than dates and positions, as in the product.</summary>
internal sealed class SimBoard
{
    public PostgresReading Latest { get; private set; } = PostgresReading.Nothing;

    public event Action? Changed;

    public void Post(PostgresReading after)
    {
        var before = Latest;
        Latest = after;
        if (Matters(before, after))
        {
            Changed?.Invoke();
        }
    }

    public void PostSql(SqlReading sql, int version)
    {
        var before = Latest;
        if (!before.IsRunning || (Dated(sql) is { } asked && Dated(before.Sql) is { } known && asked < known))
        {
            return; // of a server that has ended meanwhile, or overtaken by a later answer
        }

        Post(before with { Sql = sql, ServerVersion = version == 0 ? before.ServerVersion : version });
    }

    private static Instant? Dated(SqlReading sql) => sql switch
    {
        SqlReading.Answered answered => answered.AskedAt,
        SqlReading.Rejecting rejecting => rejecting.AskedAt,
        _ => null,
    };

    private static bool Matters(PostgresReading before, PostgresReading after) =>
        !before.Directory.Equals(after.Directory)
        || !before.Process.Equals(after.Process)
        || before.ServerVersion != after.ServerVersion
        || Differ(before.Sql, after.Sql);

    private static bool Differ(SqlReading before, SqlReading after)
    {
        if (before is not SqlReading.Answered a || after is not SqlReading.Answered b)
        {
            return before.GetType() != after.GetType();
        }

        return a.InRecovery != b.InRecovery || a.Timeline != b.Timeline || a.ReplayPaused != b.ReplayPaused
            || a.ReplicationState != b.ReplicationState || a.RestoreCommand != b.RestoreCommand
            || a.PostmasterStartTime != b.PostmasterStartTime || a.CheckpointOnCurrentTimeline != b.CheckpointOnCurrentTimeline
            || SendersDiffer(a, b) || SlotsDiffer(a, b);
    }

    /// <remarks>Both come in the same order from the same server.</remarks>
    private static bool SendersDiffer(SqlReading.Answered a, SqlReading.Answered b)
    {
        if (a.WalSenders.Length != b.WalSenders.Length)
        {
            return true;
        }

        for (var i = 0; i < a.WalSenders.Length; i++)
        {
            var (x, y) = (a.WalSenders[i], b.WalSenders[i]);
            if (x.ApplicationName != y.ApplicationName || x.State != y.State || x.SyncState != y.SyncState)
            {
                return true;
            }
        }

        return false;
    }

    private static bool SlotsDiffer(SqlReading.Answered a, SqlReading.Answered b)
    {
        if (a.Slots.Length != b.Slots.Length)
        {
            return true;
        }

        for (var i = 0; i < a.Slots.Length; i++)
        {
            var (x, y) = (a.Slots[i], b.Slots[i]);
            if (x.Name != y.Name || x.Active != y.Active || x.IsLost != y.IsLost)
            {
                return true;
            }
        }

        return false;
    }
}
