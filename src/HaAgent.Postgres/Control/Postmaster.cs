using HaAgent.Core.Model;
using HaAgent.Core.Snapshot;
using HaAgent.Guard;

namespace HaAgent.Postgres.Control;

/// <summary>The postmaster of one data directory: who it is, its signals, its end.</summary>
/// <remarks>
/// Nothing here reads the data directory. All members may be called from any thread and return at once.
/// </remarks>
internal sealed class Postmaster : IDisposable
{
    private static readonly TimeSpan BetweenOrphans = TimeSpan.FromMilliseconds(2);

    private readonly KernelEvents _events;
    private readonly TimeProvider _clock;
    private readonly Lock _gate = new();
    private volatile State _state = new(new ServerProcess.None(), null, Task.CompletedTask);
    private volatile IReadOnlyCollection<string> _directories;
    private int _kills;

    /// <param name="dataDirectory">As configured; <see cref="AlsoKnownAs"/> tells its canonical path once a disk has
    /// been asked.</param>
    public Postmaster(string dataDirectory, KernelEvents events, TimeProvider clock)
    {
        _directories = new HashSet<string> { Path.TrimEndingDirectorySeparator(dataDirectory), DataDirectoryKey.Resolve(dataDirectory) };
        _events = events;
        _clock = clock;
    }

    /// <summary>Raised on any thread when the process came or went.</summary>
    public event Action? Changed;

    public ServerProcess Process => _state.Process;

    /// <summary>Completes when the process held now has ended; completed when there is none.</summary>
    public Task Exited => _state.Ended;

    /// <summary>
    /// How often <see cref="Kill"/> was called: a start compares it before and after, for it may cross a fence.
    /// </summary>
    public int Kills => Volatile.Read(ref _kills);

    /// <summary>Another path of the data directory, with symbolic links resolved.</summary>
    public void AlsoKnownAs(string canonical)
    {
        lock (_gate)
        {
            if (!_directories.Contains(canonical))
            {
                _directories = [.. _directories, canonical];
            }
        }
    }

    /// <summary>
    /// Looks for a running postmaster in /proc, without the disk: right from the first moment of an agent.
    /// </summary>
    public void AdoptByScan()
    {
        if (ProcScan.PostmasterOf(ProcScan.MembersOf(_directories)) is { } found)
        {
            TryHold(found.Pid, singleUser: false, startedAt: null);
        }
    }

    /// <summary>Takes over what the pid file names, if that is what it says it is.</summary>
    /// <param name="file">As just read; null: there is none.</param>
    public void Adopt(PostmasterPidFile? file)
    {
        if (file is not null && _state.Held is null)
        {
            TryHold(file.Pid, file.IsSingleUser, file.StartedAt);
        }
    }

    /// <summary>Takes over a process that was just started; false when this directory has another server.</summary>
    public bool AdoptStarted(HeldProcess held)
    {
        // An observer may have found it by its pid file already.
        return Hold(held, new ServerProcess.Running(held.Pid, Instant.Now(_clock)))
            || (_state.Process is ServerProcess.Running running && running.Pid == held.Pid);
    }

    /// <summary>The pid of the last postmaster that was seen to end; 0 when none was.</summary>
    public int LastPid { get; private set; }

    /// <summary>
    /// Whether a number is taken by a process that is no server of this directory: a stranger's, or the dead one's
    /// until it is reaped.
    /// </summary>
    public bool IsTakenByAnother(int pid)
    {
        using var handle = PidFd.TryOpen(pid);
        return handle is not null && !ProcScan.IsMember(pid, _directories);
    }

    /// <summary>False when there is no postmaster; a single-user process is nobody's to signal.</summary>
    public bool Signal(int signal) =>
        _state is { Process: ServerProcess.Running, Held: { } held } && held.Signal(signal);

    /// <summary>Stops the postmaster where it stands and kills all of the data directory's processes.</summary>
    public void Kill()
    {
        Interlocked.Increment(ref _kills);
        using var processes = new ServerProcesses(_directories);
        processes.Kill();
    }

    /// <summary>
    /// True when a client backend is there. Exact when the answer is no; else the cheap look suffices.
    /// </summary>
    public bool HasClientBackends(string clusterName)
    {
        if (ChildTitles().Exists(title => BackendTitle.IsClient(title, clusterName)))
        {
            return true;
        }

        // Orphans of a killed postmaster may still finish what they are at: look for them by directory.
        return ProcScan.MembersOf(_directories).Exists(member => BackendTitle.IsClient(member.Title, clusterName));
    }

    /// <summary>Titles of the postmaster's processes; none when there is no postmaster.</summary>
    public List<string> ChildTitles() =>
        _state.Process is ServerProcess.Running running ? ProcScan.ChildTitles(running.Pid) : [];

    public void Dispose()
    {
        lock (_gate)
        {
            _state.Held?.Dispose();
        }
    }

    /// <remarks>
    /// The handle is opened first and the questions are asked afterwards, so that they are about the process that is
    /// held.
    /// </remarks>
    private bool TryHold(int pid, bool singleUser, long? startedAt)
    {
        if (pid == Environment.ProcessId || HeldProcess.TryOpen(pid, _events) is not { } held)
        {
            return false;
        }

        if (!IsServer(pid, singleUser, startedAt) || !held.IsAlive)
        {
            held.Dispose();
            return false;
        }

        var since = Instant.Now(_clock);
        return Hold(held, singleUser ? new ServerProcess.SingleUser(pid) : new ServerProcess.Running(pid, since));
    }

    /// <remarks>
    /// Working directory and executable must fit. A start time that does not fit the file's is no proof against it, for
    /// a stepped wall clock moves what the kernel's numbers are converted to, and overlooking a running primary is the
    /// worse error: then the process must be the head of this directory's processes.
    /// </remarks>
    private bool IsServer(int pid, bool singleUser, long? startedAt)
    {
        const double Tolerance = 3;
        if (!ProcScan.IsMember(pid, _directories) || new ProcEntry(pid, 0, ProcScan.TitleOf(pid)).IsChild)
        {
            return false;
        }

        return singleUser
            || (startedAt is { } written && ProcScan.StartTime(pid) is { } started
                && Math.Abs(started - written) <= Tolerance)
            || ProcScan.PostmasterOf(ProcScan.MembersOf(_directories))?.Pid == pid;
    }

    private bool Hold(HeldProcess held, ServerProcess process)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (_state.Held is not null)
            {
                held.Dispose();
                return false;
            }

            _state = new(process, held, ended.Task);
        }

        Changed?.Invoke();

        // Only now: it may have ended already, and then this runs at once.
        held.Exited.ContinueWith(
            _ => EndAsync(held, ended), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default);
        return true;
    }

    /// <remarks>
    /// A backend whose postmaster was killed notices when it next waits for something; the commit it is at it may finish,
    /// and tell its client. So the server has ended when none is left: before that nothing is started here, and no key is
    /// given away (S1).
    /// </remarks>
    private async Task EndAsync(HeldProcess held, TaskCompletionSource ended)
    {
        var endedAt = Instant.Now(_clock);
        while (_state.Process is ServerProcess.Running && EndOrphans(endedAt))
        {
            await Task.Delay(BetweenOrphans, _clock).ConfigureAwait(false);
        }

        lock (_gate)
        {
            LastPid = held.Pid;
            _state = new(new ServerProcess.None(Instant.Now(_clock)), null, Task.CompletedTask);
            held.Dispose();
        }

        ended.TrySetResult();
        Changed?.Invoke();
    }

    /// <summary>
    /// Processes without a postmaster that is there: a server that somebody has started meanwhile is left alone. A backend that has
    /// read nothing from its client yet, or is just dying, has no title of its own, and is told by being older than the postmaster's end.
    /// </summary>
    /// <returns>False when there were none.</returns>
    private bool EndOrphans(Instant endedAt)
    {
        var members = ProcScan.MembersOf(_directories);
        var orphans = members.FindAll(member => !member.IsSingleUser && !members.Exists(other => other.Pid == member.ParentPid)
            && (member.IsChild || ProcScan.SinceBoot(member.Pid)?.Ticks < endedAt.Ticks));
        foreach (var orphan in orphans)
        {
            using var handle = PidFd.TryOpen(orphan.Pid);
            if (handle is not null && ProcScan.IsMember(orphan.Pid, _directories))
            {
                handle.Send(PidFd.SigKill);
            }
        }

        return orphans.Count > 0;
    }

    private sealed record State(ServerProcess Process, HeldProcess? Held, Task Ended);
}
