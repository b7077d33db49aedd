using HaAgent.Core.Model;
using HaAgent.Core.Snapshot;

namespace HaAgent.Postgres;

/// <summary>The newest reading, put together from what several observers post. Reading it never waits.</summary>
internal sealed class ReadingBoard
{
    private readonly Lock _gate = new();
    private volatile PostgresReading _latest = PostgresReading.Nothing;

    /// <summary>
    /// Raised, outside the lock and on the poster's thread, when a reading differs in more than dates and positions.
    /// </summary>
    /// <remarks>
    /// Positions move all the time on a working server: were they a change, each probe would wake the loop to probe
    /// again.
    /// </remarks>
    public event Action? Changed;

    public PostgresReading Latest => _latest;

    public void Post(Func<PostgresReading, PostgresReading> change)
    {
        bool matters;
        lock (_gate)
        {
            var before = _latest;
            var after = change(before);
            _latest = after;
            matters = Matters(before, after);
        }

        if (matters)
        {
            Changed?.Invoke();
        }
    }

    public void PostSql(SqlReading sql, int version) => Post(before =>
        !before.IsRunning || (Dated(sql) is { } asked && Dated(before.Sql) is { } known && asked < known)
            ? before // of a server that has ended meanwhile, or overtaken by a later answer
            : before with { Sql = sql, ServerVersion = version == 0 ? before.ServerVersion : version });

    internal static bool Matters(PostgresReading before, PostgresReading after) =>
        !Equals(before.Directory, after.Directory)
        || !Equals(before.Process, after.Process)
        || before.ServerVersion != after.ServerVersion
        || !Equals(Timeless(before.Sql), Timeless(after.Sql))
        || !Names(before.Sql).SequenceEqual(Names(after.Sql));

    private static Instant? Dated(SqlReading sql) => sql switch
    {
        SqlReading.Answered answered => answered.AskedAt,
        SqlReading.Rejecting rejecting => rejecting.AskedAt,
        _ => null,
    };

    private static SqlReading Timeless(SqlReading sql) => sql switch
    {
        SqlReading.Answered answered => answered with
        {
            AskedAt = Instant.Zero,
            Flushed = Lsn.Unknown,
            Received = Lsn.Unknown,
            Replayed = Lsn.Unknown,
            LatestEnd = Lsn.Unknown,
            ReplayedAt = null,
            WalSenders = [],
            Slots = [],
        },
        SqlReading.Rejecting => new SqlReading.Rejecting(Instant.Zero),
        _ => new SqlReading.Unknown(""),
    };

    /// <summary>
    /// Who streams, and which slots there are: arrays compare by reference, so they are compared here.
    /// </summary>
    private static IEnumerable<string> Names(SqlReading sql) => sql is not SqlReading.Answered answered
        ? []
        : [
            .. answered.WalSenders
                .Select(sender =>
                    $"{sender.ApplicationName}/{sender.State}/{sender.SyncState}").Order(StringComparer.Ordinal),
            .. answered.Slots.Select(slot => $"{slot.Name}/{slot.Active}/{slot.IsLost}").Order(StringComparer.Ordinal),
        ];
}
