using System.Globalization;
using HaAgent.Postgres.Config;
using Npgsql;

namespace HaAgent.Postgres.Sql;

/// <summary>Where the local server listens, for the agent itself.</summary>
internal sealed record LocalEndpoint(string Host, int Port);

/// <summary>Opens connections: one by one, never pooled, each with its own deadline.</summary>
internal sealed class PostgresConnections(PostgresOptions options, Func<PostgresEffectiveConfiguration> configuration)
{
    private const int ConnectSeconds = 3;

    /// <summary>As the superuser to the local server.</summary>
    /// <param name="running">The running server's own word on where it listens: right even when the setting has changed
    /// since.</param>
    /// <param name="statementTimeoutMs">0: none.</param>
    public NpgsqlDataSource Local(Control.PostmasterPidFile? running, string applicationName, int statementTimeoutMs)
    {
        var endpoint = LocalAddress(running, configuration().UseUnixSocket);
        var builder = Base(endpoint.Host, endpoint.Port, options.Superuser, configuration().Database);
        builder.ApplicationName = applicationName;
        builder.Options =
            string.Create(
                CultureInfo.InvariantCulture, $"-c search_path=pg_catalog -c statement_timeout={statementTimeoutMs}");
        return Build(builder);
    }

    /// <summary>
    /// For a physical replication connection to the local server: a connection string, as that is all Npgsql takes.
    /// </summary>
    public string LocalReplication(Control.PostmasterPidFile? running)
    {
        var endpoint = LocalAddress(running, configuration().UseUnixSocketForReplication);
        return Base(endpoint.Host, endpoint.Port, options.Replication, configuration().Database).ConnectionString;
    }

    /// <summary>To another server, with the credentials that a rewind uses.</summary>
    public NpgsqlDataSource ForRewind(UpstreamAddress leader)
    {
        var builder = Base(leader.Host, leader.Port, options.Rewind, leader.Database ?? configuration().Database);
        builder.Options = "-c search_path=pg_catalog -c statement_timeout=10000";
        return Build(builder);
    }

    /// <summary>
    /// A socket where configured and there, else TCP. <c>localhost</c> when all addresses or the loopback are listened
    /// on.
    /// </summary>
    internal LocalEndpoint LocalAddress(Control.PostmasterPidFile? running, bool useSocket)
    {
        var port = running is { Port: > 0 } ? running.Port : options.Port;
        var parameters = configuration().Parameters(isPrimary: true);
        if (useSocket)
        {
            var socket = running is { SocketDirectory.Length: > 0 } ? running.SocketDirectory
                : parameters.TryGetValue("unix_socket_directories", out var configured) ? FirstDirectory(configured)
                : Directory.Exists("/var/run/postgresql") ? "/var/run/postgresql" // as Debian and Red Hat build libpq
                : "/tmp";
            if (socket is not null)
            {
                return new(socket, port);
            }
        }

        var hosts = options.ListenAddresses.Split(',');
        var local = hosts.Any(host => host is "*" or "localhost" or "0.0.0.0" or "127.0.0.1");
        return new(local ? "localhost" : hosts[0] == "::" ? "::1" : hosts[0], port);
    }

    /// <summary>
    /// The first absolute path of a list whose items may be in double quotes, with quotes inside doubled.
    /// </summary>
    internal static string? FirstDirectory(string directories)
    {
        var item = new System.Text.StringBuilder();
        var quoted = false;
        for (var i = 0; i <= directories.Length; i++)
        {
            var c = i < directories.Length ? directories[i] : ',';
            if (c == '"')
            {
                var doubled = quoted && i + 1 < directories.Length && directories[i + 1] == '"';
                i += doubled ? 1 : 0;
                quoted = doubled || !quoted;
                item.Append(doubled ? "\"" : "");
            }
            else if (c == ',' && !quoted)
            {
                if (item.ToString().Trim() is ['/', ..] path)
                {
                    return path;
                }

                item.Clear();
            }
            else
            {
                item.Append(c);
            }
        }

        return null;
    }

    private static NpgsqlDataSource Build(NpgsqlConnectionStringBuilder settings)
    {
        var builder = new NpgsqlSlimDataSourceBuilder(settings.ConnectionString);
        builder.EnableTransportSecurity();
        // base types only: no catalogue scan per connection
        builder.ConfigureTypeLoading(loading => loading.EnableTypeLoading(false));
        return builder.Build();
    }

    private static NpgsqlConnectionStringBuilder Base(string host, int port, UserCredentials user, string database)
    {
        var builder = new NpgsqlConnectionStringBuilder
        {
            Host = host,
            Port = port,
            Username = user.Username ?? Environment.UserName,
            Database = database,
            Pooling = false,
            Multiplexing = false,
            Enlist = false,
            Timeout = ConnectSeconds,
            CommandTimeout = 0, // every command has a deadline of its own
            CancellationTimeout = -1, // a hung server would not answer a cancel request either
            SslMode = Mode(user),
        };
        if (user.Password is { } password)
        {
            builder.Password = password;
        }

        if (user.Connection.TryGetValue("sslcert", out var certificate))
        {
            builder.SslCertificate = certificate;
        }

        if (user.Connection.TryGetValue("sslkey", out var key))
        {
            builder.SslKey = key;
        }

        if (user.Connection.TryGetValue("sslpassword", out var keyPassword))
        {
            builder.SslPassword = keyPassword;
        }

        if (user.Connection.TryGetValue("sslrootcert", out var root))
        {
            builder.RootCertificate = root;
        }

        return builder;
    }

    private static SslMode Mode(UserCredentials user) => user.Connection.GetValueOrDefault("sslmode") switch
    {
        "disable" => SslMode.Disable,
        "allow" => SslMode.Allow,
        "require" => SslMode.Require,
        "verify-ca" => SslMode.VerifyCA,
        "verify-full" => SslMode.VerifyFull,
        _ => SslMode.Prefer,
    };
}
