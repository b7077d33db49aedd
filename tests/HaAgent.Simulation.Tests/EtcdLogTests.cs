using Google.Protobuf;
using HaAgent.Dcs.Etcd;
using HaAgent.Dcs.Grpc;
using HaAgent.Dcs.Protos;
using HaAgent.Simulation.Etcd;
using HaAgent.Simulation.Kernel;

namespace HaAgent.Simulation.Tests;

/// <summary>What each member knows and says while the cluster is in trouble.</summary>
public sealed class The_log_of_the_simulated_etcd
{
    [Fact]
    public void Is_the_same_for_every_member()
    {
        var run = new EtcdRun(5);
        run.Run(async () =>
        {
            for (var i = 0; i < 50; i++)
            {
                Assert.True((await run.Put("k", $"{i}", i % 5)).IsOk);
                Assert.Equal($"{i}", await run.Read("k", (i + 2) % 5));
            }
        });
    }

    [Fact]
    public void Gets_a_new_leader_when_the_old_one_is_gone()
    {
        var run = new EtcdRun(3);
        var (old, term) = (run.Etcd.RaftLeader!, run.Etcd.Term);
        old.Kill();
        Assert.False(run.Etcd.HasQuorum);
        run.Pass(TimeSpan.FromSeconds(2.5));
        Assert.True(run.Etcd.HasQuorum);
        Assert.NotEqual(old, run.Etcd.RaftLeader);
        Assert.True(run.Etcd.Term > term);
        Assert.Equal(1, run.World.Coverage["etcd election"]);
    }

    [Fact]
    public void Refuses_connections_at_once_where_no_member_runs()
    {
        var run = new EtcdRun(3);
        run.Etcd.Members[1].Kill();
        run.Run(async () =>
        {
            var reply = await run.Put("k", "v", 1);
            Assert.Equal((GrpcCode.Unavailable, GrpcOrigin.Transport), (reply.Status.Code, reply.Status.Origin));
        });
        Assert.True(run.World.Time.Now < TimeSpan.FromSeconds(0.1));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Is_silent_behind_a_cut_and_at_a_frozen_member(bool isCut)
    {
        var run = new EtcdRun(3);
        if (isCut)
        {
            run.World.Network.Cut("etcd2", "client");
        }
        else
        {
            run.Etcd.Members[1].Host.Freeze();
        }

        run.Run(async () =>
        {
            var reply = await run.Put("k", "v", 1, 0);
            Assert.Equal((GrpcCode.DeadlineExceeded, GrpcOrigin.Deadline), (reply.Status.Code, reply.Status.Origin));
        });
        Assert.InRange(run.World.Time.Now.TotalSeconds, 2.99, 3.01);
    }

    [Fact]
    public void Shows_old_data_in_an_old_term_at_a_member_that_has_fallen_behind()
    {
        var run = new EtcdRun(3);
        var stale = run.Etcd.Members.First(member => member != run.Etcd.RaftLeader).Index;
        run.Run(async () =>
        {
            Assert.True((await run.Put("k", "old", 0)).IsOk);
            await run.Wait(TimeSpan.FromSeconds(1));
            run.Etcd.Faults.MakeStale(stale);
            run.Etcd.Faults.ForceElection();
            Assert.True((await run.Put("k", "new", (stale + 1) % 3)).IsOk);
            Assert.Equal("old", await run.Read("k", stale, serializable: true));
            Assert.Equal("new", await run.Read("k", (stale + 1) % 3));
            Assert.Null(await run.Read("k", stale));
            var status = await run.Call(EtcdMethods.Status, new(), stale);
            Assert.True(status.Message!.Header.RaftTerm < run.Etcd.Term);
            run.Etcd.Faults.MakeStale(stale, isStale: false);
            await run.Wait(TimeSpan.FromSeconds(1));
            Assert.Equal("new", await run.Read("k", stale));
        });
    }

    /// <summary>What a leader had taken and could not decide is decided by the next one, either way.</summary>
    [Fact]
    public void May_keep_or_lose_what_was_proposed_to_a_leader_that_was_cut_off()
    {
        var kept = 0;
        const int Seeds = 40;
        for (var seed = 1UL; seed <= Seeds; seed++)
        {
            var run = new EtcdRun(3, seed);
            var old = run.Etcd.RaftLeader!;
            var chance = run.World.Stream("test");
            run.Run(async () =>
            {
                run.World.Time.After(chance.Milliseconds(0.2, 1.2), () => run.Etcd.Faults.MakeStale(old.Index));
                var reply = await run.Put("k", "v", old.Index);
                await run.Wait(TimeSpan.FromSeconds(4));
                var isThere = run.Etcd.Find("k") is not null;
                kept += isThere && !reply.IsOk ? 1 : 0;
                Assert.True(isThere || !reply.IsOk);
            });
        }

        Assert.InRange(kept, 1, Seeds - 1);
    }

    [Fact]
    public void Is_played_the_same_way_again_from_the_same_seed()
    {
        Assert.Equal(Play(5), Play(5));
        Assert.NotEqual(Play(5), Play(6));
    }

    /// <summary>The model itself: whatever happens to it, what it has answered stays, and reads never go back.</summary>
    [Fact]
    public void Never_loses_what_it_has_answered()
    {
        var answered = 0;
        for (var seed = 1UL; seed <= 20; seed++)
        {
            answered += Play(seed).Answered;
        }

        Assert.True(answered > 2000, $"only {answered} writes were answered");
    }

    private static (ulong Hash, int Answered) Play(ulong seed)
    {
        var run = new EtcdRun(seed % 2 == 0 ? 3 : 5, seed);
        var chance = run.World.Stream("trouble");
        var written = new List<string>();
        MakeTrouble(run, chance, TimeSpan.FromSeconds(60));
        run.Run(async () =>
        {
            for (var i = 0; run.World.Time.Now < TimeSpan.FromSeconds(60); i++)
            {
                var known = run.Etcd.Store.Revision;
                var member = chance.Below(run.Etcd.Members.Count);
                if ((await run.Call(EtcdMethods.Put, Put($"k{i}"), member, 0.5)).IsOk)
                {
                    written.Add($"k{i}");
                }

                var read = await run.Call(EtcdMethods.Range, new() { Key = ByteString.CopyFromUtf8("k") }, chance.Below(3), 0.5);
                Assert.True(!read.IsOk || read.Message!.Header.Revision >= known, $"read {read.Message} after {known}");
            }

            await run.Wait(TimeSpan.FromSeconds(6));
            Assert.True(run.Etcd.HasQuorum);
            foreach (var key in written)
            {
                Assert.NotNull(run.Etcd.Find(key));
            }

            for (var i = 0; i < run.Etcd.Members.Count; i++)
            {
                Assert.NotNull(await run.Read(written[^1], i));
                Assert.Equal(run.Etcd.Store.Revision, run.Etcd.Members[i].Server.Revision);
            }
        });
        return (run.World.Journal.Hash, written.Count);
    }

    private static PutRequest Put(string key) => new() { Key = ByteString.CopyFromUtf8(key), Value = ByteString.CopyFromUtf8("v") };

    private static void MakeTrouble(EtcdRun run, Chance chance, TimeSpan until)
    {
        run.World.Time.After(chance.Seconds(0.2, 3), () =>
        {
            if (run.World.Time.Now > until)
            {
                run.World.Network.HealAll();
                foreach (var member in run.Etcd.Members)
                {
                    member.Host.Thaw();
                    member.Start();
                    member.IsIsolated = false;
                }

                return;
            }

            var (a, b) = (chance.OneOf(run.Etcd.Members), chance.OneOf(run.Etcd.Members));
            switch (chance.Below(8))
            {
                case 0:
                    a.Kill();
                    break;
                case 1:
                    a.Host.Freeze();
                    break;
                case 2:
                    run.World.Network.Cut(a.Name, b.Name);
                    break;
                case 3:
                    run.World.Network.Trouble(a.Name, b.Name, new(TimeSpan.FromMilliseconds(50), 0.2));
                    break;
                case 4:
                    run.Etcd.Faults.ForceElection();
                    break;
                default:
                    a.Host.Thaw();
                    b.Start();
                    run.World.Network.HealAll();
                    break;
            }

            MakeTrouble(run, chance, until);
        });
    }
}
