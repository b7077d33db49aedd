using Npgsql;

namespace HaAgent.Postgres.Sql;

/// <summary>A connection for a few statements, bounded by one deadline for all of them.</summary>
internal sealed class SqlSession : IAsyncDisposable
{
    private readonly NpgsqlDataSource _source;
    private readonly NpgsqlConnection _connection;
    private readonly CancellationTokenSource _deadline;
    private readonly CancellationTokenSource _either;
    private readonly CancellationToken _stop;

    private SqlSession(
        NpgsqlDataSource source, NpgsqlConnection connection, CancellationTokenSource deadline,
            CancellationTokenSource either, CancellationToken stop)
    {
        _source = source;
        _connection = connection;
        _deadline = deadline;
        _either = either;
        _stop = stop;
    }

    /// <param name="source">Disposed with the session.</param>
    /// <exception cref="NpgsqlException">No connection.</exception>
    /// <exception cref="TimeoutException">None in time.</exception>
    public static async Task<SqlSession> OpenAsync(
        NpgsqlDataSource source, TimeProvider clock, TimeSpan timeout, CancellationToken stop)
    {
        var deadline = new CancellationTokenSource(timeout, clock);
        var either = CancellationTokenSource.CreateLinkedTokenSource(stop, deadline.Token);
        var session = new SqlSession(source, source.CreateConnection(), deadline, either, stop);
        try
        {
            await session.BoundedAsync(async token =>
            {
                await session._connection.OpenAsync(token).ConfigureAwait(false);
                return true;
            }).ConfigureAwait(false);
            return session;
        }
        catch
        {
            await session.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public Task<int> ExecuteAsync(string sql, params string[] parameters) => BoundedAsync(async token =>
    {
        var command = Command(sql, parameters);
        await using (command.ConfigureAwait(false))
        {
            return await command.ExecuteNonQueryAsync(token).ConfigureAwait(false);
        }
    });

    /// <summary>All rows; a null of the database is null.</summary>
    public Task<List<object?[]>> QueryAsync(string sql, params string[] parameters) => BoundedAsync(async token =>
    {
        var rows = new List<object?[]>();
        var command = Command(sql, parameters);
        await using (command.ConfigureAwait(false))
        {
            var reader = await command.ExecuteReaderAsync(token).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                while (await reader.ReadAsync(token).ConfigureAwait(false))
                {
                    var row = new object[reader.FieldCount];
                    reader.GetValues(row);
                    rows.Add([.. row.Select(value => value is DBNull ? null : value)]);
                }
            }
        }

        return rows;
    });

    public async ValueTask DisposeAsync()
    {
        await _connection.DisposeAsync().ConfigureAwait(false);
        await _source.DisposeAsync().ConfigureAwait(false);
        _either.Dispose();
        _deadline.Dispose();
    }

    private NpgsqlCommand Command(string sql, string[] parameters)
    {
        var command = new NpgsqlCommand(sql, _connection);
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = parameter });
        }

        return command;
    }

    private async Task<T> BoundedAsync<T>(Func<CancellationToken, Task<T>> work)
    {
        try
        {
            return await work(_either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!_stop.IsCancellationRequested)
        {
            throw new TimeoutException("PostgreSQL did not answer in time");
        }
        catch (Exception e) when (e is InvalidOperationException or ObjectDisposedException
            or System.Net.Sockets.SocketException)
        {
            // What a broken connection may show instead of its own kind of error.
            throw new NpgsqlException(e.Message, e);
        }
    }
}
