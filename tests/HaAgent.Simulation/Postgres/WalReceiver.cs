using HaAgent.Core.Model;
using HaAgent.Simulation.Kernel;

namespace HaAgent.Simulation.Postgres;

/// <summary>The receiving side of a standby: whom it follows, what it has received and replayed.</summary>
internal sealed class WalReceiver(ServerRun run)
{
    /// <summary>wal_retrieve_retry_interval.</summary>
    private static readonly TimeSpan RetryEvery = TimeSpan.FromSeconds(5);

    /// <summary>Positions before the first are told from the beginning of a WAL file.</summary>
    private const ulong Segment = 16 << 20;

    private readonly Chance _chance = run.Server.World.Stream($"walreceiver {run.Server.Name} {run.Pid}");
    private WalStream? _stream;
    private Scheduled? _next;
    private Lsn _replayed;
    private TimeSpan _replaysAt;
    private Lsn _replaying;
    private bool _runs;

    /// <summary>It has a walreceiver that streams.</summary>
    public bool IsStreaming => _stream is not null;

    /// <summary>Since the start of the postmaster; unknown before anything was.</summary>
    public Lsn Received { get; private set; }

    /// <summary>Of the walreceiver; unknown while there is none.</summary>
    public Timeline Timeline => _stream is null ? Timeline.Unknown : Directory.Branch!.Number; // a server runs

    public Lsn LatestEnd { get; private set; }

    /// <summary>By the run's time.</summary>
    public TimeSpan? LastReplayedAt { get; private set; }

    public bool IsPaused { get; private set; }

    /// <summary>Why it does not stream, as its log would tell.</summary>
    public string Problem { get; private set; } = "";

    public Lsn Replayed
    {
        get
        {
            Settle();
            return _replayed;
        }
    }

    private SimServer Server => run.Server;

    private SimDirectory Directory => run.Server.Directory;

    private SimWorld World => run.Server.World;

    /// <summary>Local WAL is replayed up to here; what comes next must be received.</summary>
    public void BeginAt(Lsn end)
    {
        _replayed = _replaying = end;
        _runs = true;
        Connect(TimeSpan.Zero);
    }

    /// <summary>primary_conninfo or primary_slot_name has changed, and the server was told.</summary>
    public void Reload()
    {
        if (_runs)
        {
            Drop();
            Flush(Directory.Written); // a receiver that ends flushes what it has
            Connect(_chance.Milliseconds(5, 200));
        }
    }

    public void End()
    {
        _runs = false;
        _next?.Cancel();
        Drop();
    }

    public void Pause()
    {
        Settle();
        IsPaused = true;
    }

    public void Resume()
    {
        IsPaused = false;
        Replay(Directory.Flushed);
    }

    /// <summary>WAL has come and is in a file. False when it could not be written.</summary>
    public bool Take(Branch branch, Lsn end)
    {
        if (Server.Faults.DiskIsFull)
        {
            run.Panic("could not write to WAL: no space left on device");
            return false;
        }

        Directory.Branch = branch;
        Directory.HighestKnown = branch.Number > Directory.HighestKnown ? branch.Number : Directory.HighestKnown;
        Directory.Written = Lsn.Max(Directory.Written, end);
        Received = LatestEnd = Directory.Written;
        return true;
    }

    public void Flush(Lsn end)
    {
        if (end > Directory.Flushed)
        {
            Directory.Flushed = end < Directory.Written ? end : Directory.Written;
            Replay(Directory.Flushed); // never what a crash of the machine could take away
            run.Recovery.CheckConsistency();
            run.Senders.Nudge();
        }
    }

    /// <summary>The connection is gone.</summary>
    public void Lost(WalStream stream)
    {
        if (_stream == stream)
        {
            _stream = null;
            Problem = "the upstream has gone";
            if (!run.Backends.IsDead)
            {
                Flush(Directory.Written); // as in Reload
            }

            Server.RaiseChanged();
            Connect(_chance.Seconds(0.1, RetryEvery.TotalSeconds));
        }
    }

    /// <summary>How far a restart will have to come: written with each restartpoint.</summary>
    public void NoteMinimum()
    {
        if (run.IsInRecovery && Directory.Branch is { } branch)
        {
            Directory.MinimumRecoveryEnd = (branch.Owner(Replayed), Replayed);
        }
    }

    private void Replay(Lsn end)
    {
        if (IsPaused)
        {
            return;
        }

        Settle();
        _replaying = end;
        _replaysAt = World.Time.Now + _chance.Milliseconds(0.2, 10);
        LastReplayedAt = _replaysAt;
    }

    private void Settle()
    {
        if (World.Time.Now >= _replaysAt && !IsPaused)
        {
            _replayed = Lsn.Max(_replayed, _replaying);
        }
    }

    private void Connect(TimeSpan after)
    {
        _next?.Cancel();
        _next = run.Backends.After(after, TryConnect);
    }

    private void TryConnect()
    {
        if (!_runs || _stream is not null)
        {
            return;
        }

        ReadArchive();
        if (Directory.UpstreamUrl is not { } url)
        {
            Again("nobody to follow");
            return;
        }

        var upstream = Server.History.Find(url);
        if (upstream is null || !World.Network.ReachBoth(Server.Host.Name, upstream.Host.Name))
        {
            Again($"{url} does not answer");
            return;
        }

        _next = run.Backends.After(_chance.Milliseconds(2, 10), () => Establish(upstream));
    }

    private void Establish(SimServer upstream)
    {
        if (!_runs || _stream is not null)
        {
            return;
        }

        if (upstream.Run is not { Accepts: true } there || there == run || there.Postmaster.IsDead || there.Postmaster.IsFrozen
            || there.Backends.IsFrozen || !World.Network.ReachBoth(Server.Host.Name, upstream.Host.Name))
        {
            Again($"{upstream.Name} takes no connections");
            return;
        }

        var branch = Directory.Branch!; // a server runs
        if (there.Senders.Refuses(Server, branch, Directory.Written, Directory.SlotName) is { } refusal)
        {
            if (refusal != Problem)
            {
                Server.Write($"cannot stream from {upstream.Name}: {refusal}");
                Note(there, branch);
            }

            Again(refusal);
            return;
        }

        Problem = "";
        _stream = new(there, run, Directory.Written);
        there.Senders.Add(_stream, Directory.SlotName);
        Received = Lsn.Max(Received, new(Directory.Written.Value / Segment * Segment));
        LatestEnd = there.SendLimit;
        Server.RaiseChanged();
        _stream.Nudge(hurry: true);
    }

    private void Note(ServerRun there, Branch branch)
    {
        var theirs = there.Server.Directory.Branch!; // a server runs
        if (theirs.Includes(branch, Directory.Written, new(ulong.MaxValue)))
        {
            World.Count(Directory.Written > there.SendLimit ? "ahead of its upstream" : "waits for its slot or its WAL");
        }
        else
        {
            World.Count("diverged");
        }
    }

    private void ReadArchive()
    {
        if (Server.History.Archive?.After(Directory.Branch!, Directory.Written) is { } more) // a server runs
        {
            World.Count("caught up from the archive");
            Directory.Branch = more.Branch;
            Directory.HighestKnown = more.Branch.Number > Directory.HighestKnown ? more.Branch.Number : Directory.HighestKnown;
            Directory.Written = Directory.Flushed = more.End;
            Replay(more.End);
            run.Recovery.CheckConsistency();
        }
    }

    private void Again(string problem)
    {
        Problem = problem;
        Connect(RetryEvery);
    }

    private void Drop()
    {
        if (_stream is { } stream)
        {
            _stream = null;
            stream.ReceiverEnded();
        }
    }
}
