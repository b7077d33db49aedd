using HaAgent.Core.Model;
using HaAgent.Core.Snapshot;
using HaAgent.Simulation.Kernel;

namespace HaAgent.Simulation.Postgres;

/// <summary>One life of a postmaster and of its processes, from the start to the last process's end.</summary>
/// <remarks>
/// Two processes: the postmaster, and all others as one. Whatever they do is delivered to them, so that a stopped one does
/// nothing and a dead one never; what belongs to another life cannot reach this one.
/// </remarks>
internal sealed class ServerRun
{
    private string? _endsAs;
    private int _epoch;

    public ServerRun(SimServer server)
    {
        Server = server;
        Pid = server.History.NewPid();
        StartedAt = server.World.Time.Now;
        Postmaster = server.Host.Start("postmaster");
        Backends = server.Host.Start("postgres");
        Commits = new(this);
        Senders = new(this);
        Receiver = new(this);
        Stop = new(this);
        Recovery = new(this);
        Postmaster.Died += OnPostmasterDied;
        Backends.Died += OnBackendsDied;
    }

    public SimServer Server { get; }
    public int Pid { get; }
    public TimeSpan StartedAt { get; }

    /// <summary>Takes new connections and signals; its end is what an agent sees as the server's.</summary>
    public SimProcess Postmaster { get; }

    /// <summary>All others: who serves clients, sends and receives WAL, recovers.</summary>
    public SimProcess Backends { get; }
    public Commits Commits { get; }
    public WalSenders Senders { get; }
    public WalReceiver Receiver { get; }
    public ServerStop Stop { get; }
    public Recovery Recovery { get; }

    /// <summary>From the start until the end of recovery; a primary's is over before it takes connections.</summary>
    public bool IsInRecovery { get; set; } = true;

    /// <summary>New connections are let in; otherwise 57P03.</summary>
    public bool Accepts { get; set; }

    /// <summary>Backends of clients are there, or may come.</summary>
    public bool HasClients { get; set; }

    public bool IsAlive => !Postmaster.IsDead || !Backends.IsDead;

    private SimDirectory Directory => Server.Directory;

    /// <summary>Where recovery is.</summary>
    public Lsn Replayed => Receiver.Replayed;

    /// <summary>Up to where WAL may be sent to others.</summary>
    public Lsn SendLimit => Directory.Flushed;

    /// <summary>Done by one of its processes, unless those of now are gone by then.</summary>
    public void Later(TimeSpan after, Action action)
    {
        var epoch = _epoch;
        Backends.After(after, () =>
        {
            if (epoch == _epoch)
            {
                action();
            }
        });
    }

    /// <summary>Takes writes: all that a primary does before it answers.</summary>
    public void OpenAsPrimary(Lsn insert)
    {
        IsInRecovery = false;
        Commits.Insert = insert;
        Accepts = !Stop.IsAsked;
        HasClients = Accepts;
        Directory.State = ControlState.InProduction;
        Server.Write($"takes writes on timeline {Directory.Branch} from {insert}");
        if (Accepts)
        {
            Server.History.RaiseBecameWritable(Server);
        }

        Server.RaiseChanged();
        ScheduleCheckpoints();
    }

    public void OpenAsStandby()
    {
        if (Accepts || Stop.IsAsked)
        {
            return;
        }

        Accepts = true;
        HasClients = true;
        Server.Write($"answers as a standby at {Directory.Branch}:{Directory.Written}");
        Server.RaiseChanged();
    }

    /// <summary>A checkpoint on a primary, a restartpoint on a standby.</summary>
    public void Checkpoint(Action? done = null) => Later(Server.Faults.Checkpoint(), () =>
    {
        if (Server.Faults.DiskIsFull && !IsInRecovery)
        {
            Panic("the checkpoint finds the disk full");
        }
        else if (IsInRecovery)
        {
            Restartpoint();
            done?.Invoke();
        }
        else if (Stop.Mode is null)
        {
            WriteCheckpoint();
            done?.Invoke();
        }
    });

    /// <summary>The record, the control file, and what may be recycled.</summary>
    public void WriteCheckpoint()
    {
        var branch = Directory.Branch!; // a server runs
        var at = Commits.Insert;
        var record = new CheckpointRecord(branch, at, at, new(at.Value + CheckpointRecord.Length));
        Commits.Insert = record.End;
        Directory.Written = Directory.Flushed = record.End;
        branch.Extend(record.End);
        branch.Add(record);
        Directory.Checkpoint = record;
        Directory.MinimumRecoveryEnd = null;
        Server.History.Archive?.Take(branch, record.End, switched: false);
        Senders.Recycle(record.Redo);
        Senders.Nudge();
        Server.RaiseChanged();
    }

    public void Restartpoint()
    {
        if (Directory.Branch is not { } branch)
        {
            return;
        }

        var last = branch.LastCheckpoint(Lsn.Max(Replayed, Directory.Checkpoint!.End)); // a server runs
        Directory.Checkpoint = last.End >= Directory.Checkpoint.End ? last : Directory.Checkpoint;
        Receiver.NoteMinimum();
        Senders.Recycle(Directory.Checkpoint.Redo);
    }

    /// <summary>All backends go down at once; the postmaster recovers, or ends when it cannot.</summary>
    public void Panic(string why)
    {
        if (Postmaster.IsDead)
        {
            return;
        }

        Server.Write($"PANIC: {why}");
        Server.World.Count("panic");
        _epoch++;
        Accepts = HasClients = false;
        Commits.EndSessions();
        Senders.EndAll();
        Receiver.End();
        Server.RaiseChanged();
        Recovery.AfterPanic();
    }

    /// <summary>The last of both, for a reason of their own.</summary>
    public void End(string how)
    {
        _endsAs ??= how;
        Postmaster.Kill();
        Backends.Kill();
    }

    /// <summary>By a signal from outside that nobody can refuse.</summary>
    public void KillBoth() => End("killed");

    private void ScheduleCheckpoints() => Later(Server.CheckpointEvery, () =>
    {
        if (Stop.Mode is null && !IsInRecovery)
        {
            Checkpoint();
            ScheduleCheckpoints();
        }
    });

    private void OnPostmasterDied()
    {
        Accepts = false;
        Server.RaiseChanged();
        if (!Backends.IsDead && _endsAs is null)
        {
            // Each backend notices when it next waits for something; what it is at, it may finish and acknowledge.
            Backends.After(Server.Faults.Orphaned(), Backends.Kill);
        }

        NoteEnd();
    }

    private void OnBackendsDied()
    {
        HasClients = false;
        Commits.EndSessions();
        Senders.EndAll();
        Receiver.End();
        if (Directory.Content == DirectoryContent.Initialized)
        {
            if (IsInRecovery && Recovery.HasReplayedLocalWal && Server.Chance.Happens(0.5))
            {
                Receiver.NoteMinimum(); // with a page that was written just before
            }

            // The processes' own buffers are lost, not the machine's.
            Directory.Flushed = Directory.Written;
        }

        Server.RaiseChanged();
        NoteEnd();
    }

    private void NoteEnd()
    {
        if (!IsAlive)
        {
            Server.OnEnded(this, _endsAs ?? "killed");
        }
    }
}
