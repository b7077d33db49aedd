using HaAgent.Core.Model;

namespace HaAgent.Simulation.Postgres;

/// <summary>Where primaries put their finished WAL files, and standbys fetch them.</summary>
/// <param name="segment">Bytes of a WAL file.</param>
internal sealed class WalArchive(ulong segment = 64 << 10)
{
    private readonly List<(Branch Branch, Lsn End)> _kept = [];

    /// <summary>
    /// Takes what is finished of a branch: its history file, and whole files, or all of it when the last was switched.
    /// </summary>
    public void Take(Branch branch, Lsn end, bool switched)
    {
        end = Lsn.Max(branch.From, switched ? end : new(end.Value / segment * segment));
        for (var i = 0; i < _kept.Count; i++)
        {
            if (_kept[i].Branch == branch)
            {
                _kept[i] = (branch, Lsn.Max(_kept[i].End, end));
                return;
            }
        }

        _kept.Add((branch, end));
    }

    /// <summary>The furthest that somebody at a position can read on, on the newest timeline; null: nothing new.</summary>
    public (Branch Branch, Lsn End)? After(Branch branch, Lsn position)
    {
        (Branch Branch, Lsn End)? best = null;
        foreach (var (kept, end) in _kept)
        {
            if (end > position && kept.Includes(branch, position, end) && (best is null || kept.Number > best.Value.Branch.Number))
            {
                best = (kept, end);
            }
        }

        return best;
    }

    /// <summary>The highest number for which there is a history file.</summary>
    public Timeline Newest
    {
        get
        {
            var newest = Timeline.Unknown;
            foreach (var (branch, _) in _kept)
            {
                newest = branch.Number > newest ? branch.Number : newest;
            }

            return newest;
        }
    }
}
