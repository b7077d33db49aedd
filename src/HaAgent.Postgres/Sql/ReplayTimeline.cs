using HaAgent.Core.Model;
using HaAgent.Postgres.Control;
using Npgsql.Replication;

namespace HaAgent.Postgres.Sql;

/// <summary>The timeline that the local server replays or writes.</summary>
/// <remarks>
/// IDENTIFY_SYSTEM alone tells which timeline a standby replays: the control file only follows with restartpoints.
/// It takes a replication connection, for which Npgsql has a class of its own.
/// </remarks>
internal sealed class ReplayTimeline(PostgresConnections connections, TimeProvider clock)
{
    /// <param name="running">Where the running server says it listens.</param>
    /// <exception cref="TimeoutException">No answer within the time.</exception>
    /// <exception cref="Npgsql.NpgsqlException">The server refused, or the connection broke.</exception>
    public async Task<Timeline> AskAsync(PostmasterPidFile? running, TimeSpan within, CancellationToken stop)
    {
        using var deadline = new CancellationTokenSource(within, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, deadline.Token);
        try
        {
            var connection = new PhysicalReplicationConnection(connections.LocalReplication(running));
            await using (connection.ConfigureAwait(false))
            {
                await connection.Open(either.Token).ConfigureAwait(false);
                return new((await connection.IdentifySystem(either.Token).ConfigureAwait(false)).Timeline);
            }
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            throw new TimeoutException("the local server did not answer IDENTIFY_SYSTEM in time");
        }
    }
}
