using HaAgent.Core.Model;
using HaAgent.Core.Snapshot;
using HaAgent.Postgres.Control;
using Npgsql;

namespace HaAgent.Postgres.Sql;

/// <summary>The newest timeline that a replica was seen to have, for as long as its postmaster lives.</summary>
/// <remarks>
/// A wal receiver tells its timeline; the control file follows only with the next restartpoint, minutes later. When the receiver is
/// gone, as it is whenever it matters who is furthest, the control file alone would speak of a timeline that was left long ago: then the
/// server is asked what it replays, once for each position. What was received and not replayed yet is known only if it was seen.
/// </remarks>
internal sealed class ReplicaTimeline(ReplayTimeline replay, LoginComplaint refusals)
{
    private readonly Lock _gate = new();
    private DateTimeOffset? _server;
    private Timeline _newest;
    private Lsn _askedAt;

    public SqlReading.Answered Remember(SqlReading.Answered reading)
    {
        lock (_gate)
        {
            if (_server != reading.PostmasterStartTime)
            {
                (_server, _newest, _askedAt) = (reading.PostmasterStartTime, reading.Timeline, Lsn.Unknown);
            }

            _newest = reading.Timeline > _newest ? reading.Timeline : _newest;
            return reading.InRecovery ? reading with { Timeline = _newest } : reading;
        }
    }

    /// <summary>The same reading with the timeline that the server replays, where that is not known by now.</summary>
    /// <param name="reading">Of a standby without a wal receiver, remembered.</param>
    /// <param name="running">Where the server says it listens.</param>
    /// <param name="within">For the server to answer. Without an answer the reading stays as it is.</param>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> was signalled.</exception>
    public async Task<SqlReading.Answered> CompleteAsync(
        SqlReading.Answered reading, PostmasterPidFile? running, TimeSpan within, CancellationToken stop)
    {
        if (!IsToAsk(reading))
        {
            return reading;
        }

        try
        {
            var replays = await replay.AskAsync(running, within, stop).ConfigureAwait(false);
            refusals.LetIn();
            Asked(reading);
            return Remember(replays > reading.Timeline ? reading with { Timeline = replays } : reading);
        }
        catch (PostgresException e) when (LoginComplaint.IsRefusal(e))
        {
            refusals.Refused(e);
            Asked(reading);
            return reading;
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException or IOException or System.Net.Sockets.SocketException)
        {
            return reading;
        }
    }

    private bool IsToAsk(SqlReading.Answered reading)
    {
        lock (_gate)
        {
            return reading.InRecovery && reading.Replayed.IsKnown && (_server != reading.PostmasterStartTime || _askedAt != reading.Replayed);
        }
    }

    private void Asked(SqlReading.Answered reading)
    {
        lock (_gate)
        {
            _askedAt = _server == reading.PostmasterStartTime ? reading.Replayed : _askedAt;
        }
    }
}
