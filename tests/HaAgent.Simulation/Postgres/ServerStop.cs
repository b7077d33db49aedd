using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;

namespace HaAgent.Simulation.Postgres;

/// <summary>How a server is stopped, once the signal has reached its postmaster.</summary>
/// <remarks>
/// PostgreSQL's order: clients end, then the shutdown checkpoint and with it the control file, then each walsender waits
/// until its standby has flushed all of it, then the postmaster goes.
/// </remarks>
internal sealed class ServerStop(ServerRun run)
{
    private bool _checkpointed;
    private bool _clientsEnded;

    /// <summary>The hardest asked for so far; null: none.</summary>
    public StopMode? Mode { get; private set; }

    /// <summary>
    /// The signal is there, though the postmaster may not have run since: what it does first when it runs is to look at it. It opens for
    /// nobody from here on.
    /// </summary>
    public bool IsAsked { get; private set; }

    public void Ask() => IsAsked = true;

    /// <summary>What it waits for, for the operator.</summary>
    public string WaitsFor { get; private set; } = "its last processes to end";

    private SimServer Server => run.Server;

    private SimDirectory Directory => run.Server.Directory;

    public void Begin(StopMode mode)
    {
        if (Mode is { } before && before >= mode)
        {
            return;
        }

        var first = Mode is null;
        Mode = mode;
        run.Accepts = false;
        Server.Write($"stops ({mode})");
        Server.RaiseChanged();
        switch (mode)
        {
            case StopMode.Immediate:
                run.Later(Server.Faults.ImmediateEnd(), () => run.End("immediate stop"));
                run.Commits.EndSessions();
                run.HasClients = false;
                break;
            case StopMode.Fast:
                WaitsFor = "client backends to end";
                run.Later(Server.Faults.BackendsEnd(), ClientsEnded);
                break;
            case StopMode.Smart when first:
                WaitsFor = "client backends to end";
                AwaitClients();
                break;
        }
    }

    /// <summary>A standby has flushed more, or is gone.</summary>
    public void CheckSenders()
    {
        if (_checkpointed && run.Senders.AllHave(Directory.Flushed))
        {
            _checkpointed = false;
            run.Later(TimeSpan.FromMilliseconds(2), () => run.End("shut down"));
        }
    }

    private void AwaitClients()
    {
        if (Mode == StopMode.Smart)
        {
            if (run.Commits.OpenSessions == 0)
            {
                ClientsEnded();
            }
            else
            {
                run.Later(TimeSpan.FromMilliseconds(100), AwaitClients);
            }
        }
    }

    private void ClientsEnded()
    {
        if (Mode == StopMode.Immediate || _clientsEnded)
        {
            return;
        }

        _clientsEnded = true;
        run.HasClients = false;
        run.Commits.EndSessions();
        run.Receiver.End();
        WaitsFor = "the shutdown checkpoint";
        Server.RaiseChanged();
        if (!run.IsInRecovery)
        {
            Directory.State = ControlState.ShuttingDown;
            run.Later(Server.Faults.ShutdownCheckpoint(), CheckpointPrimary);
        }
        else if (run.Recovery.HasReplayedLocalWal)
        {
            run.Later(Server.Faults.ShutdownRestartpoint(), CheckpointStandby);
        }
        else
        {
            run.Later(TimeSpan.FromMilliseconds(5), () => run.End("stopped while starting"));
        }
    }

    private void CheckpointPrimary()
    {
        if (Mode == StopMode.Immediate)
        {
            return;
        }

        if (Server.Faults.DiskIsFull)
        {
            run.End("could not shut down cleanly: the disk is full");
            return;
        }

        Server.ShutdownSwitch = Lsn.Unknown;
        if (Server.History.Archive is { } archive)
        {
            // The last file is switched so that it can be archived; the checkpoint is alone in the next.
            Server.ShutdownSwitch = run.Commits.Insert;
            run.Commits.Insert = new(run.Commits.Insert.Value + 24);
            archive.Take(Directory.Branch!, run.Commits.Insert, switched: true); // a server runs
        }

        run.WriteCheckpoint();
        run.Senders.Nudge(hurry: true);
        Down(ControlState.ShutDown);
    }

    private void CheckpointStandby()
    {
        if (Mode == StopMode.Immediate)
        {
            return;
        }

        run.Restartpoint();
        Down(ControlState.ShutDownInRecovery);
    }

    private void Down(ControlState state)
    {
        Directory.State = state;
        Server.Write($"is down at {Directory.Branch}:{Directory.Checkpoint!.At} ({state})"); // just written
        WaitsFor = "walsenders to send what is left";
        _checkpointed = true;
        CheckSenders();
    }
}
