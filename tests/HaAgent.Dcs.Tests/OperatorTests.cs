using System.Text.Json.Nodes;
using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;
using HaAgent.Dcs.Etcd;
using HaAgent.Testing;
using HaAgent.Testing.Etcd;

namespace HaAgent.Dcs.Tests;

/// <summary>What an operator does at the store behind an agent's back.</summary>
public sealed class An_operator_at_etcd : IAsyncLifetime
{
    private const string Leader = "/service/batman/leader";

    private EtcdServers _etcd = null!;
    private TestAgent _agent = null!;
    private TestAgent _witness = null!;

    public async ValueTask InitializeAsync()
    {
        _etcd = await EtcdServers.StartAsync();
        _agent = await TestAgent.StartReadyAsync("a", _etcd.Hosts);
        _witness = await TestAgent.StartReadyAsync("b", _etcd.Hosts);
        await _agent.AcquireAsync();
        await _agent.WriteMemberAsync("""{"state":"running"}""");
        await Eventually.HoldsAsync("a to lead", TestAgent.Soon, () => !_witness.View.IsUnlocked && _witness.View.Members.Length == 1, TestAgent.Stop);
        _agent.ForgetChanges();
    }

    public async ValueTask DisposeAsync()
    {
        await _agent.DisposeAsync();
        await _witness.DisposeAsync();
        await _etcd.DisposeAsync();
    }

    [Fact]
    public async Task Who_deletes_the_leader_key_is_noticed_at_once_and_no_renewal_brings_it_back()
    {
        await EtcdCtl.RunAsync(_etcd.Hosts, "del", Leader);
        var took = await Eventually.HoldsAsync("the leader to be told", TestAgent.Soon, () => _agent.WasToldOf(DcsChange.Leader), TestAgent.Stop);
        TestContext.Current.TestOutputHelper?.WriteLine($"told {took.TotalMilliseconds:F0} ms after etcdctl had ended");
        Assert.True(_agent.View.IsUnlocked);
        Assert.Equal(LeaseOutcome.NotHeld, (await _agent.RenewAsync()).Outcome);
        Assert.Equal(LeaseOutcome.NotHeld, (await _agent.RenewAsync()).Outcome);
    }

    [Fact]
    public async Task Who_empties_the_store_is_noticed_although_it_has_the_same_name_and_counts_from_the_beginning()
    {
        for (var i = 0; i < 20; i++)
        {
            await EtcdCtl.RunAsync(_etcd.Hosts, "put", "/service/batman/history", $"[{i}]"); // more writes than the new store will have seen
        }

        await _etcd.Members[0].WipeAsync();
        _etcd.StartAll();
        await _etcd.WaitUntilHealthyAsync();
        foreach (var agent in (TestAgent[])[_witness, _agent])
        {
            await Eventually.HoldsAsync(
                "nobody leads", TestAgent.Soon,
                () => agent.Dcs.Latest is DcsReading.Answered { Cluster: { IsUnlocked: true, Members: [] } }, TestAgent.Stop);
        }

        Assert.Equal(LeaseOutcome.NotHeld, (await _agent.RenewAsync()).Outcome);
    }

    [Fact]
    public async Task Who_writes_another_name_into_the_leader_key_ends_the_lease_on_it()
    {
        await EtcdCtl.RunAsync(_etcd.Hosts, "put", Leader, "somebody");
        await Eventually.HoldsAsync("the leader to be told", TestAgent.Soon, () => _agent.WasToldOf(DcsChange.Leader), TestAgent.Stop);
        Assert.Equal(new NodeName("somebody"), _agent.View.LeaderName);
        Assert.Equal(LeaseOutcome.NotHeld, (await _agent.RenewAsync(mayCreate: true)).Outcome);
        Assert.Equal(WriteOutcome.Refused, await _agent.ReleaseAsync());
    }

    [Fact]
    public async Task Who_deletes_the_leader_key_and_writes_the_same_name_again_does_not_restore_the_lease()
    {
        await EtcdCtl.RunAsync(_etcd.Hosts, "del", Leader);
        await EtcdCtl.RunAsync(_etcd.Hosts, "put", Leader, "a");
        Assert.Equal(LeaseOutcome.NotHeld, (await _agent.RenewAsync()).Outcome);
    }

    [Fact]
    public async Task Who_detaches_the_leader_key_from_its_lease_is_corrected_by_the_next_renewal()
    {
        await EtcdCtl.RunAsync(_etcd.Hosts, "put", Leader, "a");
        await Eventually.HoldsAsync("the leader to be told", TestAgent.Soon, () => _agent.WasToldOf(DcsChange.Leader), TestAgent.Stop);
        var renewed = await _agent.RenewAsync();
        Assert.Equal(LeaseOutcome.Held, renewed.Outcome);
        await Eventually.HoldsAsync("the key to hang on the lease", TestAgent.Soon, () => _witness.View.Leader?.LeaseId == renewed.LeaseId, TestAgent.Stop);
    }

    [Fact]
    public async Task Who_revokes_the_lease_is_noticed_and_the_member_comes_back_under_a_new_one()
    {
        await EtcdCtl.RunAsync(_etcd.Hosts, "lease", "revoke", _agent.View.Leader!.LeaseId.ToString("x"));
        await Eventually.HoldsAsync("the leader to be told", TestAgent.Soon, () => _agent.WasToldOf(DcsChange.Leader), TestAgent.Stop);
        await Eventually.HoldsAsync("the missing member key to be told", TestAgent.Soon, () => _agent.WasToldOf(DcsChange.Members), TestAgent.Stop);
        Assert.Equal(LeaseOutcome.NotHeld, (await _agent.RenewAsync()).Outcome);
        Assert.Equal(WriteOutcome.Written, await _agent.WriteMemberAsync("""{"state":"running"}"""));
        await Eventually.HoldsAsync("the member to be back", TestAgent.Soon, () => _witness.View.Members.Length == 1, TestAgent.Stop);
    }

    [Fact]
    public async Task Who_revokes_the_lease_of_a_replica_makes_its_next_write_get_another()
    {
        await _witness.WriteMemberAsync("""{"state":"running","role":"replica"}""");
        var lease = _witness.View.Find(new("b"))!.LeaseId;
        await EtcdCtl.RunAsync(_etcd.Hosts, "lease", "revoke", lease.ToString("x"));
        await Eventually.HoldsAsync("the member key to go", TestAgent.Soon, () => _witness.View.Find(new("b")) is null, TestAgent.Stop);
        Assert.Equal(WriteOutcome.Refused, await _witness.WriteMemberAsync("""{"state":"running","role":"replica"}"""));
        Assert.Equal(WriteOutcome.Written, await _witness.WriteMemberAsync("""{"state":"running","role":"replica"}"""));
        Assert.NotEqual(lease, _witness.View.Find(new("b"))!.LeaseId);
    }

    [Fact]
    public async Task Who_compacts_the_history_does_not_disturb_the_picture()
    {
        for (var i = 1; i <= 200; i++)
        {
            await _witness.WriteAsync(DcsRecord.Status, $$"""{"optime":{{i}}}""");
        }

        await EtcdCtl.RunAsync(_etcd.Hosts, "compaction", "--physical", "150");
        await _witness.WriteAsync(DcsRecord.Status, """{"optime":1000}""");
        await Eventually.HoldsAsync("the write after the compaction", TestAgent.Soon, () => _agent.View.Status.Optime == new Lsn(1000), TestAgent.Stop);
    }

    [Fact]
    public async Task Whose_ttl_changes_gets_a_new_lease_and_the_key_moves_without_ever_being_free()
    {
        var created = _agent.View.Leader!.CreateRevision;
        _agent.Dcs.Configure(TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(5));
        var renewed = await _agent.RenewAsync();
        Assert.Equal((LeaseOutcome.Held, TimeSpan.FromSeconds(20)), (renewed.Outcome, renewed.GuaranteedFor));
        Assert.Equal((created, renewed.LeaseId), (_agent.View.Leader!.CreateRevision, _agent.View.Leader!.LeaseId));
        Assert.Equal(WriteOutcome.Written, await _agent.WriteMemberAsync("""{"state":"running"}"""));
        Assert.Equal(renewed.LeaseId, _agent.View.Find(new("a"))!.LeaseId);
    }

    [Fact]
    public async Task Learns_of_a_version_that_may_end_leases_early()
    {
        var status = await EtcdCtl.RunAsync(_etcd.Hosts, "endpoint", "status", "--write-out", "json");
        var version = (string)JsonNode.Parse(status)![0]!["Status"]!["version"]!;
        Assert.SkipWhen(EtcdVersions.Warning(version) is null, $"etcd {version} ends no lease early: there is nothing to tell.");
        await Eventually.HoldsAsync(
            "the notice", TestAgent.Soon, () => _agent.Dcs.Notices.Any(n => n.Contains("etcd-io/etcd#15247", StringComparison.Ordinal)), TestAgent.Stop);
    }

    [Fact]
    public async Task Learns_of_a_ttl_that_was_raised()
    {
        await using var hasty = await TestAgent.StartReadyAsync(
            "c", _etcd.Hosts, new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(3)));
        await hasty.WriteMemberAsync("""{"state":"running"}""");
        await hasty.WriteMemberAsync("""{"state":"stopped"}""");
        Assert.Single(hasty.Dcs.Notices, notice => notice.Contains("raised the TTL", StringComparison.Ordinal));
        await _agent.ReleaseAsync();
        Assert.Equal(TimeSpan.FromSeconds(1), (await hasty.AcquireAsync()).GuaranteedFor);
    }
}
