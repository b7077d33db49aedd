namespace HaAgent.Simulation.Checkers;

/// <summary>A commit that a client was told of.</summary>
/// <param name="Id">Whatever tells it from the others.</param>
/// <param name="Promised">
/// It was acknowledged under synchronous replication: the standbys that had to confirm it had done so. An asynchronous
/// one, also where a mode that is not strict had fallen back to that, is not promised to survive a failover.
/// </param>
internal readonly record struct AcknowledgedCommit(long Id, bool Promised);

/// <summary>How commits and promotions depend on each other in a synchronous mode at one moment.</summary>
/// <param name="Voters">Who may confirm a commit.</param>
/// <param name="Confirmations">How many of them must.</param>
internal sealed record CommitQuorum(IReadOnlySet<string> Voters, int Confirmations);

/// <summary>S4: what was promised to a client under synchronous replication is in every later primary.</summary>
/// <remarks>
/// Two questions. After the fact: does a new primary have all promised commits? And by the rule, before anything is lost:
/// did those who were asked before the promotion overlap with every set that could have confirmed a commit alone? The
/// second finds in one run what the first finds only where the luck was bad as well.
/// </remarks>
internal sealed class PromisedCommits(Violations violations)
{
    private readonly List<AcknowledgedCommit> _promised = [];

    public int Checked { get; private set; }

    public void Acknowledged(AcknowledgedCommit commit)
    {
        if (commit.Promised)
        {
            _promised.Add(commit);
        }
    }

    /// <param name="has">Is the commit in the history of the new primary?</param>
    public void BecamePrimary(string server, Func<AcknowledgedCommit, bool> has)
    {
        Checked++;
        foreach (var commit in _promised)
        {
            if (!has(commit))
            {
                violations.Add("S4", $"{server} became primary without commit {commit.Id}, which had been promised");
            }
        }
    }

    /// <param name="quorum">In force when the former primary may have acknowledged its last commit.</param>
    /// <param name="seen">Whose positions were known when the promotion was decided, the promoted one's among them.</param>
    public void Promoted(string server, CommitQuorum quorum, IReadOnlySet<string> seen)
    {
        Checked++;
        if (quorum.Confirmations <= 0)
        {
            return; // nothing was promised
        }

        // As many as can have confirmed a commit without any of those that were seen.
        var unseen = quorum.Voters.Count(voter => !seen.Contains(voter));
        if (unseen >= quorum.Confirmations)
        {
            violations.Add(
                "S4",
                $"{server} was promoted after seeing {string.Join(", ", seen.Order(StringComparer.Ordinal))}: the {unseen} others of "
                + $"{quorum.Voters.Count} voters could have confirmed a commit by themselves ({quorum.Confirmations} suffice)");
        }
    }
}
