using System.Text.Json.Nodes;
using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;
using HaAgent.Dcs.Etcd;
using HaAgent.Testing;
using HaAgent.Testing.Etcd;

namespace HaAgent.Dcs.Tests;

/// <summary>The effect took place, the answer was lost.</summary>
public sealed class A_lost_reply : IAsyncLifetime
{
    private static readonly EtcdTiming Timing =
        new(TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(6));

    private EtcdServers _etcd = null!;
    private LossyProxy _proxy = null!;
    private TestAgent _agent = null!;
    private TestAgent _witness = null!;

    public async ValueTask InitializeAsync()
    {
        _etcd = await EtcdServers.StartAsync();
        _proxy = new(_etcd.Members[0].ClientPort);
        _agent = await TestAgent.StartReadyAsync("a", _proxy.Endpoint, Timing, new JsonObject { ["use_proxies"] = true });
        _witness = await TestAgent.StartReadyAsync("w", _etcd.Hosts, Timing);
    }

    public async ValueTask DisposeAsync()
    {
        await _agent.DisposeAsync();
        await _witness.DisposeAsync();
        await _proxy.DisposeAsync();
        await _etcd.DisposeAsync();
    }

    [Fact]
    public async Task To_the_taking_of_the_leader_key_is_found_by_the_next_try()
    {
        // The connection of the lease path is there before answers are lost on it.
        await _agent.Dcs.KeepSessionAsync(_agent.NotAfter, TestAgent.Stop);
        _proxy.LoseAnswers();
        var acquiring = _agent.AcquireAsync();
        await Eventually.HoldsAsync("the key to be taken", TestAgent.Soon, () => _witness.View.LeaderName == new NodeName("a"), TestAgent.Stop);
        _proxy.HealNewConnections();
        var answer = await acquiring;
        Assert.Equal(LeaseOutcome.Held, answer.Outcome);
        Assert.Equal(answer.LeaseId, _witness.View.Leader!.LeaseId);
    }

    [Fact]
    public async Task To_the_taking_of_the_leader_key_is_no_success_as_long_as_it_is_not_found()
    {
        await _agent.Dcs.KeepSessionAsync(_agent.NotAfter, TestAgent.Stop);
        _proxy.LoseAnswers();
        Assert.Equal(LeaseOutcome.Unknown, (await _agent.AcquireAsync()).Outcome);
    }

    /// <summary>The deletion may still be under way. It names the lease, and what is held later hangs on another.</summary>
    [Fact]
    public async Task To_the_giving_up_of_the_leader_key_leaves_no_hold_on_a_key_that_is_taken_anew()
    {
        var before = await _agent.AcquireAsync();
        _proxy.LoseAnswers();
        Assert.Equal(WriteOutcome.Unknown, await _agent.Dcs.ReleaseAsync(_agent.NotAfter, TestAgent.Stop));
        _proxy.HealNewConnections();
        var again = await _agent.AcquireAsync();
        Assert.Equal(LeaseOutcome.Held, again.Outcome);
        Assert.NotEqual(before.LeaseId, again.LeaseId);
    }

    [Fact]
    public async Task To_a_keepalive_confirms_nothing_but_the_next_one_does()
    {
        await _agent.AcquireAsync();
        var endpoint = _agent.Connection.Endpoints.Current;
        var channel = endpoint.Channel(EtcdPath.Lease);
        _proxy.LoseAnswers();
        var before = Instant.Now(TimeProvider.System);
        var renewing = _agent.RenewAsync();
        await Eventually.HoldsAsync("the first try to be given up", TestAgent.Soon, () => endpoint.Channel(EtcdPath.Lease) != channel, TestAgent.Stop);
        _proxy.HealNewConnections();
        var renewed = await renewing;
        Assert.Equal(LeaseOutcome.Held, renewed.Outcome);
        // Two seconds of the six: what confirmed it was sent after the first try was given up.
        Assert.True(renewed.SentAt - before > TimeSpan.FromSeconds(1.5), $"counted from {renewed.SentAt - before} after the start");
    }

    [Fact]
    public async Task To_a_configuration_write_is_read_back()
    {
        await _agent.WriteAsync(DcsRecord.Config, """{"ttl":30}""");
        await Eventually.HoldsAsync("the first configuration", TestAgent.Soon, () => _witness.View.Config is not null, TestAgent.Stop);
        _proxy.LoseAnswers();
        var writing = _agent.WriteAsync(DcsRecord.Config, """{"ttl":20}""", _witness.View.Config!.Version);
        await Eventually.HoldsAsync("the write to arrive", TestAgent.Soon, () => _witness.View.Config!.Json.Contains("20", StringComparison.Ordinal), TestAgent.Stop);
        _proxy.HealNewConnections();
        Assert.Equal(WriteOutcome.Written, await writing);
    }

    [Fact]
    public async Task To_the_claim_of_a_bootstrap_tells_the_claimant_that_it_is_theirs()
    {
        await _agent.WriteMemberAsync("""{"state":"stopped","role":"uninitialized"}""");
        _proxy.LoseAnswers();
        var claiming = _agent.Dcs.CreateAsync(DcsRecord.Initialize, "", _agent.NotAfter, TestAgent.Stop);
        await Eventually.HoldsAsync("the claim to arrive", TestAgent.Soon, () => _witness.View.Initialize is not null, TestAgent.Stop);
        _proxy.HealNewConnections();
        Assert.Equal(WriteOutcome.Written, await claiming);
    }

    [Fact]
    public async Task To_a_claim_that_another_made_first_is_not_taken_for_ours()
    {
        await _agent.WriteMemberAsync("""{"state":"stopped","role":"uninitialized"}""");
        await _witness.Dcs.CreateAsync(DcsRecord.Initialize, "", _witness.NotAfter, TestAgent.Stop);
        var endpoint = _agent.Connection.Endpoints.Current;
        var channel = endpoint.Channel(EtcdPath.Bulk);
        _proxy.LoseAnswers();
        var claiming = _agent.Dcs.CreateAsync(DcsRecord.Initialize, "", _agent.NotAfter, TestAgent.Stop);
        await Eventually.HoldsAsync("the first try to be given up", TestAgent.Soon, () => endpoint.Channel(EtcdPath.Bulk) != channel, TestAgent.Stop);
        _proxy.HealNewConnections();
        Assert.NotEqual(WriteOutcome.Written, await claiming);
    }

    [Fact]
    public async Task Of_a_watch_does_not_keep_an_old_picture_alive()
    {
        await using var agent = await TestAgent.StartReadyAsync(
            "b",
            _proxy.Endpoint,
            new(TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(3)),
            new JsonObject { ["use_proxies"] = true });
        _proxy.LoseAnswers();
        await _witness.AcquireAsync();
        var silent = await Eventually.HoldsAsync("the picture to be withdrawn", TestAgent.Soon, () => agent.Dcs.Latest is DcsReading.Silent, TestAgent.Stop);
        TestContext.Current.TestOutputHelper?.WriteLine($"half-open watch: picture withdrawn after {silent.TotalSeconds:F1} s");
        _proxy.HealNewConnections();
        var back = await Eventually.HoldsAsync("the picture to come back", TestAgent.Soon, () => agent.Dcs.Latest is DcsReading.Answered { Cluster.IsUnlocked: false }, TestAgent.Stop);
        TestContext.Current.TestOutputHelper?.WriteLine($"and back after {back.TotalSeconds:F1} s");
    }
}
