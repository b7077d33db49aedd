using Google.Protobuf;
using HaAgent.Dcs.Grpc;
using HaAgent.Dcs.Protos;
using HaAgent.Simulation.Kernel;

namespace HaAgent.Simulation.Etcd;

/// <summary>The watches at one member: each is fed from the state that this member has, in the order of revisions.</summary>
internal sealed class SimWatches(SimMember self, SimEtcd cluster, Chance chance)
{
    private readonly List<Watch> _watches = [];

    public void Begin(SimStreamCall stream, WatchCreateRequest create)
    {
        var watch = new Watch(stream, create) { Next = create.StartRevision > 0 ? create.StartRevision : self.Server.Revision + 1 };
        _watches.Add(watch);
        Send(watch, new WatchResponse { Header = self.Server.Header(self.Server.Revision), Created = true });
        if (watch.Next < cluster.Store.CompactedAt)
        {
            cluster.World.Count("etcd watch compacted");
            _watches.Remove(watch);
            Send(watch, new WatchResponse
            {
                Header = self.Server.Header(self.Server.Revision),
                Canceled = true,
                CompactRevision = cluster.Store.CompactedAt,
            });
            return;
        }

        Feed(watch);
    }

    /// <summary>As etcd answers one who may not watch.</summary>
    public void Refuse(SimStreamCall stream) => Send(new(stream, new()), new WatchResponse
    {
        Header = self.Server.Header(self.Server.Revision),
        WatchId = -1,
        Created = true,
        Canceled = true,
        CancelReason = "etcdserver: permission denied",
    });

    /// <summary>Sends what the state has now.</summary>
    public void Deliver()
    {
        for (var i = 0; i < _watches.Count; i++)
        {
            if (_watches[i].Stream.IsOver || _watches[i].Stream.Caller.IsDead)
            {
                _watches.RemoveAt(i--);
            }
            else
            {
                Feed(_watches[i]);
            }
        }
    }

    public void End(Action<SimCall> tell)
    {
        foreach (var watch in _watches)
        {
            tell(watch.Stream);
        }

        _watches.Clear();
    }

    private void Feed(Watch watch)
    {
        var (history, upTo) = (cluster.Store.History, self.Server.Revision);
        WatchResponse? response = null;
        for (var i = cluster.Store.FirstAfter(watch.Next - 1); i < history.Count && history[i].Revision <= upTo; i++)
        {
            var change = history[i];
            if (!watch.Wants(change.Event.Kv.Key))
            {
                continue;
            }

            if (response is not null && response.Events[^1].Kv.ModRevision != change.Revision && chance.Happens(0.5))
            {
                Send(watch, response);
                response = null;
            }

            if (response is not null && watch.Fragments && chance.Happens(0.1))
            {
                cluster.World.Count("etcd watch fragment");
                response.Fragment = true;
                Send(watch, response);
                response = null;
            }

            response ??= new() { Header = self.Server.Header(upTo) };
            response.Events.Add(change.Event);
        }

        if (response is not null)
        {
            Send(watch, response);
        }

        watch.Next = Math.Max(watch.Next, upTo + 1);
    }

    private void Send(Watch watch, WatchResponse response)
    {
        var (stream, sequence, sends) = (watch.Stream, watch.Stream.Sent++, 0);
        cluster.Wire.Send(
            self.Host,
            stream.Caller.Host,
            () => stream.Caller.Deliver(() => stream.Arrive(sequence, GrpcStatus.Ok, response)),
            () => !stream.IsOver && !BreaksAfter(++sends, watch));
    }

    /// <summary>What cannot be sent for long breaks the connection in some cases; in others it goes on when it can.</summary>
    private bool BreaksAfter(int sends, Watch watch)
    {
        if (watch.IsBroken)
        {
            return true;
        }

        if (sends < 4 || !chance.Happens(0.2))
        {
            return false;
        }

        watch.IsBroken = true;
        _watches.Remove(watch);
        cluster.World.Count("etcd watch broken by a cut");
        cluster.Tell(self, watch.Stream, GrpcStatus.Broken("connection timed out"), null);
        return true;
    }

    private sealed class Watch(SimStreamCall stream, WatchCreateRequest create)
    {
        public SimStreamCall Stream { get; } = stream;

        /// <summary>The next revision that it has not been told.</summary>
        public long Next { get; set; }
        public bool IsBroken { get; set; }
        public bool Fragments => create.Fragment;

        public bool Wants(ByteString key) => create.RangeEnd.IsEmpty
            ? key == create.Key
            : !SimStore.IsBefore(key, create.Key) && SimStore.IsBefore(key, create.RangeEnd);
    }
}
