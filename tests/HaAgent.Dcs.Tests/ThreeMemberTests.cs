using System.Diagnostics;
using System.Text.Json.Nodes;
using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;
using HaAgent.Dcs.Etcd;
using HaAgent.Dcs.Protos;
using HaAgent.Testing;
using HaAgent.Testing.Etcd;

namespace HaAgent.Dcs.Tests;

/// <summary>What a cluster of three etcd members may do to an agent.</summary>
public sealed class Three_members : IAsyncLifetime
{
    private static readonly EtcdTiming Timing =
        new(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(4));

    private EtcdServers _etcd = null!;

    private static ITestOutputHelper? Output => TestContext.Current.TestOutputHelper;

    public async ValueTask InitializeAsync() => _etcd = await EtcdServers.StartAsync(new() { Members = 3 });

    public ValueTask DisposeAsync() => _etcd.DisposeAsync();

    [Fact]
    public async Task Are_all_found_when_one_is_named()
    {
        await using var agent = await TestAgent.StartReadyAsync("a", _etcd.Members[1].Endpoint, Timing);
        await Eventually.HoldsAsync("three members to be known", TestAgent.Soon, () => agent.Connection.Endpoints.Count == 3, TestAgent.Stop);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Let_a_renewal_succeed_in_its_budget_when_a_follower_in_use_freezes(int afterLeader)
    {
        var frozen = (await LeaderAsync() + afterLeader) % 3;
        await using var agent = await TestAgent.StartReadyAsync("a", First(frozen), Timing);
        Assert.Equal(LeaseOutcome.Held, (await agent.AcquireAsync()).Outcome);
        _etcd.Members[frozen].Freeze();
        var renewed = await agent.RenewAsync();
        Assert.True(renewed.Outcome == LeaseOutcome.Held, $"{renewed.Outcome}: {renewed.Detail}");
        Assert.NotEqual(_etcd.Members[frozen].Endpoint, agent.Connection.Endpoints.Current.Address.Authority);
    }

    [Fact]
    public async Task Let_a_renewal_succeed_within_the_lease_when_their_leader_freezes()
    {
        var frozen = await LeaderAsync();
        await using var agent = await TestAgent.StartReadyAsync("a", First(frozen), Timing);
        var held = await agent.AcquireAsync();
        Assert.Equal(LeaseOutcome.Held, held.Outcome);
        _etcd.Members[frozen].Freeze();

        // An election is between the tries now: one budget may not be enough for it, the lease must be.
        var renewed = await Eventually.YieldsAsync(
            "a renewal by another member",
            TestAgent.Soon,
            async () => await agent.RenewAsync() is { Outcome: LeaseOutcome.Held } answer ? answer : null, TestAgent.Stop);
        Assert.Equal(held.LeaseId, renewed.LeaseId);
        Assert.InRange(renewed.SentAt - held.SentAt, TimeSpan.Zero, held.GuaranteedFor);
    }

    [Fact]
    public async Task Show_a_new_leader_although_the_watched_one_froze()
    {
        await using var agent = await TestAgent.StartReadyAsync("a", First(0), Timing);
        await using var other = await TestAgent.StartReadyAsync("b", First(1), Timing);
        _etcd.Members[0].Freeze();
        await Eventually.HoldsAsync("b to lead", TestAgent.Soon, async () => (await other.AcquireAsync()).Outcome == LeaseOutcome.Held, TestAgent.Stop);
        var took = await Eventually.HoldsAsync("a to see that b leads", TestAgent.Soon, () => agent.Dcs.Latest is DcsReading.Answered { Cluster.IsUnlocked: false }, TestAgent.Stop);
        Output?.WriteLine($"watched member frozen: new leader seen after {took.TotalSeconds:F2} s");
    }

    [Fact]
    public async Task Serve_on_when_one_is_killed_and_when_it_is_back()
    {
        await using var agent = await TestAgent.StartReadyAsync("a", First(2), Timing);
        await agent.AcquireAsync();
        await _etcd.Members[2].KillAsync();
        await Eventually.HoldsAsync("a renewal without the third", TestAgent.Soon, async () => (await agent.RenewAsync()).Outcome == LeaseOutcome.Held, TestAgent.Stop);
        _etcd.Members[2].Start();
        await _etcd.WaitUntilHealthyAsync();
        await _etcd.Members[0].KillAsync();
        await Eventually.HoldsAsync("a renewal without the first", TestAgent.Soon, async () => (await agent.RenewAsync()).Outcome == LeaseOutcome.Held, TestAgent.Stop);
        await Eventually.HoldsAsync("the picture", TestAgent.Soon, () => agent.Dcs.Latest is DcsReading.Answered, TestAgent.Stop);
        Assert.Equal(new NodeName("a"), agent.View.LeaderName);
    }

    [Fact]
    public async Task Tell_nothing_without_a_majority_and_everything_when_it_is_back()
    {
        await using var agent = await TestAgent.StartReadyAsync("a", First(0), Timing);
        await agent.AcquireAsync();
        _etcd.Members[1].Freeze();
        _etcd.Members[2].Freeze();
        var watch = Stopwatch.StartNew();
        var renewed = await agent.RenewAsync();
        Output?.WriteLine($"no majority: {renewed.Outcome} after {watch.Elapsed.TotalSeconds:F2} s ({renewed.Detail})");
        Assert.Equal(LeaseOutcome.Unknown, renewed.Outcome);
        Assert.True(watch.Elapsed < Timing.RetryTimeout + TimeSpan.FromSeconds(1));
        await Eventually.HoldsAsync("the picture to be withdrawn", TestAgent.Soon, () => agent.Dcs.Latest is DcsReading.Silent, TestAgent.Stop);
        Assert.Equal(WriteOutcome.Unknown, await agent.WriteAsync(DcsRecord.Status, """{"optime":1}"""));
        _etcd.Members[1].Thaw();
        _etcd.Members[2].Thaw();
        var back = await Eventually.HoldsAsync("the picture to be back", TestAgent.Soon, () => agent.Dcs.Latest is DcsReading.Answered, TestAgent.Stop);
        Output?.WriteLine($"majority back: picture after {back.TotalSeconds:F2} s");
    }

    [Fact]
    public async Task End_a_lease_only_after_what_it_guarantees()
    {
        LeaseAnswer held;
        await using var witness = await TestAgent.StartReadyAsync("b", First(1), Timing);
        await using (var agent = await TestAgent.StartReadyAsync("a", First(0), Timing))
        {
            await agent.AcquireAsync();
            held = await agent.RenewAsync();
            await agent.WriteMemberAsync("""{"state":"running"}""");
        }

        await Eventually.HoldsAsync("a to lead", TestAgent.Soon, () => witness.View.LeaderName == new NodeName("a"), TestAgent.Stop);
        await Eventually.HoldsAsync("the lease to end", TestAgent.Soon, () => witness.View.IsUnlocked && witness.View.Members.IsEmpty, TestAgent.Stop);
        var after = Instant.Now(TimeProvider.System) - held.SentAt;
        Output?.WriteLine($"lease of {held.GuaranteedFor.TotalSeconds:F0} s: its end seen {after.TotalSeconds:F2} s after the keepalive was sent");
        Assert.True(after >= held.GuaranteedFor, $"ended after {after}");
    }

    [Fact]
    public async Task Are_not_believed_when_their_raft_term_is_an_old_one()
    {
        var lag = new LaggingMember();
        await using var agent = TestAgent.StartThrough("a", _etcd.Hosts, Timing, lag.Wrap, Undiscovered());
        await agent.Dcs.ReadAsync(agent.NotAfter, TestAgent.Stop);
        await agent.AcquireAsync();
        var stale = agent.Connection.Endpoints.Current;
        lag.Shift = (address, _) => address == stale.Address ? -1 : 0;
        var renewed = await agent.RenewAsync();
        Assert.Equal(LeaseOutcome.Held, renewed.Outcome);
        Assert.NotSame(stale, agent.Connection.Endpoints.Current);
    }

    [Fact]
    public async Task Confirm_nothing_when_there_was_an_election_between_the_keepalive_and_the_read()
    {
        var lag = new LaggingMember();
        await using var agent = TestAgent.StartThrough("a", _etcd.Hosts, Timing, lag.Wrap, Undiscovered());
        await agent.Dcs.ReadAsync(agent.NotAfter, TestAgent.Stop);
        await agent.AcquireAsync();
        lag.Shift = (_, answer) => answer is RangeResponse ? 1 : 0;
        Assert.Equal(LeaseOutcome.Unknown, (await agent.RenewAsync()).Outcome);
    }

    private static JsonObject Undiscovered() => new() { ["use_proxies"] = true };

    private async Task<int> LeaderAsync() => _etcd.Members.ToList().IndexOf(await _etcd.LeaderAsync());

    /// <summary>All endpoints, this one first.</summary>
    private string First(int member) =>
        string.Join(',', _etcd.Members.Select((_, i) => _etcd.Members[(member + i) % 3].Endpoint));
}
