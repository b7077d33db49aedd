using HaAgent.Core.Loop;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;

namespace HaAgent.Core.Tests.Loop;

public class Divergence_of_histories
{
    private static readonly HistoryLine Fork = new(new(1), new(0x100), "", null, null);

    private static DivergenceFacts Facts(uint timeline, ulong lsn, bool inRecovery = true, ulong endOfCheckpoint = 0) => new()
    {
        LeaderTimeline = new(2),
        LeaderHistory = [Fork],
        Local = new(new(timeline), new(lsn)),
        LocalInRecovery = inRecovery,
        LocalEndOfCheckpoint = new(endOfCheckpoint),
    };

    [Fact]
    public void Is_none_on_the_same_timeline() => Assert.False(Divergence.Judge(Facts(2, 0x500)));

    [Fact]
    public void Is_certain_on_a_newer_timeline_than_the_leaders() => Assert.True(Divergence.Judge(Facts(3, 0x10)));

    [Theory]
    [InlineData(0xff, false)]
    [InlineData(0x100, false)]
    [InlineData(0x101, true)]
    public void Of_a_replica_begins_right_after_the_fork(ulong lsn, bool diverged) => Assert.Equal(diverged, Divergence.Judge(Facts(1, lsn)));

    [Theory]
    [InlineData(0x80, 0x100, false)] // the leader went on right behind the shutdown checkpoint
    [InlineData(0x80, 0x90, true)]
    [InlineData(0x100, 0x120, true)]
    public void Of_a_primary_is_judged_by_the_end_of_its_shutdown_checkpoint(ulong checkpoint, ulong end, bool diverged) =>
        Assert.Equal(diverged, Divergence.Judge(Facts(1, checkpoint, inRecovery: false, endOfCheckpoint: end)));

    [Fact]
    public void Of_a_primary_is_not_known_when_the_end_of_its_checkpoint_could_not_be_told() => // S6
        Assert.Null(Divergence.Judge(Facts(1, 0x80, inRecovery: false)));

    [Fact]
    public void Is_certain_when_the_leaders_history_does_not_know_the_timeline() =>
        Assert.True(Divergence.Judge(Facts(1, 0x10) with { LeaderHistory = [] }));

    [Fact]
    public void Cannot_be_told_without_the_facts() // S6
    {
        Assert.Null(Divergence.Judge(Facts(1, 0x10) with { Unknown = "the leader did not answer" }));
        Assert.Null(Divergence.Judge(Facts(1, 0x10) with { LeaderInRecovery = true }));
    }
}
