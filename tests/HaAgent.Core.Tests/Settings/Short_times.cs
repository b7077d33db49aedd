using HaAgent.Core.Duties;
using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;

namespace HaAgent.Core.Tests.Settings;

/// <summary>What one picture after another makes of times below the peers' minimums. Node a leads, b follows.</summary>
public class Short_times
{
    private static readonly Timing Asked = new(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
    private static readonly TimeSpan Longer = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(200);
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public void Are_lowered_by_a_leader_that_has_seen_for_ten_ttls_that_all_can()
    {
        var first = Leader().Then();
        Assert.False(first.Then(Wait - Second).Remembered().InForce);
        Assert.True(first.Then(Wait).Remembered().InForce);
    }

    [Fact]
    public void Wait_by_the_ttl_that_is_in_force_until_then()
    {
        var first = Leader().Settings(s => s with { Ttl = TimeSpan.FromSeconds(40), Short = Asked with { Ttl = TimeSpan.FromSeconds(40) } }).Then();
        Assert.False(first.Then(TimeSpan.FromSeconds(399)).Remembered().InForce);
        Assert.True(first.Then(TimeSpan.FromSeconds(400)).Remembered().InForce);
    }

    [Fact]
    public void Do_not_wait_when_the_condition_has_held_before_they_were_asked_for()
    {
        var before = Leader().Settings(s => s with { Short = null }).Then().Then(Wait);
        Assert.False(before.Remembered().InForce);
        Assert.True(before.Settings(s => s with { Short = Asked }).Then(Second).Remembered().InForce);
    }

    [Fact]
    public void Are_raised_with_the_first_picture_that_shows_a_member_that_cannot()
    {
        var joined = InForce().Store(c => c with { Members = [.. c.Members, Given.Member("p", "replica")] }).Then(Second);
        Assert.Equal((false, new NodeName("p")), (joined.Remembered().InForce, joined.Remembered().Hindrance));
    }

    [Fact]
    public void Stay_raised_for_an_hour_and_ten_ttls_after_that_member_was_last_seen()
    {
        var joined = InForce().Store(c => c with { Members = [.. c.Members, Given.Member("p", "replica")] }).Then(Second);
        var gone = joined.Store(c => c with { Members = [.. c.Members.Where(m => m.Name.Value != "p")] }).Then(Second);
        var remembered = gone.Then(ShortTimes.Remembered - Second);
        Assert.Equal(new NodeName("p"), remembered.Remembered().Hindrance);
        var forgotten = remembered.Then(Second);
        Assert.Equal((false, NodeName.Nobody), (forgotten.Remembered().InForce, forgotten.Remembered().Hindrance));
        Assert.False(forgotten.Then(Wait - Second).Remembered().InForce);
        Assert.True(forgotten.Then(Wait).Remembered().InForce);
    }

    [Fact]
    public void Count_what_a_member_said_last_so_that_a_replaced_peer_hinders_no_longer()
    {
        var peer = Leader().Store(c => c with { Members = [c.Members[0], Given.Member("b", "replica")] }).Then();
        Assert.Equal(new NodeName("b"), peer.Remembered().Hindrance);
        var replaced = peer.Store(c => c with { Members = [c.Members[0], Able("b")] }).Then(Second);
        Assert.True(replaced.Remembered().Hindrance.IsNobody);
        Assert.True(replaced.Then(Wait).Remembered().InForce);
    }

    [Fact]
    public void Are_used_by_a_replica_as_soon_as_its_leader_says_that_it_does()
    {
        var replica = Replica(leaderTtl: null).Then().Then(Wait * 10);
        Assert.False(replica.Remembered().InForce);
        Assert.True(replica.Store(c => c with { Members = [Able("a") with { ShortTtl = Asked.Ttl }, Able("b")] }).Then(Second).Remembered().InForce);
        Assert.True(Replica(leaderTtl: Asked.Ttl).Then().Remembered().InForce);
    }

    [Theory]
    [InlineData(8, false)] // it was lowered from 8 to 5, and the leader has not seen that yet
    [InlineData(5, true)]
    [InlineData(4, true)] // it was raised from 4 to 5
    public void Are_not_used_by_a_replica_whose_leader_has_a_longer_lease(int leaderTtl, bool areUsed) =>
        Assert.Equal(areUsed, Replica(TimeSpan.FromSeconds(leaderTtl)).Then().Remembered().InForce);

    [Fact]
    public void Are_not_used_by_a_replica_that_knows_of_a_member_that_cannot_whatever_its_leader_says()
    {
        var replica = Replica(leaderTtl: Asked.Ttl).Store(c => c with { Members = [.. c.Members, Given.Member("p", "replica")] }).Then();
        Assert.False(replica.Remembered().InForce);
    }

    [Fact]
    public void Are_given_up_by_a_replica_whose_new_leader_does_not_use_them()
    {
        var replica = Replica(leaderTtl: Asked.Ttl).Then().LeadBy("c").Store(c => c with { Members = [.. c.Members, Able("c")] });
        Assert.False(replica.Then(Second).Remembered().InForce);
    }

    [Fact]
    public void Are_kept_while_nobody_leads_and_by_the_replica_that_then_does()
    {
        var orphan = Replica(leaderTtl: Asked.Ttl).Then().NobodyLeads().Then(Second);
        Assert.True(orphan.Remembered().InForce);
        Assert.True(orphan.LeadBy("b").Then(Second).Remembered().InForce);
    }

    [Fact]
    public void Are_told_by_each_member_that_uses_them_so_that_a_successor_needs_not_be_asked()
    {
        var identity = new NodeIdentity(new("b"), "demo", "postgres://b:5432/postgres", "http://b:8008/patroni", null);
        var replica = Replica(leaderTtl: Asked.Ttl).Then().Settings(s => s.With(Asked));
        Assert.Contains("\"ttl\":5", MemberRecordDuty.Json(replica, identity), StringComparison.Ordinal);
        Assert.DoesNotContain("\"ttl\"", MemberRecordDuty.Json(Replica(leaderTtl: null).Then(), identity), StringComparison.Ordinal);
    }

    [Fact]
    public void Are_neither_raised_nor_lowered_by_silence() // S6
    {
        Assert.True(InForce().StoreSilent().Then(Second).Remembered().InForce);
        Assert.False(Leader().Then().StoreSilent().Then(Wait).Remembered().InForce);
    }

    [Fact]
    public void Must_be_waited_for_anew_when_the_store_was_silent_meanwhile()
    {
        var silent = Leader().Then().StoreSilent().Then(Wait - Second);
        var answered = silent.With(v => v with { Dcs = new DcsReading.Answered(((NodeView)Leader()).Cluster!, v.At) }).Then(Second);
        Assert.False(answered.Then(Wait - Second).Remembered().InForce);
        Assert.True(answered.Then(Wait).Remembered().InForce);
    }

    [Fact]
    public void Are_not_used_where_they_are_not_asked_for() =>
        Assert.False(InForce().Settings(s => s with { Short = null }).Then(Second).Remembered().InForce);

    private static Given InForce() => Leader().Then().Then(Wait);

    private static Given Leader() => Of(Given.Primary("a"), null);

    private static Given Replica(TimeSpan? leaderTtl) => Of(Given.Replica("b"), leaderTtl);

    private static Given Of(Given given, TimeSpan? leaderTtl) => given
        .Settings(s => s with { Ttl = Longer, Short = Asked })
        .Store(c => c with { Members = [Able("a") with { ShortTtl = leaderTtl }, Able("b")] });

    private static Member Able(string name) => Given.Member(name, name == "a" ? "primary" : "replica") with { CanKeepShortTimes = true };
}

file static class Steps
{
    /// <summary>So much later, the same picture taken in again; the one before is left as it was.</summary>
    public static Given Then(this Given given, TimeSpan later = default) => given.Copy()
        .With(v => v with { At = v.At + later })
        .With(v => v with { Memory = v.Memory with { ShortTimes = ShortTimes.After(v) } });

    public static ShortTimes Remembered(this Given given) => given.Build().Memory.ShortTimes;
}
