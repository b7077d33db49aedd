using HaAgent.Simulation.Kernel;

namespace HaAgent.Simulation.Postgres;

/// <summary>How long things take on one server, and what is to go wrong with the next of them.</summary>
internal sealed class ServerFaults(Chance chance)
{
    private TimeSpan _slowStop;
    private TimeSpan _slowBackends;
    private TimeSpan _slowRecovery;
    private TimeSpan _slowPromote;
    private TimeSpan _slowCheckpoint;

    public bool DiskIsFull { get; set; }

    /// <summary>Nothing that touches the disk goes on, not even to its death.</summary>
    public bool DiskHangs { get; set; }

    public bool FailNextBackup { get; set; }
    public bool FailNextRewind { get; set; }

    public void SlowNextStop(TimeSpan more) => _slowStop = more;

    public void SlowNextBackendsEnd(TimeSpan more) => _slowBackends = more;

    public void SlowNextRecovery(TimeSpan more) => _slowRecovery = more;

    public void SlowNextPromote(TimeSpan more) => _slowPromote = more;

    public void SlowNextCheckpoint(TimeSpan more) => _slowCheckpoint = more;

    public TimeSpan Launch() => chance.Milliseconds(50, 300);

    public TimeSpan CrashRecovery() => chance.Milliseconds(100, 3000) + Take(ref _slowRecovery);

    public TimeSpan StandbyRecovery() => chance.Milliseconds(10, 400) + Take(ref _slowRecovery);

    public TimeSpan Promotion(out bool slow)
    {
        slow = _slowPromote > TimeSpan.Zero;
        return chance.Milliseconds(20, 500) + Take(ref _slowPromote);
    }

    public TimeSpan Checkpoint() => chance.Milliseconds(5, chance.Happens(0.2) ? 3000 : 200) + Take(ref _slowCheckpoint);

    public TimeSpan BackendsEnd() => chance.Milliseconds(1, 15) + Take(ref _slowBackends);

    public TimeSpan ShutdownCheckpoint() => chance.Milliseconds(50, 500) + Take(ref _slowStop);

    public TimeSpan ShutdownRestartpoint() => chance.Milliseconds(10, 200) + Take(ref _slowStop);

    /// <summary>From SIGQUIT to the last process.</summary>
    public TimeSpan ImmediateEnd() => chance.Milliseconds(1, 10);

    /// <summary>What a backend needs to see that its postmaster is gone.</summary>
    public TimeSpan Orphaned() => chance.Milliseconds(1, 30);

    private static TimeSpan Take(ref TimeSpan once)
    {
        var taken = once;
        once = TimeSpan.Zero;
        return taken;
    }
}

internal enum HangKind
{
    /// <summary>All processes stopped where they stand (SIGSTOP, a frozen cgroup).</summary>
    Everything,

    /// <summary>Nobody new gets in and no signal but SIGKILL counts; who is in goes on working.</summary>
    PostmasterOnly,

    /// <summary>The disk does not answer: as <see cref="Everything"/>, and nobody dies before it does.</summary>
    Disk,
}
