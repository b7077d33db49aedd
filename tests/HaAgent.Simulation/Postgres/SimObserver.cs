using HaAgent.Core.Model;
using HaAgent.Core.Snapshot;

namespace HaAgent.Simulation.Postgres;

/// <summary>Looks at the server and posts what it sees, in the product's cadence: directory, process, probe.</summary>
internal sealed class SimObserver
{
    private static readonly TimeSpan DiskAnswersWithin = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan HeartbeatWithin = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan BallotWithin = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan BallotPace = TimeSpan.FromMilliseconds(20);

    private readonly AgentSide _side;
    private readonly SimBoard _board;
    private readonly SimProbe _heartbeat;
    private readonly SimProbe _ballots;
    private ServerRun? _pidFile;
    private bool _isLooking;
    private bool _lookAgain;
    private Ballot _ballot = new() { Answer = new SqlReading.Unknown("not asked yet") };
    private Ballot? _nextBallot;
    private Instant _lastBallot;

    public SimObserver(AgentSide side, SimBoard board)
    {
        _side = side;
        _board = board;
        _heartbeat = new(side);
        _ballots = new(side);
        side.ProcessChanged += OnProcessChanged;
    }

    /// <summary>What an agent has seen before its loop begins.</summary>
    public void LookAtFirst()
    {
        _side.Adopt();
        _pidFile = _side.Held;
        var directory = _side.Server.Faults.DiskHangs ? Unreadable() : _side.Directory.Read();
        _board.Post(_board.Latest with
        {
            Directory = directory,
            Process = _side.Process,
            ServerVersion = ServerAnswer.Version(_side.Server.History),
        });
        if (_side.Held is { } run && _heartbeat.AskNow(run) is { } sql)
        {
            _board.PostSql(sql, ServerAnswer.Version(_side.Server.History));
        }

        LookSoon();
    }

    /// <summary>Unless one is under way.</summary>
    public void LookSoon()
    {
        if (!_isLooking)
        {
            _isLooking = true;
            _ = LookRepeatedlyAsync();
        }
    }

    /// <summary>A look under way may have missed what just happened: another follows it.</summary>
    public void LookAgain()
    {
        _lookAgain |= _isLooking;
        LookSoon();
    }

    /// <summary>The latest reading with an SQL part measured after the call.</summary>
    public async Task<PostgresReading> BallotAsync(Instant notAfter, CancellationToken stop)
    {
        if (_nextBallot is null)
        {
            _nextBallot = new();
            _ = MeasureAfterAsync(_ballot, _nextBallot);
        }

        var ballot = _nextBallot;
        await _side.UntilAsync(() => ballot.Answer is not null ? true : null, notAfter, stop).ConfigureAwait(false);
        return _board.Latest with { Sql = ballot.Answer ?? new SqlReading.Unknown("no answer in time") };
    }

    private void OnProcessChanged()
    {
        _board.Post(_board.Latest with
        {
            Process = _side.Process,
            Sql = _side.Process is ServerProcess.Running
                ? new SqlReading.Unknown("not asked yet")
                : new SqlReading.Unknown("PostgreSQL is not running"),
        });
        LookAgain();
    }

    private async Task LookRepeatedlyAsync()
    {
        await _side.Hop().ConfigureAwait(false);
        do
        {
            _lookAgain = false;
            await LookOnceAsync().ConfigureAwait(false);
        }
        while (_lookAgain);
        _isLooking = false;
    }

    private async Task LookOnceAsync()
    {
        var disk = LookAtDiskAsync();
        if (_side.Held is null || _pidFile != _side.Held)
        {
            await disk.ConfigureAwait(false); // it may find a server, and knows where it listens
        }

        if (_side.Held is { } run)
        {
            var (sql, version) = await _heartbeat.AskAsync(run, _side.Now + HeartbeatWithin).ConfigureAwait(false);
            _board.PostSql(sql, version);
        }
        else
        {
            _board.Post(_board.Latest with { ServerVersion = ServerAnswer.Version(_side.Server.History) });
        }

        await disk.ConfigureAwait(false);
    }

    private async Task LookAtDiskAsync()
    {
        if (_side.Server.Faults.DiskHangs)
        {
            var answers = await _side.UntilAsync(
                () => _side.Server.Faults.DiskHangs ? null : true, _side.Now + DiskAnswersWithin, CancellationToken.None)
                .ConfigureAwait(false);
            if (!answers)
            {
                _board.Post(_board.Latest with { Directory = Unreadable() });
                return;
            }
        }

        await _side.Milliseconds(0.05, 0.5).ConfigureAwait(false);
        var directory = _side.Directory.Read();
        _pidFile = _side.Server.Run is { Postmaster.IsDead: false } run ? run : null;
        _side.Adopt();
        _board.Post(_board.Latest with { Directory = directory });
    }

    private static DataDirectory.Unreadable Unreadable() =>
        new($"the disk has not answered for {DiskAnswersWithin.TotalSeconds:0} s");

    private async Task MeasureAfterAsync(Ballot previous, Ballot ballot)
    {
        await _side.Hop().ConfigureAwait(false);
        await _side.UntilAsync(() => previous.Answer is not null ? true : null, Instant.Never, CancellationToken.None)
            .ConfigureAwait(false);
        var pause = _lastBallot + BallotPace - _side.Now;
        if (pause > TimeSpan.Zero)
        {
            await _side.Pause(pause).ConfigureAwait(false);
        }

        // From here on the measurement is under way: who asks now wants a later one.
        _ballot = ballot;
        _nextBallot = null;
        _lastBallot = _side.Now;
        ballot.Answer = await MeasureAsync().ConfigureAwait(false);
        _side.Wake();
    }

    private async Task<SqlReading> MeasureAsync()
    {
        if (_side.Held is not { } run)
        {
            return new SqlReading.Unknown("PostgreSQL is not running");
        }

        var (sql, version) = await _ballots.AskAsync(run, _side.Now + BallotWithin).ConfigureAwait(false);
        _board.PostSql(sql, version);
        return sql;
    }

    /// <summary>Shared by all who asked before it was begun.</summary>
    /// <remarks>No task: of several who await one task, all but one are sent to the thread pool when it completes.</remarks>
    private sealed class Ballot
    {
        public SqlReading? Answer { get; set; }
    }
}
