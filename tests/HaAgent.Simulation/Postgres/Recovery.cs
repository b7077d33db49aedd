using HaAgent.Core.Model;
using HaAgent.Core.Snapshot;

namespace HaAgent.Simulation.Postgres;

/// <summary>The startup process: from the start to the first connection, and from a standby to a primary.</summary>
internal sealed class Recovery(ServerRun run)
{
    /// <summary>XLOG_END_OF_RECOVERY.</summary>
    private const ulong EndOfRecovery = 48;

    private bool _promoting;

    private SimServer Server => run.Server;

    private SimDirectory Directory => run.Server.Directory;

    /// <summary>Local WAL is replayed: from here on what is missing comes from others.</summary>
    public bool HasReplayedLocalWal { get; private set; }

    public void Begin()
    {
        Directory.HasPromoteFile = false; // a postmaster removes it when it starts
        run.Later(Server.Faults.Launch(), () =>
        {
            if (Directory.Content != DirectoryContent.Initialized || Directory.IsBroken)
            {
                run.End("found no usable data directory");
            }
            else
            {
                Recover();
            }
        });
    }

    /// <summary>The postmaster goes on with new processes, and the same number.</summary>
    public void AfterPanic()
    {
        HasReplayedLocalWal = false;
        _promoting = false;
        run.IsInRecovery = true;
        Directory.Flushed = Directory.Written;
        run.Later(Server.Faults.Launch(), Recover);
    }

    /// <summary>SIGUSR1 has told the postmaster to look for the file.</summary>
    public void Promote()
    {
        if (!run.IsInRecovery || _promoting || !Directory.HasPromoteFile || run.Stop.IsAsked
            || !HasReplayedLocalWal)
        {
            return; // a file that is there when local WAL is replayed is seen then
        }

        Directory.HasPromoteFile = false;
        _promoting = true;
        run.Receiver.End();
        var takes = Server.Faults.Promotion(out var slow);
        if (slow)
        {
            Server.World.Count("promotion slow");
        }

        run.Later(takes, EndRecovery);
    }

    /// <summary>More WAL is there: a standby that was not consistent may be now.</summary>
    public void CheckConsistency()
    {
        if (!HasReplayedLocalWal || run.Accepts || !IsConsistent)
        {
            return;
        }

        if (Directory.HasBackupLabel)
        {
            Directory.HasBackupLabel = false;
            run.Receiver.NoteMinimum();
        }

        run.OpenAsStandby();
    }

    private bool IsConsistent => Directory.MinimumRecoveryEnd is not { } minimum
        || Directory.Branch!.Includes(minimum.Branch, minimum.At, Directory.Written); // a server runs

    private void Recover()
    {
        if (run.Stop.IsAsked)
        {
            return; // told to stop meanwhile
        }

        if (Directory.HasStandbySignal)
        {
            Directory.State = ControlState.InArchiveRecovery;
            if (Directory.MinimumRecoveryEnd is not { } minimum || minimum.At < Directory.Checkpoint!.Redo) // there is a control file
            {
                Directory.MinimumRecoveryEnd = (Directory.Checkpoint!.Branch, Directory.Checkpoint.Redo);
            }

            run.Later(Server.Faults.StandbyRecovery(), StandBy);
        }
        else if (Directory is { State: ControlState.ShutDown, HasBackupLabel: false })
        {
            OpenOnOwnTimeline(Directory.Flushed);
        }
        else
        {
            Server.World.Count("crash recovery");
            Server.Write("recovers");
            Directory.State = ControlState.InCrashRecovery;
            run.Later(Server.Faults.CrashRecovery(), AfterCrashRecovery);
        }
    }

    private void StandBy()
    {
        if (run.Stop.IsAsked)
        {
            return;
        }

        HasReplayedLocalWal = true;
        run.Receiver.BeginAt(Directory.Written);
        CheckConsistency();
        Promote();
    }

    private void AfterCrashRecovery()
    {
        if (run.Stop.IsAsked)
        {
            return;
        }

        if (Server.Faults.DiskIsFull)
        {
            Server.World.Count("recovery found the disk full");
            run.End("could not recover: the disk is full");
            return;
        }

        if (!IsConsistent)
        {
            run.End("WAL ends before consistent recovery point");
            return;
        }

        Directory.HasBackupLabel = false;
        OpenOnOwnTimeline(Directory.Flushed);
        run.WriteCheckpoint();
    }

    /// <summary>Goes on with the timeline as it is, whoever else has done so.</summary>
    private void OpenOnOwnTimeline(Lsn end)
    {
        var branch = Directory.Branch!; // a server runs
        if (branch.Writer != Server || branch.End != end)
        {
            Server.World.Count("a timeline went on in two places");
            branch = Server.History.NewBranch(branch.Number, branch, end, Server);
            Directory.Branch = branch;
        }

        Directory.MinimumRecoveryEnd = null;
        Directory.Written = Directory.Flushed = end;
        run.OpenAsPrimary(end);
    }

    private void EndRecovery()
    {
        if (run.Stop.IsAsked)
        {
            return;
        }

        if (!IsConsistent)
        {
            run.End("WAL ends before consistent recovery point");
            return;
        }

        if (Server.Faults.DiskIsFull)
        {
            run.End("could not end recovery: the disk is full");
            return;
        }

        var end = Directory.Written;
        var highest = Server.History.Archive?.Newest is { } archived && archived > Directory.HighestKnown
            ? archived
            : Directory.HighestKnown;
        var branch = Server.History.NewBranch(new(highest.Value + 1), Directory.Branch, end, Server);
        var open = new Lsn(end.Value + EndOfRecovery);
        Directory.Branch = branch;
        Directory.HighestKnown = branch.Number;
        Directory.Flushed = Directory.Written = open;
        branch.Extend(open);
        Server.History.Archive?.Take(branch, open, switched: false);
        Directory.HasStandbySignal = false;
        Directory.MinimumRecoveryEnd = (branch, open);
        _promoting = false;
        Server.World.Count("promoted");
        run.OpenAsPrimary(open);
        run.Senders.Nudge();
        run.Checkpoint();
    }
}
