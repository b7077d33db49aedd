using HaAgent.Core.Model;
using HaAgent.Core.Snapshot;
using HaAgent.Simulation.Kernel;

namespace HaAgent.Simulation.Postgres;

/// <summary>The probe query on a connection that is kept open: whatever the server does, the answer comes by its deadline.</summary>
/// <remarks>An open connection is served by its backend, whatever has become of the postmaster; a new one is not.</remarks>
internal sealed class SimProbe(AgentSide side)
{
    private ServerRun? _open;
    private int _generation;
    private DateTimeOffset? _remembered;
    private Timeline _newest;

    /// <returns>The reading, and the server's version when it answered.</returns>
    public Task<(SqlReading Reading, int Version)> AskAsync(ServerRun run, Instant deadline)
    {
        var asked = new Question(this, run, side.Now);
        var left = deadline - asked.AskedAt;
        if (left <= TimeSpan.Zero)
        {
            return Task.FromResult<(SqlReading, int)>((new SqlReading.Unknown("there was no time left to ask"), 0));
        }

        asked.Begin(left);
        return asked.Answer;
    }

    /// <summary>As <see cref="AskAsync"/> would, without any time going by; null when the server does not answer at once.</summary>
    public SqlReading? AskNow(ServerRun run) =>
        run is { Accepts: true, Postmaster: { IsDead: false, IsFrozen: false }, Backends.IsFrozen: false }
            ? Remember(ServerAnswer.Read(run, side.Now))
            : null;

    private SqlReading.Answered Remember(SqlReading.Answered reading)
    {
        if (_remembered != reading.PostmasterStartTime || reading.Timeline > _newest)
        {
            _remembered = reading.PostmasterStartTime;
            _newest = reading.Timeline;
        }

        return reading.InRecovery && reading.Timeline < _newest ? reading with { Timeline = _newest } : reading;
    }

    private sealed class Question(SimProbe probe, ServerRun run, Instant askedAt)
    {
        private readonly TaskCompletionSource<(SqlReading, int)> _answer = new();
        private Scheduled? _limit;

        public Instant AskedAt { get; } = askedAt;

        public Task<(SqlReading, int)> Answer => _answer.Task;

        private AgentSide Side => probe.Agent;

        public void Begin(TimeSpan left)
        {
            _limit = Side.Agent.After(Side.Agent.Host.ToRun(left) + TimeSpan.FromTicks(1), () =>
                Close(new SqlReading.Unknown($"no answer within {left.TotalSeconds:0.0} s"), abandon: true));
            run.Backends.Died += OnDied;
            Side.Agent.After(Side.Chance.Milliseconds(0.2, 1.5), Send);
        }

        private void Send()
        {
            if (run.Backends.IsDead)
            {
                Close(new SqlReading.Unknown("the connection is broken"), abandon: true);
            }
            else if (probe._open == run && probe._generation == run.Commits.Generation)
            {
                run.Backends.Deliver(Ask);
            }
            else if (run.Postmaster.IsDead)
            {
                Close(new SqlReading.Unknown("connection refused"), abandon: true);
            }
            else
            {
                run.Postmaster.Deliver(Connect);
            }
        }

        private void Connect()
        {
            if (!run.Accepts)
            {
                Back(() => Close(new SqlReading.Rejecting(AskedAt), abandon: true));
                return;
            }

            probe._open = run;
            probe._generation = run.Commits.Generation;
            run.Backends.Deliver(Ask);
        }

        private void Ask()
        {
            if (probe._open != run || probe._generation != run.Commits.Generation || run.Server.Directory.Branch is null)
            {
                Back(() => Close(new SqlReading.Unknown("57P01: terminating connection"), abandon: true));
                return;
            }

            var reading = ServerAnswer.Read(run, AskedAt);
            Back(() => Close(probe.Remember(reading), abandon: false));
        }

        private void OnDied() => Back(() => Close(new SqlReading.Unknown("the connection is broken"), abandon: true));

        private void Back(Action action) => Side.Agent.After(Side.Chance.Milliseconds(0.1, 1.5), action);

        private void Close(SqlReading reading, bool abandon)
        {
            if (_answer.Task.IsCompleted)
            {
                return;
            }

            _limit?.Cancel();
            run.Backends.Died -= OnDied;
            if (abandon && probe._open == run)
            {
                probe._open = null;
            }

            _answer.TrySetResult((reading, reading is SqlReading.Answered ? ServerAnswer.Version(run.Server.History) : 0));
        }
    }

    private AgentSide Agent => side;
}
