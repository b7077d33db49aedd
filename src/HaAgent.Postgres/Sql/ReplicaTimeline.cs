using HaAgent.Core.Model;
using HaAgent.Core.Snapshot;

namespace HaAgent.Postgres.Sql;

/// <summary>The newest timeline that a replica was seen to receive, for as long as its postmaster lives.</summary>
/// <remarks>
/// A wal receiver tells its timeline; the control file follows only with the next restartpoint, minutes later. When the receiver is
/// gone, as it is whenever it matters who is furthest, the control file alone would speak of a timeline that was left long ago.
/// </remarks>
internal sealed class ReplicaTimeline
{
    private readonly Lock _gate = new();
    private DateTimeOffset? _server;
    private Timeline _newest;

    public SqlReading.Answered Remember(SqlReading.Answered reading)
    {
        lock (_gate)
        {
            if (_server != reading.PostmasterStartTime || reading.Timeline > _newest)
            {
                _server = reading.PostmasterStartTime;
                _newest = reading.Timeline;
            }

            return reading.InRecovery && reading.Timeline < _newest ? reading with { Timeline = _newest } : reading;
        }
    }
}
