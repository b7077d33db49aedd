using HaAgent.Core.Model;
using HaAgent.Core.Snapshot;

namespace HaAgent.Core.Tests.Loop;

/// <summary>The real loop of a leader whose cluster asks for 5, 1 and 1 s, in virtual time.</summary>
public class A_cluster_with_short_times
{
    private const string Asked = """{"ttl":5,"loop_wait":1,"retry_timeout":1}""";
    private static readonly Timing Short = new(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
    private static readonly Timing Raised = new(TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(3));
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(200);
    private static readonly Member Peer = Given.Member("p", "replica");

    [Fact]
    public void Is_led_with_the_peers_minimums_at_first_and_with_its_own_times_after_ten_ttls()
    {
        using var node = new VirtualNode(Asked).Started();
        Assert.Equal((Raised, 20), (node.InForce, node.Store.KeyTtl.TotalSeconds));
        node.Time.Run(Wait - TimeSpan.FromSeconds(3));
        Assert.Equal((Raised, 20), (node.InForce, node.Store.KeyTtl.TotalSeconds));
        node.Time.Run(TimeSpan.FromSeconds(5));
        Assert.Equal((Short, 5), (node.InForce, node.Store.KeyTtl.TotalSeconds));
        Assert.Null(node.Server.EndedAt);
    }

    [Fact]
    public void Says_when_its_times_come_into_force_and_when_they_have()
    {
        using var node = Lowered();
        Assert.Contains("for 200 s", Assert.Single(node.Log.Of(1021)), StringComparison.Ordinal);
        Assert.Contains("ttl=5, loop_wait=1, retry_timeout=1 is in force", Assert.Single(node.Log.Of(1023)), StringComparison.Ordinal);
        Assert.Empty(node.Log.Of(1020));
    }

    [Fact]
    public void Tells_its_members_by_the_leaders_record_when_its_lease_is_short_and_no_sooner()
    {
        using var node = new VirtualNode(Asked).Started();
        Assert.Equal("""{"version":"0.1.0","features":["short-ttl"]}""", node.Store.Own!["haagent"]!.ToJsonString());
        node.Time.RunUntil(() => node.Store.Own["haagent"]!["ttl"] is not null, Wait + TimeSpan.FromSeconds(5));
        Assert.Equal(("""{"version":"0.1.0","features":["short-ttl"],"ttl":5}""", 5),
            (node.Store.Own["haagent"]!.ToJsonString(), node.Store.KeyTtl.TotalSeconds));
    }

    [Fact]
    public void Is_raised_with_the_first_renewal_after_a_peer_has_joined_that_cannot_keep_them()
    {
        using var node = Lowered();
        node.Time.Run(TimeSpan.FromMilliseconds(100), () => node.Store.Join(Peer));
        Assert.Equal((Raised, 20), (node.InForce, node.Store.KeyTtl.TotalSeconds));
        Assert.Null(node.Store.Own!["haagent"]!["ttl"]);
        Assert.Null(node.Server.EndedAt);
    }

    [Fact]
    public void Names_the_peer_once()
    {
        using var node = Lowered();
        node.Time.Run(TimeSpan.FromMinutes(10), () => node.Store.Join(Peer));
        var line = Assert.Single(node.Log.Of(1020));
        Assert.StartsWith("Warning 1020: ttl=5, loop_wait=1, retry_timeout=1 ", line, StringComparison.Ordinal);
        Assert.Contains(" p ", line, StringComparison.Ordinal);
        Assert.EndsWith("Using ttl=20, loop_wait=1, retry_timeout=3", line, StringComparison.Ordinal);
    }

    [Fact]
    public void Is_lowered_again_an_hour_and_ten_ttls_after_that_peer_has_gone()
    {
        using var node = Lowered();
        node.Time.Run(TimeSpan.FromMinutes(10), () => node.Store.Join(Peer));
        node.Time.Run(TimeSpan.FromHours(1) + Wait - TimeSpan.FromSeconds(5), () => node.Store.Leave(Peer.Name));
        Assert.Equal(Raised, node.InForce);
        node.Time.Run(TimeSpan.FromSeconds(10));
        Assert.Equal(Short, node.InForce);
    }

    [Fact]
    public void Fences_before_the_short_lease_ends_when_the_store_is_gone()
    {
        using var node = Lowered();
        node.Store.Weather = Weather.CutOff;
        node.Time.Run(TimeSpan.FromSeconds(20));
        Assert.InRange(node.Store.KeyEnds - node.Server.EndedAt!.Value, TimeSpan.FromSeconds(1.3), TimeSpan.FromSeconds(1.4)); // ends 5 s after, fenced 3.7 s
    }

    [Fact]
    public void Ends_writing_in_time_when_the_answer_is_lost_that_tells_of_its_first_short_lease()
    {
        using var node = new VirtualNode(Asked).Started();
        node.Time.RunUntil(() => node.InForce == Short, Wait + TimeSpan.FromSeconds(5));
        node.Store.Weather = Weather.RepliesAreLost; // the request is under way
        node.Time.Run(TimeSpan.FromMilliseconds(100));
        Assert.Equal(5, node.Store.KeyTtl.TotalSeconds);
        node.Store.Weather = Weather.CutOff;
        node.Time.Run(TimeSpan.FromMinutes(1));
        Assert.True(node.Server.EndedAt < node.Store.KeyEnds, $"ended at {node.Server.EndedAt}, its key at {node.Store.KeyEnds}");
    }

    [Theory]
    [InlineData(4, 2)]
    [InlineData(28, 3)]
    [InlineData(null, 3)]
    public void Leaves_a_restarted_agent_half_of_what_is_left_to_look_at_a_server_that_does_not_answer(int? secondsLeft, double atMost)
    {
        using var node = new VirtualNode(Asked, secondsLeft is { } left ? TimeSpan.FromSeconds(left) : null);
        var began = node.Time.Now;
        node.Start();
        Assert.Equal(atMost, (node.Server.FirstLookEndsBy!.Value - began).TotalSeconds);
    }

    private static VirtualNode Lowered()
    {
        var node = new VirtualNode(Asked).Started();
        node.Time.Run(Wait + TimeSpan.FromSeconds(2));
        Assert.Equal(Short, node.InForce);
        return node;
    }
}
