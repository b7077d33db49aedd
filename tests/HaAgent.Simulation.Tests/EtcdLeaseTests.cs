using HaAgent.Core.Ports;
using HaAgent.Dcs.Etcd;
using HaAgent.Simulation.Etcd;

namespace HaAgent.Simulation.Tests;

public sealed class A_lease_in_the_simulated_etcd
{
    private static readonly EtcdTiming Short = new(TimeSpan.FromSeconds(8), TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(3));

    [Fact]
    public void Ends_after_its_time_and_not_much_later()
    {
        var run = new EtcdRun(3);
        var ended = TimeSpan.Zero;
        var granted = TimeSpan.Zero;
        run.Etcd.KeyChanged += change =>
            ended = change is { Path: "k", After: null, Cause.Kind: ChangeCause.LeaseExpiry } ? run.World.Time.Now : ended;
        run.Run(async () =>
        {
            var lease = await run.Grant(10);
            granted = run.World.Time.Now;
            Assert.True((await run.Put("k", "v", 1, lease)).IsOk);
        });
        run.Pass(TimeSpan.FromSeconds(20));
        Assert.InRange((ended - granted).TotalSeconds, 9.98, 10.7);
        Assert.Equal(1, run.World.Coverage["lease expired"]);
    }

    [Fact]
    public void Is_never_shorter_than_etcd_allows()
    {
        var run = new EtcdRun(1);
        run.Run(async () => Assert.Equal(2, (await run.Call(EtcdMethods.LeaseGrant, new() { TTL = 1 }, 0)).Message!.TTL));
    }

    [Fact]
    public void Lives_its_whole_time_again_after_an_election()
    {
        var run = new EtcdRun(3);
        var ended = TimeSpan.Zero;
        run.Etcd.KeyChanged += change => ended = change is { Path: "k", After: null } ? run.World.Time.Now : ended;
        run.Run(async () => Assert.True((await run.Put("k", "v", 0, await run.Grant(10))).IsOk));
        run.Pass(TimeSpan.FromSeconds(8));
        run.Etcd.Faults.ForceElection();
        var elected = run.World.Time.Now;
        run.Pass(TimeSpan.FromSeconds(20));
        Assert.InRange((ended - elected).TotalSeconds, 10.99, 11.8);
    }

    [Fact]
    public void Is_prolonged_through_any_member()
    {
        var run = new EtcdRun(3);
        run.Run(async () =>
        {
            var lease = await run.Grant(5);
            Assert.True((await run.Put("k", "v", 0, lease)).IsOk);
            for (var i = 0; i < 12; i++)
            {
                await run.Wait(TimeSpan.FromSeconds(3));
                Assert.Equal(5, (await run.Renew(lease, i % 3)).Message!.TTL);
            }

            Assert.Equal("v", run.Etcd.Find("k")?.Value);
            await run.Wait(TimeSpan.FromSeconds(6));
            Assert.Null(run.Etcd.Find("k"));
            Assert.Equal(0, (await run.Renew(lease, 0)).Message!.TTL);
        });
    }

    /// <summary>The confirmation that only the term in its header gives away.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void May_be_confirmed_by_a_leader_that_others_have_deposed(bool isFrozen)
    {
        var confirmed = 0;
        for (var seed = 1UL; seed <= 30; seed++)
        {
            // Fixed versions ask the others first when they find that they were held up; cut off, they know of nothing.
            var run = new EtcdRun(3, seed) { Etcd = { Version = isFrozen ? "3.5.12" : "3.5.13" } };
            var old = run.Etcd.RaftLeader!;
            run.Run(async () =>
            {
                var lease = await run.Grant(30);
                await HoldUp(run, old, isFrozen);
                for (var i = 0; i < 30 && old.Raft.IsLeader; i++)
                {
                    var renewing = run.Renew(lease, old.Index, 1);
                    old.Process.Thaw();
                    var reply = await renewing;
                    if (reply.IsOk && run.World.Coverage.ContainsKey("deposed keepalive confirmed"))
                    {
                        confirmed++;
                        Assert.Equal(30, reply.Message!.TTL);
                        Assert.True(reply.Message.Header.RaftTerm < run.Etcd.Term);
                        break;
                    }

                    await run.Wait(TimeSpan.FromSeconds(0.05));
                }
            });
        }

        Assert.InRange(confirmed, 1, 30);
    }

    private static Task HoldUp(EtcdRun run, SimMember leader, bool isFrozen)
    {
        if (!isFrozen)
        {
            run.Etcd.Faults.MakeStale(leader.Index);
            return Task.CompletedTask;
        }

        leader.Process.Freeze();
        return run.Wait(TimeSpan.FromSeconds(5));
    }

    [Theory]
    [InlineData("3.5.12", true)]
    [InlineData("3.5.13", false)]
    public void May_be_ended_early_by_a_leader_that_was_held_up_in_old_versions(string version, bool mayBe)
    {
        var run = new EtcdRun(3) { Etcd = { Version = version } };
        var old = run.Etcd.RaftLeader!;
        var causes = new List<ChangeCause>();
        run.Etcd.KeyChanged += change => causes.Add(change.Cause.Kind);
        run.Run(async () =>
        {
            var lease = await run.Grant(5, old.Index);
            Assert.True((await run.Put("k", "v", old.Index, lease)).IsOk);
            old.Process.Freeze();
            for (var i = 0; i < 4; i++)
            {
                await run.Wait(TimeSpan.FromSeconds(2));
                await run.Renew(lease, (old.Index + 1) % 3);
            }

            old.Process.Thaw();
            await run.Wait(TimeSpan.FromSeconds(2));
        });
        Assert.Equal(mayBe ? [ChangeCause.Client, ChangeCause.EarlyRevoke] : [ChangeCause.Client], causes);
    }

    [Fact]
    public void Is_ended_early_when_that_is_told_to_happen()
    {
        var run = new EtcdRun(3);
        run.Run(async () =>
        {
            await using var dcs = run.Start("a", Short);
            Assert.Equal(LeaseOutcome.Held, (await dcs.AcquireAsync(run.Soon, EtcdRun.Stop)).Outcome);
            Assert.Equal("a", run.Etcd.Leader("/service/batman"));
            Assert.True(run.Etcd.Faults.EarlyRevoke("/service/batman/leader"));
            await run.Wait(TimeSpan.FromSeconds(0.1));
            Assert.Null(run.Etcd.Leader("/service/batman/"));
            Assert.Equal(LeaseOutcome.NotHeld, (await dcs.RenewAsync(mayCreate: false, run.Soon, EtcdRun.Stop)).Outcome);
        });
    }
}
