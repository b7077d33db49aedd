using HaAgent.Simulation.Kernel;

namespace HaAgent.Simulation.Etcd;

/// <summary>What one member has stored of the replicated log, what of it is decided, and what is in its state.</summary>
internal sealed class SimLog(SimMember self, SimEtcd cluster, Chance chance)
{
    private readonly List<SimEntry> _entries = [];
    private bool _applyIsDue;

    public int Count => _entries.Count;

    /// <summary>How many entries it knows to be decided.</summary>
    public int Commit { get; private set; }

    /// <summary>How many entries are in its state.</summary>
    public int Applied { get; private set; }

    /// <summary>Of the last of so many entries; 0: of none.</summary>
    public ulong TermOf(int count) => count == 0 ? 0 : _entries[count - 1].Term;

    public void Wipe()
    {
        _entries.Clear();
        (Commit, Applied) = (0, 0);
    }

    /// <summary>What is stored stays.</summary>
    public void Restart() => _applyIsDue = false;

    public void Add(SimEntry entry) => _entries.Add(entry);

    /// <summary>Null: there are none.</summary>
    public List<SimEntry>? From(int index) => index < _entries.Count ? _entries.GetRange(index, _entries.Count - index) : null;

    /// <summary>Would a voter with that log lose nothing by following this one?</summary>
    public bool IsUpToDateFor(SimLog voter)
    {
        var (own, theirs) = (TermOf(Count), voter.TermOf(voter.Count));
        return own > theirs || (own == theirs && Count >= voter.Count);
    }

    /// <summary>Stores a leader's entries over whatever else is there.</summary>
    /// <returns>False when something before them is missing or another's.</returns>
    public bool Store(int from, ulong termBefore, List<SimEntry>? entries)
    {
        if (Count < from || TermOf(from) != termBefore)
        {
            return false;
        }

        for (var i = 0; entries is not null && i < entries.Count; i++)
        {
            if (from + i < Count && _entries[from + i] != entries[i])
            {
                Forget(from + i);
            }

            if (from + i == Count)
            {
                _entries.Add(entries[i]);
            }
        }

        return true;
    }

    /// <summary>A leader says how much is decided; it is applied soon.</summary>
    public void LearnCommit(int commit)
    {
        Commit = Math.Max(Commit, Math.Min(commit, Count));
        if (Commit > Applied && !_applyIsDue)
        {
            _applyIsDue = true;
            self.Process.After(chance.Happens(0.02) ? chance.Milliseconds(1, 30) : chance.Milliseconds(0, 0.5), Apply);
        }
    }

    /// <summary>This member, which leads, finds so much decided.</summary>
    public void Decide(int commit)
    {
        Commit = commit;
        Apply();
    }

    private void Apply()
    {
        _applyIsDue = false;
        while (Applied < Commit)
        {
            var entry = _entries[Applied];
            entry.Result ??= cluster.State.ApplyFirst(entry, Applied);
            Applied++;
            self.Server.OnApplied(entry, entry.Result);
        }

        self.Server.OnCaughtUp();
    }

    private void Forget(int from)
    {
        if (from < Commit)
        {
            throw new InvalidOperationException($"{self.Name} was to forget what was decided");
        }

        _entries.RemoveRange(from, Count - from);
    }
}
