using System.Text.Json.Nodes;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;
using HaAgent.Dcs.Etcd;
using HaAgent.Dcs.Grpc;
using HaAgent.Simulation.Etcd;

namespace HaAgent.Simulation.Tests;

/// <summary>The product's client over an etcd to which things happen.</summary>
public sealed class A_fault_of_the_simulated_etcd
{
    private static readonly EtcdTiming Timing = new(TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(6));

    private readonly EtcdRun _run = new(3);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Loses_the_reply_to_a_transaction_that_the_next_try_finds_done(bool breaks) => WithAgent(async dcs =>
    {
        var lost = new List<LostReply>();
        _run.Etcd.Faults.ReplyLost += lost.Add;
        _run.Etcd.Faults.LoseNextReply("client", EtcdMethods.Txn.Path, breaks);
        Assert.Equal(LeaseOutcome.Held, (await dcs.AcquireAsync(_run.Soon, EtcdRun.Stop)).Outcome);
        Assert.Equal([new("client", EtcdMethods.Txn.Path, Applied: true, breaks)], lost);
        Assert.Equal(1, _run.World.Coverage["lost reply applied"]);
        Assert.Equal("a", _run.Etcd.Leader("/service/batman"));
    });

    [Fact]
    public void Delays_the_answer_to_a_keepalive_until_its_successor_has_been_sent() => WithAgent(async dcs =>
    {
        await dcs.AcquireAsync(_run.Soon, EtcdRun.Stop);
        await _run.Wait(TimeSpan.FromSeconds(2));
        _run.Etcd.Faults.DelayNextAnswer("client", EtcdMethods.LeaseKeepAlive.Path, TimeSpan.FromSeconds(4));
        var before = Core.Model.Instant.Now(_run.Clock);
        var renewed = await dcs.RenewAsync(mayCreate: false, _run.Soon, EtcdRun.Stop);
        Assert.Equal(LeaseOutcome.Held, renewed.Outcome);
        Assert.True(renewed.SentAt - before > TimeSpan.FromSeconds(1.5), $"counted from {renewed.SentAt - before} after the start");
    });

    [Fact]
    public void Kills_a_member_and_the_client_goes_on_with_another_at_once() => WithAgent(async dcs =>
    {
        await dcs.AcquireAsync(_run.Soon, EtcdRun.Stop);
        for (var i = 0; i < 3; i++)
        {
            _run.Etcd.Members[i].Kill();
            await _run.Wait(TimeSpan.FromSeconds(4));
            var before = _run.World.Time.Now;
            Assert.Equal(LeaseOutcome.Held, (await dcs.RenewAsync(mayCreate: false, _run.Soon, EtcdRun.Stop)).Outcome);
            Assert.True(_run.World.Time.Now - before < TimeSpan.FromSeconds(0.5));
            _run.Etcd.Members[i].Start();
            await _run.Wait(TimeSpan.FromSeconds(4));
        }
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Takes_the_majority_away_and_brings_it_back(bool isKilled) => WithAgent(async dcs =>
    {
        await dcs.AcquireAsync(_run.Soon, EtcdRun.Stop);
        foreach (var member in _run.Etcd.Members.Skip(1))
        {
            if (isKilled)
            {
                member.Kill();
            }
            else
            {
                member.Host.Freeze();
            }
        }

        Assert.False(_run.Etcd.HasQuorum);
        Assert.False(_run.Etcd.AnswersMajorityFrom("client"));
        Assert.Equal(LeaseOutcome.Unknown, (await dcs.RenewAsync(mayCreate: false, _run.Soon, EtcdRun.Stop)).Outcome);
        await _run.Wait(TimeSpan.FromSeconds(2));
        Assert.IsType<DcsReading.Silent>(dcs.Latest);
        foreach (var member in _run.Etcd.Members.Skip(1))
        {
            member.Start();
            member.Host.Thaw();
        }

        await _run.Wait(TimeSpan.FromSeconds(6));
        Assert.True(_run.Etcd.HasQuorum);
        Assert.True(_run.Etcd.AnswersMajorityFrom("client"));
        Assert.IsType<DcsReading.Answered>(dcs.Latest);
        Assert.Equal(LeaseOutcome.Held, (await dcs.RenewAsync(mayCreate: false, _run.Soon, EtcdRun.Stop)).Outcome);
    });

    [Fact]
    public void Runs_out_of_space_so_that_only_writes_of_keys_and_new_leases_fail() => WithAgent(async dcs =>
    {
        await dcs.AcquireAsync(_run.Soon, EtcdRun.Stop);
        _run.Etcd.RefusesWrites = true;
        Assert.Equal(WriteOutcome.Unknown, await dcs.WriteAsync(DcsRecord.Status, "{}", null, _run.Soon, EtcdRun.Stop));
        Assert.Equal(GrpcCode.ResourceExhausted, (await _run.Put("k", "v", 0)).Status.Code);
        Assert.Equal(GrpcCode.ResourceExhausted, (await _run.Call(EtcdMethods.LeaseGrant, new() { TTL = 10 }, 0)).Status.Code);
        Assert.Equal(LeaseOutcome.Held, (await dcs.RenewAsync(mayCreate: false, _run.Soon, EtcdRun.Stop)).Outcome);
        Assert.IsType<DcsReading.Answered>(await dcs.ReadFreshAsync(_run.Soon, EtcdRun.Stop));
        Assert.Equal(WriteOutcome.Written, await dcs.ReleaseAsync(_run.Soon, EtcdRun.Stop));
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Wipes_everything(bool keepsClusterId) => WithAgent(async dcs =>
    {
        await dcs.AcquireAsync(_run.Soon, EtcdRun.Stop);
        var id = _run.Etcd.ClusterId;
        var wiped = new List<KeyChange>();
        _run.Etcd.KeyChanged += wiped.Add;
        _run.Etcd.Faults.Wipe(keepsClusterId);
        Assert.Equal(keepsClusterId, id == _run.Etcd.ClusterId);
        Assert.Equal(["/service/batman/leader"], wiped.Select(change => change.Path));
        Assert.All(wiped, change => Assert.Equal(ChangeCause.Wipe, change.Cause.Kind));
        await _run.Wait(TimeSpan.FromSeconds(30));
        Assert.True(Assert.IsType<DcsReading.Answered>(dcs.Latest).Cluster.IsUnlocked);
        Assert.Equal(LeaseOutcome.Held, (await dcs.AcquireAsync(_run.Soon, EtcdRun.Stop)).Outcome);
    });

    [Fact]
    public void Restarts_one_member_after_the_other_without_a_lease_being_lost() => WithAgent(async dcs =>
    {
        await dcs.AcquireAsync(_run.Soon, EtcdRun.Stop);
        _run.Etcd.Faults.RollingRestart(TimeSpan.FromSeconds(3));
        for (var i = 0; i < 6; i++)
        {
            Assert.Equal(LeaseOutcome.Held, (await dcs.RenewAsync(mayCreate: false, _run.Soon, EtcdRun.Stop)).Outcome);
            await _run.Wait(TimeSpan.FromSeconds(5));
        }

        Assert.Equal(1, _run.World.Coverage["etcd rolling restart"]);
        Assert.IsType<DcsReading.Answered>(dcs.Latest);
    });

    [Fact]
    public void Expires_tokens_and_the_client_logs_in_again()
    {
        _run.Etcd.Auth.User = ("root", "secret");
        WithAgent(
            async dcs =>
            {
                await dcs.AcquireAsync(_run.Soon, EtcdRun.Stop);
                _run.Etcd.Faults.ExpireTokens();
                Assert.Equal(LeaseOutcome.Held, (await dcs.RenewAsync(mayCreate: false, _run.Soon, EtcdRun.Stop)).Outcome);
                Assert.Null(dcs.LoginRefused);
            },
            new() { ["username"] = "root", ["password"] = "secret" });
    }

    [Fact]
    public void Lets_nobody_in_with_a_wrong_password()
    {
        _run.Etcd.Auth.User = ("root", "secret");
        _run.Run(async () =>
        {
            await using var dcs = _run.Start("a", Timing, new() { ["username"] = "root", ["password"] = "guess" });
            Assert.IsType<DcsReading.Silent>(await dcs.ReadAsync(_run.Soon, EtcdRun.Stop));
            Assert.NotNull(dcs.LoginRefused);
        });
    }

    [Fact]
    public void Is_an_operator_who_deletes_and_writes_keys() => WithAgent(async dcs =>
    {
        await dcs.AcquireAsync(_run.Soon, EtcdRun.Stop);
        Assert.True(_run.Etcd.Faults.Delete("/service/batman/leader"));
        Assert.True(_run.Etcd.Faults.Put("/service/batman/leader", "x"));
        await _run.Wait(TimeSpan.FromSeconds(0.1));
        Assert.Equal(("x", 0), (_run.Etcd.Leader("/service/batman"), _run.Etcd.LeaderLease("/service/batman")));
        Assert.Equal(LeaseOutcome.NotHeld, (await dcs.RenewAsync(mayCreate: false, _run.Soon, EtcdRun.Stop)).Outcome);
    });

    private void WithAgent(Func<EtcdDcs, Task> test, JsonObject? section = null) => _run.Run(async () =>
    {
        await using var dcs = _run.Start("a", Timing, section);
        Assert.IsType<DcsReading.Answered>(await dcs.ReadAsync(_run.Soon, EtcdRun.Stop));
        await test(dcs);
    });
}
