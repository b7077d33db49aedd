using HaAgent.Testing.Cluster;
using Npgsql;

namespace HaAgent.EndToEnd.Tests.GuardFigures;

/// <summary>A client that writes to one server, and to no other, all the time; and what was acknowledged to it, and when.</summary>
/// <remarks>
/// On a thread of its own: what it notes waits for no thread of the pool. An acknowledgement is dated when the client has it,
/// which is after the server gave it: a late client makes the latest one later, never earlier.
/// </remarks>
internal sealed class Acknowledgements : IDisposable
{
    public const string CreateTable = "CREATE TABLE acknowledged (at timestamptz NOT NULL DEFAULT clock_timestamp())";

    private const string Write =
        "INSERT INTO acknowledged DEFAULT VALUES RETURNING ('x' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8))::bit(32)::int";

    private readonly AgentProcess _node;
    private readonly string _target;
    private readonly bool _anew;
    private readonly ManualResetEventSlim _stop = new();
    private readonly Lock _gate = new();
    private readonly List<WitnessedWrite> _writes = [];
    private readonly Thread _thread;
    private volatile bool _dense;

    /// <param name="anew">A connection for each write; else one that is kept for as long as the server keeps it.</param>
    public Acknowledgements(AgentProcess node, bool anew)
    {
        (_node, _anew) = (node, anew);
        _target = Target(node, anew);
        _thread = new Thread(Work) { IsBackground = true, Name = $"acknowledgements-{node.Name}" };
        _thread.Start();
    }

    public AgentProcess Node => _node;

    /// <summary>Writes often, for the seconds that count; else at a pace that leaves the machine alone.</summary>
    public bool Dense
    {
        set => _dense = value;
    }

    private TimeSpan Pace => (_dense, _anew) switch
    {
        (true, false) => TimeSpan.FromMilliseconds(3),
        (true, true) => TimeSpan.FromMilliseconds(20), // each is a process of the server
        (false, false) => TimeSpan.FromMilliseconds(50),
        (false, true) => TimeSpan.FromMilliseconds(500),
    };

    /// <summary>Those that were sent since then (nanoseconds of CLOCK_BOOTTIME), in order.</summary>
    public IReadOnlyList<WitnessedWrite> Since(long instant)
    {
        lock (_gate)
        {
            return [.. _writes.AsEnumerable().Reverse().TakeWhile(write => write.SentAt >= instant).Reverse()];
        }
    }

    public void Dispose()
    {
        _stop.Set();
        _thread.Join();
        _stop.Dispose();
    }

    private static string Target(AgentProcess node, bool anew)
    {
        var target = new NpgsqlConnectionStringBuilder(node.ConnectionString)
        {
            // The server's log is not to be filled with what a replica refuses.
            Options = "-c log_min_messages=panic -c log_min_error_statement=panic",
        };
        if (anew)
        {
            target.Host = node.Configuration.RunFolder; // by the socket: no password is worked out for each connection
        }

        return target.ConnectionString;
    }

    private void Work()
    {
        while (!_stop.IsSet)
        {
            try
            {
                using var connection = new NpgsqlConnection(_target);
                connection.Open();
                using var insert = new NpgsqlCommand(Write, connection);
                do
                {
                    WriteOnce(insert);
                    _stop.Wait(Pace);
                }
                while (!_anew && !_stop.IsSet);
            }
            catch (Exception e) when (e is NpgsqlException or TimeoutException or IOException)
            {
                _stop.Wait(Pace); // no server, or one that ends or begins
            }
        }
    }

    private void WriteOnce(NpgsqlCommand insert)
    {
        var sentAt = Boottime.Now;
        try
        {
            var timeline = (int)insert.ExecuteScalar()!;
            var write = new WitnessedWrite(_node.Name, timeline, sentAt, Boottime.Now);
            lock (_gate)
            {
                _writes.Add(write);
            }
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.ReadOnlySqlTransaction or PostgresErrorCodes.UndefinedTable)
        {
            // A replica, which one of the two should be.
        }
    }
}
