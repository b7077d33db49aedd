using HaAgent.Core.Model;

namespace HaAgent.Core.Tests.Loop;

/// <summary>A shorter ttl puts the key on another lease, which may be known to the store and not to the agent (S1, S2).</summary>
public class A_lowered_ttl
{
    private const string Long = """{"ttl":120,"loop_wait":10,"retry_timeout":10}""";
    private const string Shorter = """{"ttl":30,"loop_wait":10,"retry_timeout":10}""";

    [Fact]
    public void Puts_the_key_on_a_shorter_lease_at_once()
    {
        using var node = new VirtualNode(Long).Started();
        node.Time.Run(TimeSpan.FromSeconds(1), () => node.Store.Write(Shorter));
        Assert.Equal(30, node.Store.KeyTtl.TotalSeconds);
        Assert.InRange(node.Store.KeyEnds - node.Time.Now, TimeSpan.FromSeconds(28), TimeSpan.FromSeconds(30));
        Assert.Null(node.Server.EndedAt);
    }

    [Fact]
    public void Ends_writing_before_the_new_lease_does_when_nobody_tells_the_agent_that_it_holds_the_key()
    {
        using var node = new VirtualNode(Long).Started();
        node.Time.Run(TimeSpan.FromSeconds(1), () =>
        {
            node.Store.Weather = Weather.RepliesAreLost;
            node.Store.Write(Shorter);
        });
        Assert.Equal(30, node.Store.KeyTtl.TotalSeconds);
        node.Store.Weather = Weather.CutOff;
        node.Time.Run(TimeSpan.FromMinutes(3));
        Assert.True(node.Server.EndedAt < node.Store.KeyEnds, $"ended at {node.Server.EndedAt}, its key at {node.Store.KeyEnds}");
    }

    [Fact]
    public void Arms_the_guard_before_the_key_can_move() // the agent may be frozen at any line
    {
        using var node = new VirtualNode(Long).Started();
        node.Time.Run(TimeSpan.FromMilliseconds(1), () => node.Store.Write(Shorter)); // nothing has arrived at the store yet
        Assert.Equal(120, node.Store.KeyTtl.TotalSeconds);
        Assert.True(node.Guard.FiresAt < node.Time.Now + TimeSpan.FromSeconds(30), $"the guard fires at {node.Guard.FiresAt}");
    }

    [Fact]
    public void Ends_nothing_when_the_store_answers_in_time_again()
    {
        using var node = new VirtualNode(Long).Started();
        node.Time.Run(TimeSpan.FromSeconds(5), () =>
        {
            node.Store.Weather = Weather.RepliesAreLost;
            node.Store.Write(Shorter);
        });
        node.Store.Weather = Weather.Fair;
        node.Time.Run(TimeSpan.FromMinutes(10));
        Assert.Null(node.Server.EndedAt);
        Assert.True(node.Store.KeyEnds > node.Time.Now);
    }
}
