using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Settings;
using HaAgent.Core.Snapshot;
using HaAgent.Guard;

namespace HaAgent.Guarding;

/// <summary>The loop's side of the lease guard: the deadline word, and whether a process watches it.</summary>
internal sealed class LeaseGuard : ILeaseGuard, IDisposable
{
    private const int NanosecondsPerTick = 100;

    /// <summary>What a guard gets to end the server in where the lease's end is not known.</summary>
    internal static readonly TimeSpan SmallestMargin = TimeSpan.FromMilliseconds(500);

    private readonly DeadlineWord _word;
    private readonly ServerProcesses _server;
    private readonly GuardKeeper? _keeper;

    private LeaseGuard(DeadlineWord word, string dataDirectory, GuardKeeper? keeper)
    {
        _word = word;
        _keeper = keeper;
        _server = new(DataDirectoryKey.Resolve(dataDirectory));
        Predecessor = word.Predecessor is { } nanoseconds ? ToInstant(nanoseconds) : null;
    }

    public event Action? Changed
    {
        add
        {
            if (_keeper is not null)
            {
                _keeper.Changed += value;
            }
        }

        remove
        {
            if (_keeper is not null)
            {
                _keeper.Changed -= value;
            }
        }
    }

    public Instant? Predecessor { get; }

    public GuardReading Latest
    {
        get
        {
            var fired = _word.State == WordState.Fired;
            return new(fired, NothingRuns: fired && _server.IsEmpty(), _keeper?.MissingSince);
        }
    }

    /// <summary>Adopts what the last agent of this data directory has left, and sees to it that a guard watches.</summary>
    /// <exception cref="ConfigurationException">The run directory cannot be written.</exception>
    public static LeaseGuard Open(AgentOptions options, TimeProvider clock, ILogger log)
    {
        var word = OpenWord(options.RunDirectory, options.Postgres.DataDirectory);
        if (!options.Guard)
        {
            GuardLog.SwitchedOff(log);
            return new(word, options.Postgres.DataDirectory, null);
        }

        var keeper = new GuardKeeper(word, new GuardStart(log), clock, log);
        var guard = new LeaseGuard(word, options.Postgres.DataDirectory, keeper);

        // The predecessor is dead. Where its server is too, there is nothing to end at its deadline.
        guard.Reset();
        guard.TryDisarm(onlyIfNothingRuns: true);
        keeper.Start();
        return guard;
    }

    public static Instant ToInstant(long nanoseconds) => new(nanoseconds / NanosecondsPerTick);

    public bool TryArm(Instant deadline, Instant leaseEnd, long leaseId)
    {
        var margin = leaseEnd - deadline;
        var armed = _word.TryArm(
            Math.Max(1, deadline.Ticks * NanosecondsPerTick),
            (margin > SmallestMargin ? margin : SmallestMargin).Ticks * NanosecondsPerTick,
            leaseId);
        if (armed && leaseId != 0)
        {
            _keeper?.SpeaksForTheNode();
        }

        return armed;
    }

    public bool TryDisarm(bool onlyIfNothingRuns)
    {
        var done = _word.State == WordState.Disarmed || ((!onlyIfNothingRuns || _server.IsEmpty()) && _word.TryDisarm());
        if (done && !onlyIfNothingRuns)
        {
            _keeper?.SpeaksForTheNode();
        }

        return done;
    }

    public void Reset()
    {
        if (_server.IsEmpty())
        {
            _word.Reset();
        }
    }

    /// <exception cref="ConfigurationException">The run directory cannot be written.</exception>
    internal static DeadlineWord OpenWord(string runDirectory, string dataDirectory)
    {
        try
        {
            return DeadlineWord.Open(runDirectory, dataDirectory);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException("haagent.run_dir", runDirectory,
                $"the lease guard's deadline cannot be written there ({e.Message.TrimEnd('.')}). Make room, give its files to the user that"
                + " runs haagent, or name another directory.");
        }
    }

    public void Dispose()
    {
        _keeper?.Dispose();
        _server.Dispose();
        _word.Dispose();
    }
}
