using HaAgent.Simulation.Kernel;

namespace HaAgent.Simulation.Etcd;

/// <summary>One member's belief: which term it is, who leads; and how it comes to lead itself.</summary>
/// <remarks>
/// Entries and their answers are messages. Heartbeats and elections (with pre-vote and check-quorum, as etcd has them) are
/// looked up at each tick instead: who reaches whom at that instant.
/// </remarks>
internal sealed class SimRaft
{
    public static readonly TimeSpan ElectionTimeout = TimeSpan.FromSeconds(1);

    private readonly SimMember _self;
    private readonly SimEtcd _cluster;
    private readonly Chance _chance;
    private TimeSpan[] _activeAt = [];
    private TimeSpan _quorumDueAt;
    private TimeSpan _electionDueAt;
    private TimeSpan _heardAt;

    public SimRaft(SimMember self, SimEtcd cluster)
    {
        _self = self;
        _cluster = cluster;
        _chance = cluster.World.Stream($"raft {self.Name}");
        Log = new(self, cluster, _chance);
        Quorum = new(self, cluster, _chance);
        Replication = new(self, cluster, this, Log, _chance);
    }

    public SimLog Log { get; }
    public SimReplication Replication { get; }
    public SimQuorum Quorum { get; }
    public ulong Term { get; private set; } = 2;

    /// <summary>By its own belief, which may be out of date.</summary>
    public bool IsLeader { get; private set; }

    /// <summary>Whom it takes for the leader; null: nobody.</summary>
    public SimMember? Leader { get; private set; }

    /// <summary>When it last ticked. A process that was held up finds this long ago, unless its next tick is faster.</summary>
    public TimeSpan TickedAt { get; set; }

    /// <summary>Has it decided anything since it leads? Until then it cannot say what is current.</summary>
    public bool IsSettled => Log.Commit > 0 && Log.TermOf(Log.Commit) == Term;

    private TimeSpan Now => _cluster.World.Time.Now;

    /// <summary>Begins anew, with nothing.</summary>
    public void Wipe()
    {
        Log.Wipe();
        Term = 1;
        Restart();
    }

    /// <summary>Term and log are on disk; who leads is not.</summary>
    public void Restart()
    {
        IsLeader = false;
        Leader = null;
        Log.Restart();
        Quorum.Clear();
        TickedAt = Now;
        AwaitElection();
    }

    /// <summary>What a member does ten times a second.</summary>
    public void Tick()
    {
        TickedAt = Now;
        if (IsLeader)
        {
            Heartbeat();
        }
        else if (Now >= _electionDueAt)
        {
            Campaign();
        }
    }

    /// <summary>Adds to the log if this member leads, or passes on to whom it takes for the leader.</summary>
    /// <returns>False when there is nobody to pass it on to: it is dropped.</returns>
    public bool Propose(SimCommand command)
    {
        if (IsLeader)
        {
            Replication.Append(command);
            return true;
        }

        if (Leader is not { } leader)
        {
            return false;
        }

        _cluster.SendToPeer(_self, leader, () => leader.Raft.Propose(command));
        return true;
    }

    /// <summary>Wins an election by whoever votes for it now.</summary>
    /// <returns>False when there is no majority for it.</returns>
    public bool TryWin(bool evenIfOthersHearALeader)
    {
        var votes = 0;
        var highest = Term;
        foreach (var voter in _cluster.Members)
        {
            if (voter == _self || Grants(voter, evenIfOthersHearALeader))
            {
                votes++;
                highest = Math.Max(highest, voter.Raft.Term);
            }
        }

        if (votes < _cluster.Majority)
        {
            return false;
        }

        foreach (var voter in _cluster.Members)
        {
            if (voter != _self && Grants(voter, evenIfOthersHearALeader))
            {
                voter.Raft.Learn(highest + 1, leader: null);
            }
        }

        Learn(highest + 1, leader: null);
        Lead();
        return true;
    }

    private bool Grants(SimMember voter, bool evenIfItHearsALeader)
    {
        if (!voter.IsUp || !_cluster.AreLinked(_self, voter))
        {
            return false;
        }

        var raft = voter.Raft;
        var isLoyal = raft.IsLeader || (raft.Leader is not null && Now - raft._heardAt < ElectionTimeout);
        return (evenIfItHearsALeader || !isLoyal) && Log.IsUpToDateFor(raft.Log);
    }

    private void Campaign()
    {
        AwaitElection();
        if (TryWin(evenIfOthersHearALeader: false))
        {
            return;
        }

        // Nobody to follow: what waits here for a leader goes on waiting.
        SetLeader(null);
    }

    private void Lead()
    {
        IsLeader = true;
        Replication.Begin();
        _activeAt = new TimeSpan[_cluster.Members.Count];
        Array.Fill(_activeAt, Now);
        _quorumDueAt = Now + ElectionTimeout;
        SetLeader(_self);
        _cluster.NoteElection(_self);
        Replication.Append(new(CommandKind.Nothing, null, default));
        Heartbeat();
    }

    private void Heartbeat()
    {
        var active = 0;
        foreach (var follower in _cluster.Members)
        {
            if (follower == _self || (follower.IsUp && _cluster.AreLinked(_self, follower)))
            {
                if (follower.Raft.Term > Term)
                {
                    Learn(follower.Raft.Term, leader: null);
                    return;
                }

                _activeAt[follower.Index] = Now;
            }

            active += _activeAt[follower.Index] > _quorumDueAt - ElectionTimeout - TimeSpan.FromTicks(1) ? 1 : 0;
            if (follower != _self && follower.IsUp && _cluster.Reaches(_self, follower))
            {
                follower.Raft.Hear(_self, Term);
                if (follower.Raft.Term == Term)
                {
                    Replication.CatchUp(follower);
                }
            }
        }

        if (Now < _quorumDueAt)
        {
            return;
        }

        if (active < _cluster.Majority)
        {
            _cluster.Note($"{_self.Name} steps down: no majority answers");
            Learn(Term, leader: null);
            return;
        }

        _quorumDueAt = Now + ElectionTimeout;
    }

    /// <summary>Word of a leader.</summary>
    public void Hear(SimMember leader, ulong term)
    {
        if (term < Term)
        {
            return;
        }

        _heardAt = Now;
        AwaitElection();
        if (term > Term || Leader != leader)
        {
            Learn(term, leader);
        }
    }

    /// <summary>Word of a term, without its leader.</summary>
    public void HearOf(ulong term)
    {
        if (term > Term)
        {
            Learn(term, leader: null);
        }
    }

    private void Learn(ulong term, SimMember? leader)
    {
        Term = term;
        IsLeader = false;
        Quorum.Clear();
        AwaitElection();
        SetLeader(leader);
    }

    private void SetLeader(SimMember? leader)
    {
        if (Leader != leader)
        {
            Leader = leader;
            _self.Server.OnLeaderChanged();
        }
    }

    private void AwaitElection() => _electionDueAt = Now + _chance.Between(ElectionTimeout, ElectionTimeout * 2);
}
