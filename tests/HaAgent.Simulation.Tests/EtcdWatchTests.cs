using Google.Protobuf;
using HaAgent.Dcs.Etcd;
using HaAgent.Dcs.Grpc;
using HaAgent.Dcs.Protos;

namespace HaAgent.Simulation.Tests;

public sealed class A_watch_of_the_simulated_etcd
{
    [Fact]
    public void Shows_every_change_in_order_from_where_it_begins()
    {
        var run = new EtcdRun(3);
        run.Run(async () =>
        {
            var first = (await run.Put("/k", "0", 0)).Message!.Header.Revision;
            for (var i = 1; i < 5; i++)
            {
                await run.Put("/k", $"{i}", 0);
            }

            await using var stream = await Open(run, member: 1, from: first);
            for (var i = 5; i < 40; i++)
            {
                await run.Put("/k", $"{i}", i % 3);
                await run.Put("other", "x", 0);
            }

            var seen = new List<string>();
            while (seen.Count < 40)
            {
                var reply = await stream.ReadAsync(EtcdRun.Stop);
                seen.AddRange(reply.Message!.Events.Select(happened => happened.Kv.Value.ToStringUtf8()));
            }

            Assert.Equal(Enumerable.Range(0, 40).Select(i => $"{i}"), seen);
        });
    }

    [Fact]
    public void Is_cancelled_when_what_it_asks_for_has_been_compacted()
    {
        var run = new EtcdRun(3);
        run.Run(async () =>
        {
            for (var i = 0; i < 5; i++)
            {
                await run.Put("/k", $"{i}", 0);
            }

            Assert.True(run.Etcd.Faults.Compact());
            await run.Wait(TimeSpan.FromSeconds(0.1));
            await using var stream = await Open(run, member: 0, from: 2);
            var end = (await stream.ReadAsync(EtcdRun.Stop)).Message!;
            Assert.True(end.Canceled);
            Assert.Equal(run.Etcd.Store.Revision, end.CompactRevision);
        });
    }

    /// <summary>A revision may come in parts only as fragments, of which the last is none.</summary>
    [Fact]
    public void Never_shows_half_a_transaction_as_a_whole_one()
    {
        var fragments = 0;
        var run = new EtcdRun(3);
        run.Run(async () =>
        {
            await using var stream = await Open(run, member: 0, from: 2);
            for (var i = 0; i < 60; i++)
            {
                var both = new TxnRequest { Success = { Write("/a", i), Write("/b", i) } };
                Assert.True((await run.Call(EtcdMethods.Txn, both, 1)).IsOk);
            }

            var events = new List<Event>();
            for (var last = 0L; last < run.Etcd.Store.Revision;)
            {
                var response = (await stream.ReadAsync(EtcdRun.Stop)).Message!;
                events.AddRange(response.Events);
                fragments += response.Fragment ? 1 : 0;
                if (!response.Fragment)
                {
                    Assert.Equal(0, events.Count % 2);
                    last = events[^1].Kv.ModRevision;
                }
            }

            Assert.Equal(120, events.Count);
        });
        Assert.InRange(fragments, 1, 30);
    }

    [Fact]
    public void Goes_on_or_breaks_or_stays_half_open_after_a_cut()
    {
        var (wentOn, broke, halfOpen) = (0, 0, 0);
        for (var seed = 1UL; seed <= 30; seed++)
        {
            var run = new EtcdRun(3, seed);
            run.Run(async () =>
            {
                await using var stream = await Open(run, member: 1, from: 2);
                run.World.Network.CutBoth("client", "etcd2");
                await run.Put("/k", "v", 0);
                var reading = stream.ReadAsync(EtcdRun.Stop);
                await run.Wait(TimeSpan.FromSeconds(15));
                Assert.False(reading.IsCompleted);
                run.World.Network.HealAll();
                await run.Wait(TimeSpan.FromSeconds(60));
                wentOn += reading is { IsCompleted: true, Result.IsOk: true } ? 1 : 0;
                broke += reading is { IsCompleted: true, Result.Status.Origin: GrpcOrigin.Transport } ? 1 : 0;
                halfOpen += reading.IsCompleted ? 0 : 1;
            });
        }

        Assert.True(wentOn > 0 && broke > 0 && halfOpen > 0, $"{wentOn}, {broke}, {halfOpen}");
        Assert.Equal(30, wentOn + broke + halfOpen);
    }

    [Fact]
    public void Breaks_when_its_member_dies()
    {
        var run = new EtcdRun(3);
        run.Run(async () =>
        {
            await using var stream = await Open(run, member: 1, from: 2);
            run.Etcd.Members[1].Kill();
            Assert.Equal(GrpcOrigin.Transport, (await stream.ReadAsync(EtcdRun.Stop)).Status.Origin);
        });
    }

    [Fact]
    public void Reaches_a_frozen_process_when_it_is_thawed_and_a_dead_one_never()
    {
        var run = new EtcdRun(3);
        var host = new Kernel.SimHost(run.World, "agent");
        var (frozen, dead) = (host.Start("frozen"), host.Start("dead"));
        var told = new List<string>();
        foreach (var process in new[] { frozen, dead })
        {
            run.Run(process, async () =>
            {
                var opened = await run.Channel(0, process).OpenAsync(EtcdMethods.Watch, Watch(2), Call, EtcdRun.Stop);
                await opened.Message!.ReadAsync(EtcdRun.Stop);
                _ = Listen(opened.Message, process.Name, told);
            });
        }

        frozen.Freeze();
        dead.Freeze();
        run.Run(async () => await run.Put("/k", "v", 0));
        run.Pass(TimeSpan.FromSeconds(5));
        Assert.Empty(told);
        dead.Kill();
        frozen.Thaw();
        run.Pass(TimeSpan.FromSeconds(5));
        Assert.Equal(["frozen"], told);
    }

    private static GrpcCall Call => new(TimeSpan.FromSeconds(3), null);

    private static async Task Listen(IGrpcStream<WatchRequest, WatchResponse> stream, string name, List<string> told)
    {
        await stream.ReadAsync(EtcdRun.Stop);
        told.Add(name);
    }

    private static WatchRequest Watch(long from) => EtcdTransactions.Watch("/", from);

    private static async Task<IGrpcStream<WatchRequest, WatchResponse>> Open(EtcdRun run, int member, long from)
    {
        var opened = await run.Channel(member).OpenAsync(EtcdMethods.Watch, Watch(from), Call, EtcdRun.Stop);
        var stream = opened.Message!;
        Assert.True((await stream.ReadAsync(EtcdRun.Stop)).Message!.Created);
        return stream;
    }

    private static RequestOp Write(string key, int value) => new()
    {
        RequestPut = new() { Key = ByteString.CopyFromUtf8(key), Value = ByteString.CopyFromUtf8($"{value}") },
    };
}
