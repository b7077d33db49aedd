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
internal sealed class ReplicaTimeline(ReplayTimeline replay, LoginComplaint refusals, TimeProvider clock)
{
    /// <summary>After a question without an answer; each is a line in the server's log.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(30);

    /// <summary>Less is not enough for a login.</summary>
    private static readonly TimeSpan LeastTime = TimeSpan.FromMilliseconds(100);

    private readonly Lock _gate = new();
    private DateTimeOffset? _server;
    private Timeline _newest;
    private Lsn _askedAt;
    private Instant _notBefore = Instant.Zero;

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
    /// <param name="deadline">Of the whole probe. Half of what is left of it is for this; without an answer the reading stays as it is.</param>
    /// <param name="stop">The probe is given up.</param>
    public async Task<SqlReading.Answered> CompleteAsync(
        SqlReading.Answered reading, PostmasterPidFile? running, Instant deadline, CancellationToken stop)
    {
        var within = (deadline - Instant.Now(clock)) / 2;
        if (within < LeastTime || !IsToAsk(reading))
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
        catch (PostgresException e) when (!e.IsTransient)
        {
            refusals.Refused(e);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Whatever it is: the position is known, and it is what matters most.
        }

        lock (_gate)
        {
            _notBefore = Instant.Now(clock) + Pause;
        }

        return reading;
    }

    private bool IsToAsk(SqlReading.Answered reading)
    {
        lock (_gate)
        {
            return reading.InRecovery && reading.Replayed.IsKnown && Instant.Now(clock) >= _notBefore
                && (_server != reading.PostmasterStartTime || _askedAt != reading.Replayed);
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
