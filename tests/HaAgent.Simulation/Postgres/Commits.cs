using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Simulation.Kernel;

namespace HaAgent.Simulation.Postgres;

/// <summary>The transactions of one life of a primary: written, flushed, waiting for standbys, acknowledged.</summary>
internal sealed class Commits(ServerRun run)
{
    private readonly Chance _chance = run.Server.World.Stream($"commits {run.Server.Name} {run.Pid}");
    private readonly List<Waiting> _waiting = [];

    /// <summary>Changes when all sessions are ended: who was let in before is out.</summary>
    public int Generation { get; private set; }

    /// <summary>Where the next record goes.</summary>
    public Lsn Insert { get; set; }

    public int OpenSessions { get; private set; }

    /// <summary>Transactions under way that may yet be acknowledged.</summary>
    public int UnderWay { get; private set; }

    private SimServer Server => run.Server;

    /// <summary>Someone who is in already has something to write.</summary>
    public void Write(string from, Action<Ack> acknowledged)
    {
        if (run.IsInRecovery || !run.HasClients)
        {
            return;
        }

        Insert = new(Insert.Value + 120 + (ulong)(_chance.Below(60) * 8));
        var lsn = Insert;
        var generation = Generation;
        UnderWay++;
        run.Later(_chance.Milliseconds(0.1, 1.5), () => Flush(lsn, generation, from, acknowledged));
    }

    public SimSession Open(string from)
    {
        OpenSessions++;
        return new(run, from, Generation);
    }

    public void Close(int generation)
    {
        if (generation == Generation)
        {
            OpenSessions--;
        }
    }

    public bool IsOpen(int generation) => generation == Generation && run.HasClients;

    /// <summary>Everybody is thrown out: nobody of them is answered any more.</summary>
    public void EndSessions()
    {
        Generation++;
        OpenSessions = UnderWay = 0;
        _waiting.Clear();
    }

    /// <summary>A standby has flushed more, or is gone, or the rule has changed.</summary>
    public void CheckWaiting()
    {
        for (var i = 0; i < _waiting.Count;)
        {
            var waiting = _waiting[i];
            if (Server.SyncStandbys.Count(run.Senders, waiting.Lsn) is { } count)
            {
                _waiting.RemoveAt(i);
                Acknowledge(waiting.Lsn, waiting.From, waiting.Acknowledged, count);
            }
            else
            {
                i++;
            }
        }
    }

    private void Flush(Lsn lsn, int generation, string from, Action<Ack> acknowledged)
    {
        if (run.Stop.Mode >= StopMode.Immediate || run.IsInRecovery)
        {
            return;
        }

        if (Server.Faults.DiskIsFull)
        {
            run.Panic("could not write to WAL: no space left on device");
            return;
        }

        var directory = Server.Directory;
        if (lsn > directory.Flushed)
        {
            directory.Written = directory.Flushed = lsn;
            directory.Branch!.Extend(lsn); // a server runs
            run.Senders.Nudge();
        }

        if (generation != Generation)
        {
            return; // its session was ended in between
        }

        if (Server.SyncStandbys.Count(run.Senders, lsn) is { } count)
        {
            Acknowledge(lsn, from, acknowledged, count);
        }
        else
        {
            _waiting.Add(new(lsn, from, acknowledged));
            run.Senders.Nudge(hurry: true);
        }
    }

    private void Acknowledge(Lsn lsn, string from, Action<Ack> acknowledged, int standbys)
    {
        UnderWay--;
        var ack = new Ack(Server, Server.Directory.Branch!, lsn, Server.World.Time.Now, standbys); // a server runs
        Server.History.RaiseAcked(ack);
        Server.World.Network.Send(Server.Host.Name, from, () => acknowledged(ack));
    }

    private readonly record struct Waiting(Lsn Lsn, string From, Action<Ack> Acknowledged);
}

/// <summary>A client's open connection: it outlives a postmaster that hangs.</summary>
internal sealed class SimSession(ServerRun run, string from, int generation)
{
    private bool _closed;

    public bool IsOpen => !_closed && run.Commits.IsOpen(generation) && !run.Backends.IsDead;

    /// <summary>False when the session is known to be over.</summary>
    public bool TryWrite(Action<Ack> acknowledged)
    {
        if (!IsOpen)
        {
            return false;
        }

        run.Server.World.Network.Send(from, run.Server.Host.Name, () => run.Backends.Deliver(() =>
        {
            if (IsOpen)
            {
                run.Commits.Write(from, acknowledged);
            }
        }));
        return true;
    }

    public void Close()
    {
        if (!_closed)
        {
            _closed = true;
            run.Commits.Close(generation);
        }
    }
}
