using HaAgent.Dcs.Grpc;
using HaAgent.Dcs.Protos;

namespace HaAgent.Simulation.Etcd;

/// <summary>Linearizable reads at one member: each waits until a leader, confirmed by a majority, has said what is current.</summary>
internal sealed class SimReads(SimMember self, SimEtcd cluster)
{
    private static readonly TimeSpan AskAgainAfter = TimeSpan.FromSeconds(0.5);

    private readonly List<Read> _waiting = [];

    public void Begin(SimCall call, RangeRequest range)
    {
        var read = new Read(call, range);
        _waiting.Add(read);
        Ask(read);
    }

    public void Tick()
    {
        for (var i = _waiting.Count - 1; i >= 0; i--)
        {
            var read = _waiting[i];
            if (read.Call.IsSettled)
            {
                _waiting.RemoveAt(i);
            }
            else if (read.Index < 0 && cluster.World.Time.Now >= read.AskAgainAt)
            {
                Ask(read);
            }
        }
    }

    /// <summary>Answers what the state has caught up with.</summary>
    public void Serve()
    {
        for (var i = 0; i < _waiting.Count; i++)
        {
            var read = _waiting[i];
            if (read.Index >= 0 && read.Index <= self.Raft.Log.Applied)
            {
                _waiting.RemoveAt(i--);
                Answer(read);
            }
        }
    }

    /// <summary>Those whose question went to another leader are told so.</summary>
    public void OnLeaderChanged()
    {
        for (var i = _waiting.Count - 1; i >= 0; i--)
        {
            var read = _waiting[i];
            if (read.Index < 0)
            {
                _waiting.RemoveAt(i);
                self.Server.Fail(read.Call, GrpcCode.Unavailable, "etcdserver: leader changed");
            }
        }
    }

    public void Clear() => _waiting.Clear();

    private void Ask(Read read)
    {
        read.AskAgainAt = cluster.World.Time.Now + AskAgainAfter;
        if (self.Raft.IsLeader)
        {
            self.Raft.Quorum.Confirm(index => Learn(read, index));
        }
        else if (self.Raft.Leader is { } leader)
        {
            cluster.SendToPeer(self, leader, () =>
                leader.Raft.Quorum.Confirm(index => cluster.SendToPeer(leader, self, () => Learn(read, index))));
        }
    }

    private void Learn(Read read, int index)
    {
        if (read.Call.IsSettled || read.Index >= 0)
        {
            return;
        }

        read.Index = index;
        if (index <= self.Raft.Log.Applied)
        {
            _waiting.Remove(read);
            Answer(read);
        }
    }

    private void Answer(Read read)
    {
        var revision = self.Server.Revision;
        self.Server.Answer(read.Call, GrpcStatus.Ok, cluster.Store.Range(read.Range, revision), self.Server.Header(revision));
    }

    private sealed class Read(SimCall call, RangeRequest range)
    {
        public SimCall Call { get; } = call;
        public RangeRequest Range { get; } = range;
        public TimeSpan AskAgainAt { get; set; }

        /// <summary>How much must be in the state; below zero: not known yet.</summary>
        public int Index { get; set; } = -1;
    }
}
