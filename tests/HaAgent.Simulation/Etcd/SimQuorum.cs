using HaAgent.Simulation.Kernel;

namespace HaAgent.Simulation.Etcd;

/// <summary>A leader asks the others whether it still leads, before it says what is current.</summary>
internal sealed class SimQuorum(SimMember self, SimEtcd cluster, Chance chance)
{
    /// <summary>Questions to a leader that has not decided anything yet.</summary>
    private readonly List<Action<int>> _early = [];

    /// <summary>Silent when no majority answers.</summary>
    /// <param name="confirmed">Told how many entries were decided when this began.</param>
    public void Confirm(Action<int> confirmed)
    {
        var raft = self.Raft;
        if (!raft.IsLeader)
        {
            return;
        }

        if (!raft.IsSettled)
        {
            _early.Add(confirmed);
            return;
        }

        var (term, decided) = (raft.Term, raft.Log.Commit);
        if (cluster.Majority == 1)
        {
            confirmed(decided);
            return;
        }

        self.Process.After(chance.Milliseconds(0.2, 1.2), () =>
        {
            if (raft.IsLeader && raft.Term == term && CountFollowers() >= cluster.Majority)
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
            if (member == self || (cluster.AreLinked(self, member) && member.IsUp && member.Raft.Term <= self.Raft.Term))
            {
                following++;
            }
        }

        return following;
    }

    /// <summary>The leader has decided something.</summary>
    public void OnDecided()
    {
        if (_early.Count == 0)
        {
            return;
        }

        var waiting = _early.ToArray();
        _early.Clear();
        foreach (var confirmed in waiting)
        {
            Confirm(confirmed);
        }
    }

    public void Clear() => _early.Clear();
}
