using HaAgent.Simulation.Checkers;
using HaAgent.Simulation.Kernel;

namespace HaAgent.Simulation.Tests;

/// <summary>The checker of S4, against histories made by hand.</summary>
public class Promised_commits
{
    private readonly Violations _violations = new(new SimWorld(1));
    private readonly PromisedCommits _checker;

    public Promised_commits() => _checker = new(_violations);

    [Fact]
    public void That_are_in_the_new_primary_are_kept()
    {
        _checker.Acknowledged(new(1, Promised: true));
        _checker.Acknowledged(new(2, Promised: true));
        _checker.BecamePrimary("n2", _ => true);
        Assert.Empty(_violations.Found);
        Assert.Equal(1, _checker.Checked);
    }

    [Fact]
    public void One_of_which_the_new_primary_lacks_is_a_loss()
    {
        _checker.Acknowledged(new(1, Promised: true));
        _checker.Acknowledged(new(2, Promised: true));
        _checker.BecamePrimary("n2", commit => commit.Id == 1);
        var violation = Assert.Single(_violations.Found);
        Assert.Equal("S4", violation.Law);
        Assert.Contains("commit 2", violation.What, StringComparison.Ordinal);
    }

    [Fact]
    public void Do_not_cover_what_was_acknowledged_asynchronously()
    {
        _checker.Acknowledged(new(1, Promised: false));
        _checker.BecamePrimary("n2", _ => false);
        Assert.Empty(_violations.Found);
    }

    [Fact]
    public void Must_be_in_every_later_primary_not_only_in_the_next()
    {
        _checker.Acknowledged(new(1, Promised: true));
        _checker.BecamePrimary("n2", _ => true);
        _checker.BecamePrimary("n3", _ => false);
        Assert.Contains("n3", Assert.Single(_violations.Found).What, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, "n2 n3", true)] // any one of two confirms: both must be seen
    [InlineData(1, "n2", false)]
    [InlineData(2, "n2", true)] // both confirm: one is enough
    [InlineData(2, "", false)]
    [InlineData(0, "", true)] // nothing was promised
    public void Are_safe_only_when_who_was_seen_overlaps_with_all_who_could_have_confirmed(int confirmations, string seen, bool isSafe)
    {
        _checker.Promoted(
            "n2", new CommitQuorum(new HashSet<string> { "n2", "n3" }, confirmations),
            seen.Split(' ', StringSplitOptions.RemoveEmptyEntries).ToHashSet());
        Assert.Equal(isSafe, _violations.Found.Count == 0);
    }

    /// <summary>ANY 2 of four voters: three seen overlap with every pair, two do not.</summary>
    [Theory]
    [InlineData("a b c", true)]
    [InlineData("a b", false)]
    [InlineData("a b x", false)] // x never confirmed anything: it does not count
    public void Of_a_quorum_need_more_than_the_rest_of_the_voters(string seen, bool isSafe)
    {
        _checker.Promoted("a", new CommitQuorum(new HashSet<string> { "a", "b", "c", "d" }, 2), seen.Split(' ').ToHashSet());
        Assert.Equal(isSafe, _violations.Found.Count == 0);
    }
}
