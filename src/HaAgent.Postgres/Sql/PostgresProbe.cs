using HaAgent.Core.Model;
using HaAgent.Core.Snapshot;
using HaAgent.Postgres.Control;
using Npgsql;

namespace HaAgent.Postgres.Sql;

/// <summary>
/// The dated probe query on a connection of its own, kept open. One question at a time; the caller sees to that.
/// </summary>
/// <remarks>
/// Whatever the server does, the answer comes by the deadline: a connection that is late is given up, and nobody waits
/// for it.
/// </remarks>
internal sealed class PostgresProbe(PostgresConnections connections, LoginComplaint logins, ReplicaTimeline timelines, TimeProvider clock)
    : IAsyncDisposable
{
    // tools and pg_stat_activity filters know it by this name
    private const string ApplicationName = "Patroni heartbeat";
    private const int StatementTimeoutMs = 2000;
    private const string CannotConnectNow = "57P03";
    private const string QueryCanceled = "57014";

    private Session? _session;

    /// <param name="running">Where the running server says it listens.</param>
    /// <param name="process">Identity of the running server: another one needs another connection.</param>
    /// <returns>The reading, and the server's version when it answered.</returns>
    public async Task<(SqlReading Reading, int Version)> AskAsync(
        PostmasterPidFile? running, object process, Instant deadline)
    {
        var askedAt = Instant.Now(clock);
        var left = deadline - askedAt;
        if (left <= TimeSpan.Zero)
        {
            return (new SqlReading.Unknown("there was no time left to ask"), 0);
        }

        var session = _session is { } open && open.Process.Equals(process) ? open : null;
        if (session is null)
        {
            Abandon();
            session = new(process, connections.Local(running, ApplicationName, StatementTimeoutMs));
            _session = session;
        }

        using var timeout = new CancellationTokenSource(left, clock);
        var answer = AskAsync(session, running, askedAt, left, timeout.Token);
        try
        {
            // Not the token alone: a cancelled call may itself wait for what does not answer.
            return await answer.WaitAsync(left, clock).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            Abandon(session, answer);
            return (new SqlReading.Unknown($"no answer within {left.TotalSeconds:0.0} s"), 0);
        }
    }

    public ValueTask DisposeAsync()
    {
        Abandon();
        return ValueTask.CompletedTask;
    }

    private async Task<(SqlReading Reading, int Version)> AskAsync(
        Session session, PostmasterPidFile? running, Instant askedAt, TimeSpan left, CancellationToken timeout)
    {
        try
        {
            var command = session.Command ??= await session.OpenAsync(timeout).ConfigureAwait(false);
            logins.LetIn();
            var (reading, version, hasReceiver) = await ReadAsync(command, askedAt, timeout).ConfigureAwait(false);
            var remembered = timelines.Remember(reading);
            return hasReceiver
                ? (remembered, version)
                : (await timelines.CompleteAsync(remembered, running, askedAt + left, timeout).ConfigureAwait(false), version);
        }
        catch (PostgresException e) when (e.SqlState == CannotConnectNow)
        {
            Abandon(session);
            return (new SqlReading.Rejecting(askedAt), 0);
        }
        catch (PostgresException e) when (e.SqlState == QueryCanceled)
        {
            return (new SqlReading.Unknown(e.MessageText), 0); // the server lives; the connection is good
        }
        catch (PostgresException e) when (LoginComplaint.IsRefusal(e))
        {
            Abandon(session);
            logins.Refused(e);
            return (new SqlReading.Unknown(SqlErrors.Describe(e)), 0);
        }
        catch (NpgsqlException e)
        {
            Abandon(session);
            return (new SqlReading.Unknown(SqlErrors.Describe(e)), 0);
        }
        catch (OperationCanceledException)
        {
            Abandon(session);
            return (new SqlReading.Unknown("no answer in time"), 0);
        }
        catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException or InvalidOperationException
            or ObjectDisposedException)
        {
            // A broken or abandoned connection shows in several ways.
            Abandon(session);
            return (new SqlReading.Unknown(e.Message), 0);
        }
    }

    private static async Task<(SqlReading.Answered Reading, int Version, bool HasReceiver)> ReadAsync(
        NpgsqlCommand command, Instant askedAt, CancellationToken timeout)
    {
        var row = await command.ExecuteReaderAsync(timeout).ConfigureAwait(false);
        await using (row.ConfigureAwait(false))
        {
            await row.ReadAsync(timeout).ConfigureAwait(false);
            return ProbeRow.Read(row, askedAt);
        }
    }

    private void Abandon() => Abandon(_session);

    /// <param name="pending">The call on it that may still be under way; null when none is.</param>
    private void Abandon(Session? session, Task? pending = null)
    {
        if (session is not null && Interlocked.CompareExchange(ref _session, null, session) == session)
        {
            session.CloseInBackground(pending ?? Task.CompletedTask);
        }
    }

    private sealed class Session(object process, NpgsqlDataSource source)
    {
        private NpgsqlConnection? _connection;

        public object Process { get; } = process;

        public NpgsqlCommand? Command { get; set; }

        public async Task<NpgsqlCommand> OpenAsync(CancellationToken timeout)
        {
            _connection = source.CreateConnection();
            await _connection.OpenAsync(timeout).ConfigureAwait(false);
            var command = new NpgsqlCommand(PostgresQueries.Probe, _connection);
            await command.PrepareAsync(timeout).ConfigureAwait(false);
            return command;
        }

        /// <summary>
        /// Closing says goodbye to the server, which may hang: it is nobody's to wait for, and its failure is no news.
        /// </summary>
        /// <remarks>
        /// Not while the driver cancels a call on it: it would find its buffers gone, on a timer's thread, and take the
        /// whole process with it.
        /// </remarks>
        public void CloseInBackground(Task pending) => _ = Task.Run(async () =>
        {
            try
            {
                await pending.ConfigureAwait(false);
                if (_connection is { } connection)
                {
                    await connection.DisposeAsync().ConfigureAwait(false);
                }

                await source.DisposeAsync().ConfigureAwait(false);
            }
            catch (Exception e) when (e is NpgsqlException or IOException or InvalidOperationException
                or System.Net.Sockets.SocketException)
            {
            }
        });
    }
}

/// <summary>Errors of the database driver as one line.</summary>
internal static class SqlErrors
{
    public static string Describe(NpgsqlException e) => e is PostgresException server
        ? $"{server.SqlState}: {server.MessageText}"
        : e.InnerException is { } inner ? $"{e.Message} ({inner.Message})" : e.Message;
}
