using HaAgent.Core.Model;
using HaAgent.Simulation.Kernel;

namespace HaAgent.Simulation.Postgres;

/// <summary>One replication connection: a walsender there, a walreceiver here. Each side notices the other's end for itself.</summary>
internal sealed class WalStream
{
    /// <summary>wal_sender_timeout and wal_receiver_timeout.</summary>
    private static readonly TimeSpan SilenceEnds = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(7);
    private static readonly TimeSpan Retransmit = TimeSpan.FromMilliseconds(400);

    private readonly ServerRun _sender;
    private readonly ServerRun _receiver;
    private readonly Chance _chance;
    private bool _due;
    private bool _sendsNow;
    private bool _senderOpen = true;
    private bool _receiverOpen = true;
    private Lsn _arrived;
    private TimeSpan _heard;

    public WalStream(ServerRun sender, ServerRun receiver, Lsn from)
    {
        _sender = sender;
        _receiver = receiver;
        _chance = World.Stream($"stream {receiver.Server.Name} {receiver.Pid} {World.Time.Now.Ticks}");
        _heard = World.Time.Now;
        _arrived = from;
        Flushed = from;
        Pid = sender.Server.History.NewPid();
        World.Time.After(LookEvery, Look);
    }

    public int Pid { get; }

    /// <summary>Its application_name.</summary>
    public string Name => _receiver.Server.Name;
    public string ClientAddress => _receiver.Server.Host.Name;

    /// <summary>What the walsender knows that its standby has on disk.</summary>
    public Lsn Flushed { get; private set; }

    /// <summary>It has caught up once.</summary>
    public bool IsStreaming { get; private set; }
    public SimSlot? Slot { get; set; }

    private SimWorld World => _receiver.Server.World;

    private string There => _sender.Server.Host.Name;

    private string Here => _receiver.Server.Host.Name;

    /// <summary>Something new may be there to send.</summary>
    public void Nudge(bool hurry)
    {
        if ((_due && (!hurry || _sendsNow)) || !_senderOpen || (_sender.SendLimit <= _arrived && IsStreaming))
        {
            return;
        }

        _due = true;
        _sendsNow = hurry;
        var limit = _sender.SendLimit;
        var branch = _sender.Server.Directory.Branch!; // a server runs
        var after = hurry ? _chance.Milliseconds(0.3, 3) : _chance.Milliseconds(1, _chance.Happens(0.1) ? 100 : 25);
        World.Time.After(after, () => _sender.Backends.Deliver(() => Send(branch, limit)));
    }

    /// <summary>The walsender's process is gone: its end of the connection is closed.</summary>
    public void SenderEnded()
    {
        _senderOpen = false;
        TellReceiver();
    }

    /// <summary>Ended by the sending server alone.</summary>
    public void EndBySender()
    {
        _sender.Senders.Remove(this);
        SenderEnded();
    }

    /// <summary>The walreceiver is gone.</summary>
    public void ReceiverEnded()
    {
        _receiverOpen = false;
        TellSender();
    }

    private void Send(Branch branch, Lsn limit)
    {
        _due = false;
        if (!_senderOpen)
        {
            return;
        }

        if (!World.Network.Reaches(There, Here))
        {
            // The kernel sends it again until somebody answers, or the timeout comes.
            _due = true;
            World.Time.After(Retransmit, () => _sender.Backends.Deliver(() =>
                Send(_sender.Server.Directory.Branch ?? branch, _sender.SendLimit)));
            return;
        }

        _receiver.Backends.Deliver(() => Arrive(branch, limit));
    }

    private void Arrive(Branch branch, Lsn limit)
    {
        if (!_receiverOpen)
        {
            return;
        }

        if (limit > _arrived)
        {
            if (!_receiver.Receiver.Take(branch, limit))
            {
                return; // it could not write
            }

            _arrived = limit;
        }

        // Written; to disk a moment later, and only then the other side is told.
        _receiver.Backends.After(_chance.Milliseconds(0.1, 2), () => Reply(limit));
    }

    private void Reply(Lsn limit)
    {
        if (!_receiverOpen)
        {
            return;
        }

        _receiver.Receiver.Flush(limit);
        if (World.Network.Reaches(Here, There))
        {
            _sender.Backends.Deliver(() => Answered(limit));
        }
        else
        {
            World.Time.After(Retransmit, () => _receiver.Backends.Deliver(() => Reply(_arrived)));
        }
    }

    private void Answered(Lsn limit)
    {
        if (!_senderOpen)
        {
            return;
        }

        _heard = World.Time.Now;
        Flushed = Lsn.Max(Flushed, limit);
        IsStreaming = true;
        _sender.Senders.NoteFlushed(this);
        Nudge(_sender.Stop.Mode is not null);
    }

    /// <summary>Keepalives, as far as they matter: who has heard nothing for a minute closes his end.</summary>
    private void Look()
    {
        if (!_senderOpen && !_receiverOpen)
        {
            return;
        }

        var bothWays = World.Network.ReachBoth(Here, There);
        if (_senderOpen && _receiverOpen && bothWays && !_sender.Backends.IsFrozen && !_receiver.Backends.IsFrozen)
        {
            _heard = World.Time.Now;
        }
        else
        {
            TellReceiver();
            TellSender();
            if (World.Time.Now - _heard >= SilenceEnds)
            {
                TimeOut();
            }
        }

        World.Time.After(LookEvery, Look);
    }

    private void TimeOut()
    {
        World.Count("replication timed out");
        if (_senderOpen)
        {
            _sender.Backends.Deliver(() =>
            {
                if (_senderOpen)
                {
                    _senderOpen = false;
                    _sender.Senders.Remove(this);
                }
            });
        }

        if (_receiverOpen)
        {
            _receiver.Backends.Deliver(LoseSender);
        }
    }

    /// <summary>The receiver learns that the sender is gone, if anything can reach it.</summary>
    private void TellReceiver()
    {
        if (!_senderOpen && _receiverOpen && World.Network.Reaches(There, Here))
        {
            World.Time.After(_chance.Milliseconds(0.2, 2), () => _receiver.Backends.Deliver(LoseSender));
        }
    }

    private void TellSender()
    {
        if (!_receiverOpen && _senderOpen && World.Network.Reaches(Here, There))
        {
            World.Time.After(_chance.Milliseconds(0.2, 2), () => _sender.Backends.Deliver(() =>
            {
                if (_senderOpen)
                {
                    _senderOpen = false;
                    _sender.Senders.Remove(this);
                }
            }));
        }
    }

    private void LoseSender()
    {
        if (_receiverOpen)
        {
            _receiverOpen = false;
            _receiver.Receiver.Lost(this);
        }
    }
}
