using HaAgent.Core.Model;

namespace HaAgent.Core.Tests.Loop;

/// <summary>The whole loop under pause, over a primary that goes on whatever becomes of its lease.</summary>
public class A_pause
{
    private const string Paused = """{"ttl":30,"loop_wait":10,"retry_timeout":10,"pause":true}""";

    [Fact]
    public void Ends_with_no_leader_less_when_nothing_was_confirmed_for_longer_than_a_lease()
    {
        using var node = new VirtualNode(Paused).Started();
        node.Store.Weather = Weather.RepliesAreLost;
        node.Time.Run(TimeSpan.FromMinutes(2));
        Assert.False(Leads(node));

        node.Store.Weather = Weather.Fair;
        node.Time.Run(TimeSpan.FromSeconds(30));
        Assert.True(Leads(node), "it holds the key, and does not say so");
        Assert.Null(node.Server.EndedAt);
    }

    [Fact]
    public void Lets_a_restarted_agent_confirm_the_lock_after_the_deadline_that_its_predecessor_left()
    {
        using var node = new VirtualNode(Paused, predecessorLeft: TimeSpan.FromSeconds(-1));
        node.Store.LeadBy(VirtualNode.Self); // under a lease that the predecessor asked for
        node.Start();
        node.Time.Run(TimeSpan.FromSeconds(30));
        Assert.Equal(30, node.Store.KeyTtl.TotalSeconds); // of a lease of its own
        Assert.Null(node.Server.EndedAt);
    }

    private static bool Leads(VirtualNode node) => node.Board.Latest!.IsLeader(node.Time.Now);
}
