using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Simulation.Guarding;
using HaAgent.Simulation.Kernel;

namespace HaAgent.Simulation.Postgres;

/// <summary>PostgreSQL on one machine, as it really is: a data directory and, at times, a server that runs from it.</summary>
/// <remarks>It outlives agents, and knows nothing of them.</remarks>
internal sealed class SimServer : IGuarded
{
    private readonly Outages _outages;
    private SyncStandbys _syncStandbys = SyncStandbys.None;

    public SimServer(SimHistory history, SimHost host, string name)
    {
        History = history;
        Host = host;
        Name = name;
        Chance = host.World.Stream($"server {name}");
        Faults = new(host.World.Stream($"durations of {name}"));
        _outages = new(this);
        Directory.ControlWritten = RaiseChanged;
        history.Add(this);
    }

    public string Name { get; }
    public SimHost Host { get; }
    public SimHistory History { get; }
    public SimDirectory Directory { get; private set; } = new();
    public ServerFaults Faults { get; }
    public Chance Chance { get; }

    public SimWorld World => Host.World;

    public string ConnUrl => $"postgres://{Host.Name}:5432/postgres";

    /// <summary>Null while no process of it lives.</summary>
    public ServerRun? Run { get; private set; }

    /// <summary>initdb, pg_basebackup or pg_rewind at work on the directory; null: none.</summary>
    public SimTool? Tool { get; set; }

    /// <summary>checkpoint_timeout.</summary>
    public TimeSpan CheckpointEvery { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>A standby uses a slot of its own name at its upstream.</summary>
    public bool UsesSlots { get; set; } = true;

    /// <summary>Where the last file was switched before the shutdown checkpoint; unknown: it was not.</summary>
    public Lsn ShutdownSwitch { get; set; }

    public SyncStandbys SyncStandbys
    {
        get => _syncStandbys;
        set
        {
            _syncStandbys = value;
            Run?.Backends.Deliver(() => Run?.Commits.CheckWaiting());
        }
    }

    /// <summary>Something that an agent on this host could notice: a process, the control file, readiness.</summary>
    public event Action? Changed;

    /// <summary>It could acknowledge a write from some client at this very instant.</summary>
    public bool IsWritable => Run is { IsInRecovery: false, HasClients: true, Backends: { IsDead: false, IsFrozen: false } } run
        && !Faults.DiskIsFull
        && ((run.Accepts && !run.Postmaster.IsDead && !run.Postmaster.IsFrozen)
            || run.Commits.OpenSessions > 0 || run.Commits.UnderWay > 0);

    public bool HasPostmaster => Run is { Postmaster.IsDead: false };

    public bool AnyProcess => Run is not null;

    /// <summary>Backends of clients are there: also those that a killed postmaster has left.</summary>
    public bool HasClientBackends => Run is { HasClients: true };

    /// <summary>What was acknowledged is in this server's history.</summary>
    public bool Contains(Ack ack) =>
        Directory.Branch is { } branch && branch.Includes(ack.Branch, ack.Lsn, Directory.Written);

    /// <summary>A write over a connection of its own.</summary>
    /// <returns>False when it is refused at once. True: it is under way, and may never be answered.</returns>
    public bool TryWrite(string fromHost, Action<Ack> acknowledged)
    {
        if (!HasPostmaster || !World.Network.Reaches(fromHost, Host.Name))
        {
            return false;
        }

        World.Network.Send(fromHost, Host.Name, () => Run?.Postmaster.Deliver(() =>
        {
            if (Run is { Accepts: true } run)
            {
                run.Backends.Deliver(() => run.Commits.Write(fromHost, acknowledged));
            }
        }));
        return true;
    }

    /// <summary>A connection that stays open; null when it is refused.</summary>
    public SimSession? Connect(string fromHost) =>
        Run is { Accepts: true, IsInRecovery: false, Postmaster: { IsDead: false, IsFrozen: false } } run
        && World.Network.ReachBoth(fromHost, Host.Name)
            ? run.Commits.Open(fromHost)
            : null;

    /// <summary>Creates the postmaster on what the directory says now.</summary>
    /// <returns>Why it ended at once; null: it runs.</returns>
    public string? Start()
    {
        if (Run is not null)
        {
            return "pre-existing shared memory block is still in use";
        }

        if (Tool is { Process.Name: Rewinding.SingleUser })
        {
            return "lock file \"postmaster.pid\" already exists";
        }

        Run = new(this);
        Write($"the postmaster starts on {Directory.Branch?.ToString() ?? "nothing"}, {Directory.State}"
            + (Directory.HasStandbySignal ? ", as a standby" : ""));
        Run.Recovery.Begin();
        RaiseChanged();
        return null;
    }

    /// <summary>A signal to the postmaster. False: there is none.</summary>
    public bool Signal(StopMode mode, string by)
    {
        if (Run is not { Postmaster.IsDead: false } run)
        {
            return false;
        }

        History.RaiseStopRequested(this, mode, by);
        run.Stop.Ask();
        run.Postmaster.Deliver(() => run.Stop.Begin(mode));
        return true;
    }

    /// <summary>The file is written: from now on the postmaster promotes when anything makes it look.</summary>
    public void WritePromoteFile(string by)
    {
        Directory.HasPromoteFile = true;
        if (Run is not { Postmaster.IsDead: false } run)
        {
            return;
        }

        Write($"is told to promote by the {by}");
        History.RaisePromoteIssued(this, by);

        // Any message of its children does it; a walreceiver that is started anew is one.
        run.Postmaster.After(Chance.Seconds(0.5, 60), () => run.Backends.Deliver(run.Recovery.Promote));
    }

    /// <summary>SIGUSR1 after the file. False: there is no postmaster.</summary>
    public bool SignalPromotion()
    {
        if (Run is not { Postmaster.IsDead: false } run)
        {
            return false;
        }

        run.Postmaster.Deliver(() => run.Backends.Deliver(run.Recovery.Promote));
        return true;
    }

    /// <summary>SIGHUP.</summary>
    /// <param name="upstreamChanged">primary_conninfo or primary_slot_name has changed.</param>
    public void Reload(bool upstreamChanged)
    {
        if (Run is { } run && upstreamChanged)
        {
            run.Postmaster.Deliver(() => run.Backends.Deliver(run.Receiver.Reload));
        }
    }

    public void Quit() => Signal(StopMode.Immediate, "guard");

    public void KillEverything() => _outages.KillEverything();

    /// <summary>kill -9 of the postmaster alone.</summary>
    public void Kill() => _outages.Kill();

    /// <summary>The machine loses power: with it what was not on disk.</summary>
    public void PowerLoss() => _outages.PowerLoss();

    public void Hang(HangKind kind) => _outages.Hang(kind);

    public void Resume() => _outages.Resume();

    /// <summary>Now, or when a hanging disk answers again.</summary>
    public void WhenDiskAnswers(Action action) => _outages.WhenDiskAnswers(action);

    /// <summary>What lay there is gone from sight: a mount that failed, an I/O error. A server that ran from it ends.</summary>
    public void UnmountDirectory(bool unreadable) => _outages.Unmount(unreadable);

    /// <summary>It is back; whatever was made in its place meanwhile is hidden again.</summary>
    public void MountDirectory() => _outages.Mount();

    /// <summary>One backend dies hard: all others are ended, and the server recovers.</summary>
    public void CrashBackend() => Run?.Backends.Deliver(() => Run?.Panic("a backend was killed"));

    public void DiskFull(bool on)
    {
        Write(on ? "the disk is full" : "the disk has room again");
        Faults.DiskIsFull = on;
    }

    public void OperatorPromote()
    {
        WritePromoteFile("operator");
        SignalPromotion();
    }

    public void OperatorStop(StopMode mode) => Signal(mode, "operator");

    /// <summary>SIGKILL to every tool that works on the directory.</summary>
    public void EndTools()
    {
        Tool?.Process.Kill();
        Tool = null;
    }

    /// <summary>The content goes, for good or aside: to the cluster it is the same.</summary>
    public void Discard(string reason, bool aside)
    {
        Tool?.End("its files are gone");
        Run?.End("its files are gone"); // only orphans can be left: whoever asks has looked for a postmaster
        if (Directory.Content == DirectoryContent.Initialized)
        {
            Write($"the data directory is {(aside ? "moved aside" : "removed")}: {reason}");
            World.Count("directory discarded");
            History.RaiseDiscarded(this, reason);
        }

        Directory.Clear();
    }

    public void Write(string what) => World.Journal.Write($"pg {Name}", what);

    public void RaiseChanged() => Changed?.Invoke();

    internal void OnEnded(ServerRun run, string how)
    {
        if (Run == run)
        {
            Run = null;
            Write($"has ended: {how}");
            History.RaiseEnded(this, how);
            RaiseChanged();
        }
    }

    /// <summary>Another directory is in the place of this one.</summary>
    internal void Show(SimDirectory directory)
    {
        // The marker lies beside it.
        (directory.IsMarked, directory.HasServed) = (Directory.IsMarked, Directory.HasServed);
        Directory.ControlWritten = null;
        Directory = directory;
        Directory.ControlWritten = RaiseChanged;
        RaiseChanged();
    }
}
