using HaAgent.Simulation.Kernel;

namespace HaAgent.Simulation.Etcd;

/// <summary>Entries from the leader to the others, by messages, and what a majority has stored: that is decided.</summary>
internal sealed class SimReplication(SimMember self, SimEtcd cluster, SimRaft raft, SimLog log, Chance chance)
{
    /// <summary>Of each member: how much the leader knows to be stored there.</summary>
    private int[] _match = [];

    /// <summary>Of each member: where the next message begins.</summary>
    private int[] _next = [];

    /// <summary>This member leads from now on.</summary>
    public void Begin()
    {
        _match = new int[cluster.Members.Count];
        _next = new int[cluster.Members.Count];
        Array.Fill(_next, log.Count);
    }

    public void Append(SimCommand command)
    {
        log.Add(new(raft.Term, command));
        foreach (var follower in cluster.Members)
        {
            if (follower != self)
            {
                SendTo(follower);
            }
        }

        if (cluster.Majority == 1)
        {
            self.Process.After(chance.Milliseconds(0.2, 2), Decide);
        }
    }

    /// <summary>With each heartbeat: what the follower lacks goes out again.</summary>
    public void CatchUp(SimMember follower)
    {
        follower.Raft.Log.LearnCommit(Math.Min(_match[follower.Index], log.Commit));
        if (_match[follower.Index] < log.Count)
        {
            _next[follower.Index] = Math.Min(_match[follower.Index], _next[follower.Index]);
            SendTo(follower);
        }
    }

    private void SendTo(SimMember follower)
    {
        var from = _next[follower.Index];
        var (term, before, commit, entries) = (raft.Term, log.TermOf(from), log.Commit, log.From(from));
        _next[follower.Index] = log.Count;
        cluster.SendToPeer(self, follower, () => follower.Raft.Replication.Receive(self, term, from, before, entries, commit));
    }

    private void Receive(SimMember leader, ulong term, int from, ulong termBefore, List<SimEntry>? entries, int commit)
    {
        if (term < raft.Term)
        {
            var newer = raft.Term;
            cluster.SendToPeer(self, leader, () => leader.Raft.HearOf(newer));
            return;
        }

        raft.Hear(leader, term);
        var isStored = log.Store(from, termBefore, entries);
        var known = isStored ? from + (entries?.Count ?? 0) : log.Commit;
        if (isStored)
        {
            log.LearnCommit(Math.Min(commit, known));
        }

        if (entries is not null || !isStored)
        {
            cluster.SendToPeer(self, leader, () => leader.Raft.Replication.Answer(self, term, known, isStored));
        }
    }

    private void Answer(SimMember follower, ulong term, int index, bool isStored)
    {
        if (!raft.IsLeader || term != raft.Term)
        {
            return;
        }

        if (isStored)
        {
            _match[follower.Index] = Math.Max(_match[follower.Index], index);
            Decide();
        }
        else
        {
            _next[follower.Index] = index;
            SendTo(follower);
        }
    }

    /// <summary>Takes for decided what a majority has stored, and tells them.</summary>
    private void Decide()
    {
        var decided = log.Count;
        while (decided > log.Commit && !IsWithMajority(decided))
        {
            decided--;
        }

        // A leader decides its own entries only; those before them are decided with them.
        if (!raft.IsLeader || decided == log.Commit || log.TermOf(decided) != raft.Term)
        {
            return;
        }

        log.Decide(decided);
        raft.Quorum.OnDecided();
        foreach (var follower in cluster.Members)
        {
            if (follower != self && raft.IsLeader && _match[follower.Index] == log.Count)
            {
                SendTo(follower);
            }
        }
    }

    private bool IsWithMajority(int count)
    {
        var stored = 1;
        foreach (var match in _match)
        {
            stored += match >= count ? 1 : 0;
        }

        return stored >= cluster.Majority;
    }
}
