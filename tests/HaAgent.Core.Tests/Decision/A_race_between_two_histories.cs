using HaAgent.Core.Decision;
using HaAgent.Core.Model;
using HaAgent.Core.Snapshot;

namespace HaAgent.Core.Tests.Decision;

public class A_race_between_two_histories
{
    private static readonly HistoryLine Fork = new(new(1), new(0x4000000), "", null, null);

    private static Given After(uint timeline, ulong position) => Given.Replica().Loss(leader: "a").NoBallot("a").Ballot("c", 0x4800000, timeline: 2)
        .Settings(s => s with { MaximumLagOnFailover = new(long.MaxValue) }) // not the question here
        .Store(c => c with { History = [Fork], Members = [Given.Member("b", "replica"), Given.Member("c", "replica")] })
        .With(v => v with
        {
            Postgres = v.Postgres with
            {
                Sql = ((SqlReading.Answered)v.Postgres.Sql) with { Timeline = new(timeline), Received = new(position), Replayed = new(position) },
            },
        });

    [Theory]
    [InlineData(1u, 0x5000000ul, "R82")] // further, on what the cluster has left
    [InlineData(1u, 0x3000000ul, "R82")] // behind
    [InlineData(2u, 0x5000000ul, "R90")]
    public void Is_lost_by_who_has_left_the_clusters(uint timeline, ulong position, string row) =>
        Assert.Equal(row, HaDecider.Decide(After(timeline, position)).RuleId);

    [Fact]
    public void Does_not_wait_for_who_has_left_it() =>
        Assert.Equal("R90", HaDecider.Decide(After(2, 0x4900000).Ballot("c", 0x5000000, timeline: 1)).RuleId);

    [Fact]
    public void Is_run_as_ever_when_all_have_left_it() =>
        Assert.Equal("R90", HaDecider.Decide(After(1, 0x5000001).Ballot("c", 0x5000000, timeline: 1)).RuleId);
}
