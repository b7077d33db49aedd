using HaAgent.Core.Model;
using HaAgent.Core.Snapshot;
using HaAgent.Postgres.Config;
using HaAgent.Postgres.Control;
using HaAgent.Postgres.Sql;

namespace HaAgent.Postgres;

/// <summary>
/// Looks at the server, and posts what it sees to the board: the data directory, the process, the probe query.
/// </summary>
internal sealed class Observer : IAsyncDisposable
{
    private static readonly TimeSpan DiskAnswersWithin = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan HeartbeatWithin = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan BallotWithin = TimeSpan.FromSeconds(1);

    /// <summary>However many ask, ballots are not measured more often than this.</summary>
    private static readonly TimeSpan BallotPace = TimeSpan.FromMilliseconds(20);

    private readonly ServerContext _context;
    private readonly DataDirectoryReader _reader;
    private readonly PostgresProbe _heartbeat;
    private readonly PostgresProbe _ballots;
    private readonly Lock _gate = new();
    private volatile PostmasterPidFile? _pidFile;
    private Task _looking = Task.CompletedTask;
    private bool _lookAgain;
    private Task<SqlReading> _ballot = Task.FromResult<SqlReading>(new SqlReading.Unknown("not asked yet"));
    private Task<SqlReading>? _nextBallot;
    private Instant _lastBallot = Instant.Zero;
    private volatile bool _disposed;

    public Observer(ServerContext context)
    {
        _context = context;
        _reader = new(context.Options, context.Marker, context.RewindMarker);
        var logins = new LoginComplaint(
            detail => PgLog.LoginRefused(context.Log, UserName(context.Configuration.Local.Superuser), detail), context.Clock);
        var replication = new LoginComplaint(
            detail => PgLog.ReplicationRefused(context.Log, UserName(context.Configuration.Local.Replication), detail), context.Clock);
        var timelines = new ReplicaTimeline(new(context.Connections, context.Clock), replication, context.Clock); // what the one has seen, the other must not tell otherwise
        _heartbeat = new(context.Connections, logins, timelines, context.Clock);
        _ballots = new(context.Connections, logins, timelines, context.Clock);
        context.Postmaster.Changed += OnProcessChanged;
    }

    private static string UserName(UserCredentials user) => user.Username ?? Environment.UserName;

    /// <summary>
    /// Starts a look unless one is under way; then another follows it only when something happened meanwhile.
    /// </summary>
    public void LookSoon() => Begin(again: false);

    /// <summary>Something was changed: a look under way may have missed it, so another one follows it.</summary>
    public void LookAgain() => Begin(again: true);

    /// <summary>
    /// A look begun after the call, at the directory and the process, and at SQL when there is a server.
    /// </summary>
    public async Task LookAsync()
    {
        Task running;
        lock (_gate)
        {
            running = _looking;
        }

        await running.ConfigureAwait(false);
        await Begin(again: false).ConfigureAwait(false);
    }

    /// <summary>The latest reading with an SQL part measured after the call.</summary>
    public async Task<PostgresReading> BallotAsync(Instant notAfter, CancellationToken stop)
    {
        Task<SqlReading> ballot;
        lock (_gate)
        {
            ballot = _nextBallot ??= MeasureAfterAsync(_ballot);
        }

        SqlReading measured;
        try
        {
            var left = notAfter - _context.Now;
            measured = left <= TimeSpan.Zero
                ? new SqlReading.Unknown("there was no time left to ask")
                : await ballot.WaitAsync(Waiting.Bounded(left), _context.Clock, stop).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            measured = new SqlReading.Unknown("no answer in time");
        }

        return _context.Board.Latest with { Sql = measured };
    }

    public async ValueTask DisposeAsync()
    {
        _disposed = true;
        _context.Postmaster.Changed -= OnProcessChanged;
        Task looking;
        lock (_gate)
        {
            looking = _looking;
        }

        try
        {
            await looking.WaitAsync(TimeSpan.FromSeconds(1), _context.Clock).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // A hung server or disk is not waited for.
        }

        await _heartbeat.DisposeAsync().ConfigureAwait(false);
        await _ballots.DisposeAsync().ConfigureAwait(false);
    }

    private void OnProcessChanged()
    {
        var process = _context.Postmaster.Process;
        _context.Board.Post(before => before with
        {
            Process = process,
            Sql = process is ServerProcess.Running
                ? new SqlReading.Unknown("not asked yet")
                : new SqlReading.Unknown("PostgreSQL is not running"),
        });
        if (process is ServerProcess.Running running)
        {
            PgLog.Running(_context.Log, running.Pid);
        }
        else if (process is ServerProcess.None)
        {
            PgLog.Ended(_context.Log);
        }

        Begin(again: true);
    }

    /// <param name="again">When a look is under way, have another one follow it: it may have missed what just
    /// happened.</param>
    private Task Begin(bool again)
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return Task.CompletedTask;
            }

            if (_looking.IsCompleted)
            {
                _looking = Task.Run(LookRepeatedlyAsync);
            }
            else
            {
                _lookAgain |= again;
            }

            return _looking;
        }
    }

    private async Task LookRepeatedlyAsync()
    {
        bool again;
        do
        {
            try
            {
                await LookOnceAsync().ConfigureAwait(false);
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                // The observer's last resort: a look that failed must show, and must not be the last one.
                PgLog.LookFailed(_context.Log, e);
                _context.Board.PostSql(new SqlReading.Unknown(e.Message), 0);
            }

            lock (_gate)
            {
                again = _lookAgain;
                _lookAgain = false;
            }
        }
        while (again && !_disposed);
    }

    private async Task LookOnceAsync()
    {
        var disk = LookAtDiskAsync();
        if (_context.Postmaster.Process is not ServerProcess.Running known || _pidFile?.Pid != known.Pid)
        {
            await disk.ConfigureAwait(false); // it may find a server, and knows where it listens
        }

        if (_context.Postmaster.Process is ServerProcess.Running running)
        {
            var (sql, version) = await _heartbeat.AskAsync(_pidFile, running, _context.Now + HeartbeatWithin)
                .ConfigureAwait(false);
            _context.Board.PostSql(sql, version);
        }
        else if (await _context.Binary.AskAsync(CancellationToken.None).ConfigureAwait(false) is { } binary)
        {
            _context.Board.Post(before => before.IsRunning
                ? before
                : before with { ServerVersion = binary.Version.Number });
        }

        await disk.ConfigureAwait(false);
    }

    private async Task LookAtDiskAsync()
    {
        try
        {
            var (canonical, directory, pidFile) = await _context.Disk.AskAsync(
                () => (UnixFile.Canonical(_context.DataDirectory), _reader.Read(),
                    PostmasterPidFile.TryRead(_context.DataDirectory)),
                DiskAnswersWithin).ConfigureAwait(false);
            if (canonical is not null)
            {
                _context.Postmaster.AlsoKnownAs(canonical);
            }

            _pidFile = pidFile;
            _context.Postmaster.Adopt(pidFile);
            _context.Board.Post(before => before with { Directory = directory });
        }
        catch (TimeoutException)
        {
            PostUnreadable($"the disk of {_context.DataDirectory} has not answered for {DiskAnswersWithin.TotalSeconds:0} s");
        }
        catch (IOException e)
        {
            PostUnreadable(e.Message);
        }
        catch (UnauthorizedAccessException e)
        {
            PostUnreadable(e.Message);
        }
    }

    private void PostUnreadable(string detail) =>
        _context.Board.Post(before => before with { Directory = new DataDirectory.Unreadable(detail) });

    private async Task<SqlReading> MeasureAfterAsync(Task<SqlReading> previous)
    {
        await Task.Yield(); // leave the lock, and the caller's thread, at once
        await ((Task)previous).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // whoever asked for it is told; the next is asked all the same
        var pause = _lastBallot + BallotPace - _context.Now;
        if (pause > TimeSpan.Zero)
        {
            await Task.Delay(pause, _context.Clock).ConfigureAwait(false);
        }

        lock (_gate)
        {
            // From here on the measurement is under way: who asks now wants a later one.
            _ballot = _nextBallot!; // this very task
            _nextBallot = null;
            _lastBallot = _context.Now;
        }

        if (_context.Postmaster.Process is not ServerProcess.Running running)
        {
            return new SqlReading.Unknown("PostgreSQL is not running");
        }

        var (sql, version) = await _ballots.AskAsync(_pidFile, running, _context.Now + BallotWithin)
            .ConfigureAwait(false);
        _context.Board.PostSql(sql, version);
        return sql;
    }
}
