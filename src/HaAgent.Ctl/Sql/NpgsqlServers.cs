using System.Net.Sockets;
using System.Text.Json.Nodes;
using Npgsql;

namespace HaAgent.Ctl.Sql;

/// <summary>Real servers. The environment counts as it does for PostgreSQL's own clients.</summary>
internal sealed class NpgsqlServers(Func<string, string?> variable) : ISqlServers
{
    private const int ConnectSeconds = 5;

    private static readonly (string Name, SslMode Mode)[] SslModes =
    [
        ("disable", SslMode.Disable), ("allow", SslMode.Allow), ("prefer", SslMode.Prefer), ("require", SslMode.Require),
        ("verify-ca", SslMode.VerifyCA), ("verify-full", SslMode.VerifyFull),
    ];

    public async Task<SqlAnswer> QueryAsync(SqlTarget target, string sql, CancellationToken stop)
    {
        var source = Build(target);
        await using var disposed = source.ConfigureAwait(false);
        NpgsqlConnection connection;
        try
        {
            connection = await source.OpenConnectionAsync(stop).ConfigureAwait(false);
        }
        catch (Exception failure) when (IsExpected(failure))
        {
            // In the words of PostgreSQL's own clients, their blank at the end included.
            return Failed($"connection to server at \"{target.Host}\", port {target.Port} failed: {Sentence(failure)}\n");
        }

        await using (connection.ConfigureAwait(false))
        {
            try
            {
                if (target.InRecovery is { } wanted && await IsInRecoveryAsync(connection, stop).ConfigureAwait(false) != wanted)
                {
                    return new SqlAnswer.OtherRole();
                }

                return await ReadAsync(connection, sql, stop).ConfigureAwait(false);
            }
            catch (PostgresException refused)
            {
                return new SqlAnswer.Failed(refused.SqlState);
            }
            catch (Exception failure) when (IsExpected(failure))
            {
                return Failed(Sentence(failure));
            }
        }
    }

    private static bool IsExpected(Exception failure) => failure
        is NpgsqlException or SocketException or IOException or TimeoutException or InvalidOperationException or NotSupportedException;

    private static SqlAnswer.Failed Failed(string text) => new(text.Replace('\n', ' '));

    private static string Sentence(Exception failure) => failure is PostgresException server
        ? $"{server.InvariantSeverity}:  {server.MessageText}"
        : (failure.InnerException ?? failure).Message;

    private static async Task<bool> IsInRecoveryAsync(NpgsqlConnection connection, CancellationToken stop)
    {
        var command = new NpgsqlCommand("SELECT pg_catalog.pg_is_in_recovery()", connection);
        await using var disposed = command.ConfigureAwait(false);
        return await command.ExecuteScalarAsync(stop).ConfigureAwait(false) is true;
    }

    /// <summary>The last result, when the text is of several statements.</summary>
    private static async Task<SqlAnswer> ReadAsync(NpgsqlConnection connection, string sql, CancellationToken stop)
    {
        // Every value as the text that the server writes for it, whatever its type is.
        var command = new NpgsqlCommand(sql, connection) { AllResultTypesAreUnknown = true };
        await using var disposedFirst = command.ConfigureAwait(false);
        var reader = await command.ExecuteReaderAsync(stop).ConfigureAwait(false);
        await using var disposed = reader.ConfigureAwait(false);
        string[] columns;
        List<JsonNode?[]> rows;
        do
        {
            columns = [.. Enumerable.Range(0, reader.FieldCount).Select(reader.GetName)];
            var types = Enumerable.Range(0, reader.FieldCount).Select(reader.GetDataTypeOID).ToArray();
            rows = [];
            while (await reader.ReadAsync(stop).ConfigureAwait(false))
            {
                rows.Add([.. types.Select((type, at) => reader.IsDBNull(at) ? null : SqlValue.Parse(type, reader.GetString(at)))]);
            }
        }
        while (await reader.NextResultAsync(stop).ConfigureAwait(false));

        return new SqlAnswer.Rows(columns, rows);
    }

    private NpgsqlDataSource Build(SqlTarget target)
    {
        var user = Filled(target.User) ?? Given("PGUSER") ?? Environment.UserName;
        var settings = new NpgsqlConnectionStringBuilder
        {
            Host = target.Host,
            Port = target.Port,
            Username = user,
            Password = target.Password,
            Database = Filled(target.Database) ?? Given("PGDATABASE") ?? user,
            ApplicationName = Given("PGAPPNAME") ?? "Patroni ctl",
            Timeout = ConnectSeconds,
            CommandTimeout = 0, // as long as it takes: Ctrl-C ends it
            Pooling = false,
            Enlist = false,
            SslMode = Mode(Given("PGSSLMODE")),
            GssEncryptionMode = GssEncryptionMode.Disable,
        };
        var builder = new NpgsqlSlimDataSourceBuilder(settings.ConnectionString);
        builder.EnableTransportSecurity();
        builder.ConfigureTypeLoading(loading => loading.EnableTypeLoading(false)); // values come as text
        return builder.Build();
    }

    private string? Given(string name) => Filled(variable(name));

    /// <summary>To PostgreSQL's own clients an empty name is none.</summary>
    private static string? Filled(string? text) => string.IsNullOrEmpty(text) ? null : text;

    private static SslMode Mode(string? name)
    {
        if (name is null)
        {
            return SslMode.Prefer;
        }

        var at = Array.FindIndex(SslModes, known => known.Name == name);
        return at >= 0 ? SslModes[at].Mode : throw new CtlException(
            $"PGSSLMODE = '{name}': it must be one of {string.Join(", ", SslModes.Select(known => known.Name))}.");
    }
}
