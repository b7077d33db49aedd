using HaAgent.Core.Model;
using HaAgent.Core.Snapshot;
using HaAgent.Postgres.Control;

namespace HaAgent.Postgres;

/// <summary>A server that runs without an agent, and how to end it: for an agent that may not start.</summary>
/// <remarks>Needs no configuration but the data directory. Nothing here waits for a program or for SQL.</remarks>
public sealed class LeftServer : IDisposable
{
    private static readonly TimeSpan DiskAnswersWithin = TimeSpan.FromSeconds(2);

    private readonly string _dataDirectory;
    private readonly TimeProvider _clock;
    private readonly KernelEvents _events = new();
    private readonly Postmaster _postmaster;

    public LeftServer(string dataDirectory, TimeProvider clock)
    {
        _dataDirectory = Path.GetFullPath(dataDirectory);
        _clock = clock;
        _postmaster = new(_dataDirectory, _events, clock);
        if (Config.UnixFile.Canonical(_dataDirectory) is { } canonical)
        {
            _postmaster.AlsoKnownAs(canonical);
        }

        _postmaster.AdoptByScan();
    }

    /// <summary>Its pid; null when none runs.</summary>
    public int? Pid => _postmaster.Process is ServerProcess.Running running ? running.Pid : null;

    /// <summary>Completed when it has ended, or never ran.</summary>
    public Task Exited => _postmaster.Exited;

    /// <summary>It runs and is not known to be in recovery: what cannot be read counts as writable (S6).</summary>
    public async Task<bool> MayBeWritableAsync()
    {
        if (Pid is null)
        {
            return false;
        }

        try
        {
            var state = await Task.Run(() => PgControlFile.Read(_dataDirectory).State)
                .WaitAsync(DiskAnswersWithin, _clock).ConfigureAwait(false);
            return state != ControlState.InArchiveRecovery;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or TimeoutException)
        {
            return true;
        }
    }

    /// <summary>Asks for an orderly stop that does not wait for clients.</summary>
    public void StopFast() => _postmaster.Signal(PidFd.SigInt);

    /// <summary>Ends it without a checkpoint; at <paramref name="deadline"/> whatever is left of it is killed.</summary>
    public async Task EndAsync(Instant deadline)
    {
        _postmaster.Signal(PidFd.SigQuit);
        await Waiting.AnyAsync(
            _clock, Larger(deadline - Instant.Now(_clock), TimeSpan.Zero), CancellationToken.None, Exited).ConfigureAwait(false);
        _postmaster.Kill(); // orphans of a postmaster that has ended may be at work still
    }

    public void Dispose()
    {
        _postmaster.Dispose();
        _events.Dispose();
    }

    private static TimeSpan Larger(TimeSpan a, TimeSpan b) => a > b ? a : b;
}
