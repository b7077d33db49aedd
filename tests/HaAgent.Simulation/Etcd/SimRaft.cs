using HaAgent.Simulation.Kernel;

namespace HaAgent.Simulation.Etcd;

/// <summary>One member's part in the replicated log: whom it takes for the leader, what it has stored, what it may apply.</summary>
/// <remarks>
/// Appends and their answers are messages. Heartbeats and elections (with pre-vote and check-quorum, as etcd has them) are
/// looked up at each tick instead: who reaches whom at that instant.
/// </remarks>
internal sealed class SimRaft(SimMember self, SimEtcd cluster)
{
    public static readonly TimeSpan ElectionTimeout = TimeSpan.FromSeconds(1);

    private readonly List<SimEntry> _log = [];
    private readonly Chance _chance = cluster.World.Stream($"raft {self.Name}");
    private readonly List<Action> _whenCommitted = [];
    private int[] _match = [];
    private int[] _next = [];
    private TimeSpan[] _activeAt = [];
    private TimeSpan _quorumDueAt;
    private TimeSpan _electionDueAt;
    private TimeSpan _heardAt;
    private bool _applyIsDue;

    public ulong Term { get; private set; } = 2;

    /// <summary>By its own belief, which may be out of date.</summary>
    public bool IsLeader { get; private set; }

    /// <summary>Whom it takes for the leader; null: nobody.</summary>
    public SimMember? Leader { get; private set; }

    /// <summary>How many entries it knows to be decided.</summary>
    public int Commit { get; private set; }

    /// <summary>How many entries are in its state.</summary>
    public int Applied { get; private set; }

    /// <summary>When it last ticked. A process that was held up finds this long ago, unless its next tick is faster.</summary>
    public TimeSpan TickedAt { get; set; }

    /// <summary>Has it decided anything since it leads? Until then it cannot say what is current.</summary>
    public bool IsSettled => Commit > 0 && _log[Commit - 1].Term == Term;

    private int Majority => (cluster.Members.Count / 2) + 1;

    private TimeSpan Now => cluster.World.Time.Now;

    /// <summary>Begins anew, with nothing.</summary>
    public void Wipe()
    {
        _log.Clear();
        (Commit, Applied, Term) = (0, 0, 1);
        Restart();
    }

    /// <summary>Term and log are on disk; who leads is not.</summary>
    public void Restart()
    {
        IsLeader = false;
        Leader = null;
        _applyIsDue = false;
        _whenCommitted.Clear();
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
            Append(command);
            return true;
        }

        if (Leader is not { } leader)
        {
            return false;
        }

        cluster.SendToPeer(self, leader, () => leader.Raft.Propose(command));
        return true;
    }

    /// <summary>Asks a majority whether this member still leads; silent when it does not answer.</summary>
    /// <param name="confirmed">Told how many entries were decided when this began.</param>
    public void Confirm(Action<int> confirmed)
    {
        if (!IsLeader)
        {
            return;
        }

        if (!IsSettled)
        {
            _whenCommitted.Add(() => Confirm(confirmed));
            return;
        }

        var (term, decided) = (Term, Commit);
        if (Majority == 1)
        {
            confirmed(decided);
            return;
        }

        self.Process.After(_chance.Milliseconds(0.2, 1.2), () =>
        {
            if (IsLeader && Term == term && CountFollowers() >= Majority)
            {
                confirmed(decided);
            }
        });
    }

    /// <summary>The members that follow it now, itself included.</summary>
    public int CountFollowers()
    {
        var following = 0;
        foreach (var member in cluster.Members)
        {
            if (member == self || (cluster.AreLinked(self, member) && member.IsUp && member.Raft.Term <= Term))
            {
                following++;
            }
        }

        return following;
    }

    /// <summary>Wins an election by whoever votes for it now.</summary>
    /// <returns>False when there is no majority for it.</returns>
    public bool TryWin(bool evenIfOthersHearALeader)
    {
        var votes = 0;
        var highest = Term;
        foreach (var voter in cluster.Members)
        {
            if (voter == self || Grants(voter, evenIfOthersHearALeader))
            {
                votes++;
                highest = Math.Max(highest, voter.Raft.Term);
            }
        }

        if (votes < Majority)
        {
            return false;
        }

        foreach (var voter in cluster.Members)
        {
            if (voter != self && Grants(voter, evenIfOthersHearALeader))
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
        if (!voter.IsUp || !cluster.AreLinked(self, voter))
        {
            return false;
        }

        var raft = voter.Raft;
        var isLoyal = raft.IsLeader || (raft.Leader is not null && Now - raft._heardAt < ElectionTimeout);
        return (evenIfItHearsALeader || !isLoyal) && IsUpToDateFor(raft);
    }

    private bool IsUpToDateFor(SimRaft other)
    {
        var (own, theirs) = (LastTerm(_log.Count), other.LastTerm(other._log.Count));
        return own > theirs || (own == theirs && _log.Count >= other._log.Count);
    }

    private ulong LastTerm(int count) => count == 0 ? 0 : _log[count - 1].Term;

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
        var members = cluster.Members.Count;
        IsLeader = true;
        _match = new int[members];
        _next = new int[members];
        _activeAt = new TimeSpan[members];
        Array.Fill(_next, _log.Count);
        Array.Fill(_activeAt, Now);
        _quorumDueAt = Now + ElectionTimeout;
        SetLeader(self);
        cluster.NoteElection(self);
        Append(new(CommandKind.Nothing, null, default));
        Heartbeat();
    }

    private void Heartbeat()
    {
        var active = 0;
        foreach (var follower in cluster.Members)
        {
            if (follower == self || (follower.IsUp && cluster.AreLinked(self, follower)))
            {
                if (follower.Raft.Term > Term)
                {
                    Learn(follower.Raft.Term, leader: null);
                    return;
                }

                _activeAt[follower.Index] = Now;
            }

            active += _activeAt[follower.Index] > _quorumDueAt - ElectionTimeout - TimeSpan.FromTicks(1) ? 1 : 0;
            if (follower != self && follower.IsUp && cluster.Reaches(self, follower))
            {
                BeatTo(follower);
            }
        }

        if (Now < _quorumDueAt)
        {
            return;
        }

        if (active < Majority)
        {
            cluster.Note($"{self.Name} steps down: no majority answers");
            Learn(Term, leader: null);
            return;
        }

        _quorumDueAt = Now + ElectionTimeout;
    }

    private void BeatTo(SimMember follower)
    {
        follower.Raft.Hear(self, Term);
        if (follower.Raft.Term != Term)
        {
            return;
        }

        follower.Raft.LearnCommit(Math.Min(_match[follower.Index], Commit));
        if (_match[follower.Index] < _log.Count)
        {
            _next[follower.Index] = Math.Min(_match[follower.Index], _next[follower.Index]);
            SendTo(follower);
        }
    }

    private void Append(SimCommand command)
    {
        _log.Add(new(Term, command));
        foreach (var follower in cluster.Members)
        {
            if (follower != self)
            {
                SendTo(follower);
            }
        }

        if (Majority == 1)
        {
            self.Process.After(_chance.Milliseconds(0.2, 2), Decide);
        }
    }

    private void SendTo(SimMember follower)
    {
        var from = _next[follower.Index];
        var (term, before, commit) = (Term, LastTerm(from), Commit);
        var entries = from < _log.Count ? _log.GetRange(from, _log.Count - from) : null;
        _next[follower.Index] = _log.Count;
        cluster.SendToPeer(self, follower, () => follower.Raft.Receive(self, term, from, before, entries, commit));
    }

    private void Receive(SimMember leader, ulong term, int from, ulong termBefore, List<SimEntry>? entries, int commit)
    {
        if (term < Term)
        {
            var newer = Term;
            cluster.SendToPeer(self, leader, () => leader.Raft.HearOf(newer));
            return;
        }

        Hear(leader, term);
        if (_log.Count < from || LastTerm(from) != termBefore)
        {
            var known = Commit;
            cluster.SendToPeer(self, leader, () => leader.Raft.Answer(self, term, known, isMatch: false));
            return;
        }

        for (var i = 0; entries is not null && i < entries.Count; i++)
        {
            if (from + i < _log.Count && _log[from + i] != entries[i])
            {
                if (from + i < Commit)
                {
                    throw new InvalidOperationException($"{self.Name} was to forget what was decided");
                }

                _log.RemoveRange(from + i, _log.Count - from - i);
            }

            if (from + i == _log.Count)
            {
                _log.Add(entries[i]);
            }
        }

        var match = from + (entries?.Count ?? 0);
        LearnCommit(Math.Min(commit, match));
        if (entries is not null)
        {
            cluster.SendToPeer(self, leader, () => leader.Raft.Answer(self, term, match, isMatch: true));
        }
    }

    private void Answer(SimMember follower, ulong term, int index, bool isMatch)
    {
        if (!IsLeader || term != Term)
        {
            return;
        }

        if (!isMatch)
        {
            _next[follower.Index] = index;
            SendTo(follower);
            return;
        }

        _match[follower.Index] = Math.Max(_match[follower.Index], index);
        Decide();
    }

    /// <summary>Takes for decided what a majority has stored, and tells them.</summary>
    private void Decide()
    {
        var decided = Commit;
        for (var index = _log.Count; index > Commit; index--)
        {
            var stored = 1;
            foreach (var match in _match)
            {
                stored += match >= index ? 1 : 0;
            }

            if (stored >= Majority)
            {
                decided = index;
                break;
            }
        }

        if (!IsLeader || decided == Commit || _log[decided - 1].Term != Term)
        {
            return;
        }

        Commit = decided;
        Apply();
        foreach (var follower in cluster.Members)
        {
            if (follower != self && IsLeader && _match[follower.Index] == _log.Count)
            {
                SendTo(follower);
            }
        }
    }

    private void Hear(SimMember leader, ulong term)
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

    private void LearnCommit(int commit)
    {
        Commit = Math.Max(Commit, Math.Min(commit, _log.Count));
        if (Commit > Applied && !_applyIsDue)
        {
            _applyIsDue = true;
            self.Process.After(_chance.Happens(0.02) ? _chance.Milliseconds(1, 30) : _chance.Milliseconds(0, 0.5), Apply);
        }
    }

    private void Apply()
    {
        _applyIsDue = false;
        while (Applied < Commit)
        {
            var entry = _log[Applied];
            entry.Result ??= cluster.ApplyFirst(entry, Applied);
            Applied++;
            self.Server.OnApplied(entry, entry.Result);
        }

        self.Server.OnCaughtUp();
        if (IsLeader && IsSettled && _whenCommitted.Count > 0)
        {
            var waiting = _whenCommitted.ToArray();
            _whenCommitted.Clear();
            foreach (var action in waiting)
            {
                action();
            }
        }
    }

    private void HearOf(ulong term)
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
        _whenCommitted.Clear();
        AwaitElection();
        SetLeader(leader);
    }

    private void SetLeader(SimMember? leader)
    {
        if (Leader != leader)
        {
            Leader = leader;
            self.Server.OnLeaderChanged();
        }
    }

    private void AwaitElection() => _electionDueAt = Now + _chance.Between(ElectionTimeout, ElectionTimeout * 2);
}
