using HaAgent.Core.Decision;
using HaAgent.Core.Jobs;
using HaAgent.Core.Loop;
using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;

namespace HaAgent.Core.Tests.Loop;

/// <summary>A replica on another timeline than its leader finds out, once, whether it has left the leader's history.</summary>
public class A_comparison_of_timelines
{
    private static readonly NodeMemory Fresh = ((NodeView)Given.Replica()).Memory;

    [Theory]
    [InlineData(1, 2)]
    [InlineData(3, 2)]
    public void Is_due_on_another_timeline_than_the_leader_publishes(uint own, uint published) =>
        Assert.Equal(RewindState.CheckDue, Seen(Fresh, own, published).Rewind);

    [Fact]
    public void Is_due_after_a_rewind_too() =>
        Assert.Equal(RewindState.CheckDue, Seen(Fresh with { Rewind = RewindState.Done }, own: 1, published: 2).Rewind);

    [Fact]
    public void Is_made_once_per_leader_and_timeline()
    {
        var judged = Judged(Seen(Fresh, own: 1, published: 2), leaderTold: 2);
        Assert.Equal(RewindState.Idle, judged.Rewind);

        Assert.Equal(RewindState.Idle, Seen(judged, own: 1, published: 2).Rewind);
        Assert.Equal(RewindState.CheckDue, Seen(judged, own: 1, published: 3).Rewind);
        Assert.Equal(RewindState.CheckDue, Seen(judged, own: 1, published: 2, leader: "c").Rewind);
    }

    [Fact]
    public void Is_not_made_again_and_again_while_the_store_is_behind_what_the_leader_told()
    {
        var judged = Judged(Seen(Fresh, own: 3, published: 2), leaderTold: 3);
        Assert.Equal(RewindState.Idle, judged.Rewind);

        var still = Seen(Seen(judged, own: 3, published: 2), own: 3, published: 2);

        Assert.Equal(RewindState.Idle, still.Rewind);
        Assert.Equal(RewindState.Idle, Seen(still, own: 3, published: 3).Rewind);
    }

    [Fact]
    public void Holds_for_the_timeline_that_the_leader_told_when_the_store_comes_to_publish_it()
    {
        var judged = Judged(Seen(Fresh, own: 1, published: 2), leaderTold: 3);

        Assert.Equal(RewindState.Idle, Seen(judged, own: 1, published: 3).Rewind);
        Assert.Equal(RewindState.CheckDue, Seen(judged, own: 1, published: 4).Rewind);
    }

    [Fact]
    public void Is_made_again_after_the_timelines_agreed_in_between()
    {
        var judged = Judged(Seen(Fresh, own: 1, published: 2), leaderTold: 2);

        var agreed = Seen(judged, own: 2, published: 2);

        Assert.Equal(RewindState.Idle, agreed.Rewind);
        Assert.Equal(RewindState.CheckDue, Seen(agreed, own: 1, published: 2).Rewind);
    }

    [Fact]
    public void Is_not_forgotten_while_a_timeline_is_not_known() // S6
    {
        var judged = Judged(Seen(Fresh, own: 1, published: 2), leaderTold: 2);

        Assert.Equal(RewindState.Idle, Seen(Seen(judged, own: 1, published: 0), own: 1, published: 2).Rewind);
        Assert.Equal(RewindState.Idle, Seen(Seen(judged, own: 0, published: 2), own: 1, published: 2).Rewind);
        Assert.Equal(RewindState.Idle, Seen(Seen(judged, own: 0, published: 0), own: 1, published: 2).Rewind);
    }

    [Fact]
    public void Is_not_due_while_a_timeline_is_not_known() // S6
    {
        Assert.Equal(RewindState.Idle, Seen(Fresh, own: 1, published: 0).Rewind);
        Assert.Equal(RewindState.Idle, Seen(Fresh, own: 0, published: 2).Rewind);
        Assert.Equal(RewindState.Idle, Fold.Observe(On(own: 1, published: 2).StartingUp()).Rewind);
    }

    [Fact]
    public void Is_not_due_with_a_leader_that_is_no_primary_yet() =>
        Assert.Equal(RewindState.Idle, Fold.Observe(On(own: 1, published: 2).Store(Publishing("a", 2, role: "replica"))).Rewind);

    [Fact]
    public void Is_not_due_with_oneself() =>
        Assert.Equal(RewindState.Idle, Seen(Fresh, own: 1, published: 2, leader: "b").Rewind);

    [Theory]
    [InlineData(RewindState.Needed)]
    [InlineData(RewindState.Failed)]
    public void Does_not_take_back_what_is_known_already(RewindState known) =>
        Assert.Equal(known, Seen(Fresh with { Rewind = known }, own: 1, published: 2).Rewind);

    [Fact]
    public void That_told_nothing_stays_due() // S6
    {
        var facts = Facts(leaderTold: 2) with { Unknown = "the leader did not answer" };

        var after = Ended(Seen(Fresh, own: 1, published: 2), facts);

        Assert.Equal(RewindState.CheckDue, after.Rewind);
        Assert.Equal(default, after.Compared);
    }

    /// <summary>After one look at the store; timeline 0 is one that is not known.</summary>
    private static NodeMemory Seen(NodeMemory memory, uint own, uint published, string leader = "a") =>
        Fold.Observe(On(own, published, leader).Remember(_ => memory));

    private static Given On(uint own, uint published, string leader = "a") => Given.Replica()
        .With(v => v with { Postgres = v.Postgres with { Sql = v.Sql()! with { Timeline = new(own) } } }) // a replica answers
        .Store(Publishing(leader, published)).LeadBy(leader);

    private static Func<ClusterState, ClusterState> Publishing(string leader, uint timeline, string role = "primary") => cluster =>
        cluster with { Members = [.. cluster.Members.Where(member => member.Name.Value != leader), Given.Member(leader, role) with { Timeline = new(timeline) }] };

    /// <summary>After a comparison that found the same history.</summary>
    private static NodeMemory Judged(NodeMemory memory, uint leaderTold) => Ended(memory, Facts(leaderTold));

    private static NodeMemory Ended(NodeMemory memory, DivergenceFacts facts) => FoldOutcomes.JobEnded(
        memory, HaSettings.Default, new JobSpec.Compare(new(new("a"), "postgres://10.0.0.1:5432/a")), new JobResult.Compared(facts), Given.Now);

    private static DivergenceFacts Facts(uint leaderTold) => new()
    {
        LeaderTimeline = new(leaderTold),
        Local = new(new(leaderTold), Given.Here),
        LocalInRecovery = true,
    };
}
