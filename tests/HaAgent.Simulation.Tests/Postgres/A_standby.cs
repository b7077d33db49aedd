using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;
using HaAgent.Simulation.Kernel;
using HaAgent.Simulation.Postgres;

namespace HaAgent.Simulation.Tests.Postgres;

public class A_standby
{
    [Fact]
    public void That_is_ahead_of_a_promoted_one_cannot_follow_it()
    {
        var cluster = Cluster.Founded();
        CutOffWithLess(cluster, cluster.B);
        cluster.A.KillEverything();
        cluster.World.Network.HealAll();
        cluster.Promote(cluster.B);
        Follow(cluster, cluster.C, cluster.B);
        cluster.Run(20);
        Assert.False(cluster.C.Run!.Receiver.IsStreaming);
        Assert.Equal(1, cluster.World.Coverage["diverged"]);
        var facts = cluster.Await(cluster.Port(cluster.C).CompareAsync(Cluster.Of(cluster.B), Cluster.Never));
        Assert.True(facts.Local.Lsn > facts.LeaderHistory[0].SwitchPoint && facts.LocalInRecovery);
    }

    [Fact]
    public void That_is_behind_follows_a_promoted_one_onto_its_timeline()
    {
        var cluster = Cluster.Founded();
        CutOffWithLess(cluster, cluster.C);
        cluster.A.KillEverything();
        cluster.World.Network.HealAll();
        cluster.Promote(cluster.B);
        Follow(cluster, cluster.C, cluster.B);
        cluster.Until(() => cluster.C.Run!.Receiver.IsStreaming, 20);
        cluster.Until(() => cluster.Ask(cluster.C).Timeline.Value == 2, 5);
        var ack = cluster.Write(cluster.B)!;
        cluster.Until(() => cluster.C.Contains(ack), 1);
    }

    [Fact]
    public void Of_another_system_or_without_its_slot_is_refused()
    {
        var cluster = Cluster.Founded();
        Assert.True(cluster.Await(cluster.Port(cluster.B).ApplyAsync(new(false, null, false), Cluster.Never)).Done);
        cluster.Run(1);
        Assert.True(cluster.Await(cluster.Port(cluster.A).ChangeSlotsAsync([new SlotChange.Drop("b")], Cluster.Never)).Done);
        Follow(cluster, cluster.B, cluster.A, slot: false);
        cluster.Run(10);
        Assert.Equal("there is no slot b", cluster.B.Run!.Receiver.Problem);
        cluster.Await(cluster.Port(cluster.A).ChangeSlotsAsync([new SlotChange.CreatePhysical("b")], Cluster.Never));
        cluster.Until(() => cluster.B.Run!.Receiver.IsStreaming, 10);

        var other = new SimServer(cluster.History, new(cluster.World, "other"), "other");
        cluster.Await(cluster.Port(other).InitializeAsync(Cluster.Never));
        cluster.Start(other, asPrimary: false, cluster.A);
        cluster.Run(10);
        Assert.Equal("the system identifiers differ", other.Run!.Receiver.Problem);
    }

    [Fact]
    public void Without_a_slot_cannot_go_on_when_its_wal_was_recycled()
    {
        var cluster = Cluster.Founded(first: c =>
        {
            c.History.WalKeep = 0;
            c.A.UsesSlots = c.B.UsesSlots = c.C.UsesSlots = false;
        });
        cluster.Port(cluster.B).Signal(StopMode.Fast);
        cluster.Until(() => !cluster.B.AnyProcess, 5);
        cluster.Await(cluster.Port(cluster.A).ChangeSlotsAsync([new SlotChange.Drop("b"), new SlotChange.Drop("c")], Cluster.Never));
        cluster.Write(cluster.A);
        cluster.Await(cluster.Port(cluster.A).CheckpointAsync(TimeSpan.FromMinutes(1), Cluster.Never));
        cluster.Start(cluster.B, asPrimary: false, cluster.A);
        cluster.Run(10);
        Assert.EndsWith("was removed", cluster.B.Run!.Receiver.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void With_a_slot_goes_on_from_where_it_was_unless_the_slot_was_lost()
    {
        var cluster = Cluster.Founded(first: c => c.History.WalKeep = 0);
        Stop(cluster, cluster.B);
        cluster.Write(cluster.A);
        cluster.Await(cluster.Port(cluster.A).CheckpointAsync(TimeSpan.FromMinutes(1), Cluster.Never));
        cluster.Start(cluster.B, asPrimary: false, cluster.A);
        cluster.Until(() => cluster.B.Run!.Receiver.IsStreaming, 10);

        Stop(cluster, cluster.B);
        cluster.History.MaxSlotWalKeep = 100;
        cluster.Write(cluster.A);
        cluster.Await(cluster.Port(cluster.A).CheckpointAsync(TimeSpan.FromMinutes(1), Cluster.Never));
        Assert.True(Assert.Single(cluster.Ask(cluster.A).Slots, slot => slot.Name == "b").IsLost);
        cluster.Start(cluster.B, asPrimary: false, cluster.A);
        cluster.Run(10);
        Assert.False(cluster.B.Run!.Receiver.IsStreaming);
    }

    [Theory]
    [InlineData("a", "b")]
    [InlineData("b", "a")]
    public void Notices_a_network_that_is_cut_one_way_after_a_minute_and_comes_back(string from, string to)
    {
        var cluster = Cluster.Founded();
        cluster.World.Network.Cut(from, to);
        cluster.Run(30);
        Assert.Equal(2, cluster.Ask(cluster.A).WalSenders.Length);
        cluster.Until(() => cluster.Ask(cluster.A).WalSenders.Length == 1, 60);
        cluster.Until(() => !cluster.B.Run!.Receiver.IsStreaming, 10);
        cluster.World.Network.HealAll();
        cluster.Until(() => cluster.B.Run!.Receiver.IsStreaming, 20);
        var ack = cluster.Write(cluster.A)!;
        cluster.Until(() => cluster.B.Contains(ack), 1);
    }

    [Fact]
    public void Gets_what_was_written_during_a_short_cut_without_a_new_connection()
    {
        var cluster = Cluster.Founded();
        var pid = cluster.Ask(cluster.A).WalSenders[0].Pid;
        cluster.World.Network.CutBoth("a", "b");
        var ack = cluster.Write(cluster.A)!;
        cluster.Run(20);
        Assert.False(cluster.B.Contains(ack));
        cluster.World.Network.HealAll();
        cluster.Until(() => cluster.B.Contains(ack), 2);
        Assert.Equal(pid, cluster.Ask(cluster.A).WalSenders[0].Pid);
    }

    [Fact]
    public void Feeds_another_one_and_takes_it_along_when_it_is_promoted()
    {
        var cluster = Cluster.Founded();
        cluster.Await(cluster.Port(cluster.B).ChangeSlotsAsync([new SlotChange.CreatePhysical("c")], Cluster.Never));
        Follow(cluster, cluster.C, cluster.B, slot: false);
        cluster.Until(() => cluster.Ask(cluster.B).WalSenders.Length == 1, 10);
        var ack = cluster.Write(cluster.A)!;
        cluster.Until(() => cluster.C.Contains(ack), 1);
        cluster.A.KillEverything();
        cluster.Promote(cluster.B);
        cluster.Until(() => cluster.C.Directory.Branch == cluster.B.Directory.Branch, 2);
        Assert.True(cluster.C.Run!.Receiver.IsStreaming);
    }

    [Fact]
    public void Loses_with_the_power_what_was_written_and_not_flushed_but_not_with_its_processes()
    {
        var cluster = Cluster.Founded();
        var written = 0;
        var kept = 0;
        for (var i = 0; i < 400; i++)
        {
            cluster.World.Time.After(TimeSpan.FromMilliseconds(i), () => cluster.A.TryWrite("client", _ => { }));
        }

        cluster.Until(() => cluster.B.Directory.Written > cluster.B.Directory.Flushed, 1);
        var before = cluster.B.Directory.Written;
        cluster.B.KillEverything();
        written += cluster.B.Directory.Flushed == before ? 1 : 0;
        cluster.Until(() => cluster.C.Directory.Written > cluster.C.Directory.Flushed, 1);
        before = cluster.C.Directory.Written;
        cluster.C.PowerLoss();
        kept += cluster.C.Directory.Written < before ? 1 : 0;
        Assert.Equal((1, 1), (written, kept));
    }

    [Fact]
    public void Panics_when_it_cannot_write_what_it_receives()
    {
        var cluster = Cluster.Founded();
        cluster.B.DiskFull(true);
        cluster.Write(cluster.A);
        cluster.Until(() => cluster.World.Coverage.ContainsKey("panic"), 1);
        cluster.B.DiskFull(false);
        cluster.Until(() => cluster.B.Run is { Receiver.IsStreaming: true, Accepts: true }, 10);
    }

    [Fact]
    public void That_was_started_as_a_primary_goes_on_with_a_timeline_that_another_goes_on_with_too()
    {
        var cluster = Cluster.Founded();
        Stop(cluster, cluster.B);
        cluster.Start(cluster.B, asPrimary: true);
        Assert.Equal(cluster.Ask(cluster.A).Timeline, cluster.Ask(cluster.B).Timeline);
        var ack = cluster.Write(cluster.B)!;
        cluster.Write(cluster.A);
        cluster.Run(1);
        Assert.False(cluster.A.Contains(ack) || cluster.C.Contains(ack));
        Assert.Equal(1, cluster.World.Coverage["a timeline went on in two places"]);
    }

    [Fact]
    public void Holds_wal_back_by_a_slot_until_the_slot_is_advanced()
    {
        var cluster = Cluster.Founded(first: c => c.History.WalKeep = 0);
        Stop(cluster, cluster.B);
        var before = Assert.Single(cluster.Ask(cluster.A).Slots, slot => slot.Name == "b");
        Assert.False(before.Active);
        var end = cluster.Write(cluster.A)!.Lsn;
        var port = cluster.Port(cluster.A);
        Assert.False(Change(new SlotChange.Advance("c", end)).Done); // in use
        Assert.False(Change(new SlotChange.Advance("x", end)).Done);
        Assert.False(Change(new SlotChange.Advance("b", new(1))).Done);
        Assert.True(Change(new SlotChange.Advance("b", end)).Done);
        cluster.Await(port.CheckpointAsync(TimeSpan.FromMinutes(1), Cluster.Never));
        Assert.Equal(end, Assert.Single(cluster.Ask(cluster.A).Slots, slot => slot.Name == "b").Restart);
        cluster.Start(cluster.B, asPrimary: false, cluster.A);
        cluster.Run(10);
        Assert.EndsWith("was removed", cluster.B.Run!.Receiver.Problem, StringComparison.Ordinal);

        StepResult Change(SlotChange change) => cluster.Await(port.ChangeSlotsAsync([change], Cluster.Never));
    }

    [Fact]
    public void Catches_up_from_the_archive_when_nobody_can_send()
    {
        var cluster = Cluster.Founded(first: c => c.History.Archive = new());
        Stop(cluster, cluster.B);
        var ack = cluster.Write(cluster.A)!;
        Stop(cluster, cluster.A);
        cluster.Start(cluster.B, asPrimary: false, cluster.A);
        cluster.Until(() => cluster.B.Contains(ack), 10);
        Assert.Equal("in archive recovery", cluster.Ask(cluster.B).ReplicationState);
    }

    [Fact]
    public void Replays_nothing_while_it_is_paused()
    {
        var cluster = Cluster.Founded();
        cluster.B.Run!.Receiver.Pause();
        cluster.Write(cluster.A);
        cluster.Run(2);
        var paused = cluster.Ask(cluster.B);
        Assert.True(paused.ReplayPaused && paused.Received > paused.Replayed);
        cluster.Await(cluster.Port(cluster.B).ResumeReplayAsync(Cluster.Never));
        cluster.Run(1);
        Assert.Equal(paused.Received, cluster.Ask(cluster.B).Replayed);
    }

    private static void CutOffWithLess(Cluster cluster, SimServer less)
    {
        cluster.World.Network.CutBoth("a", less.Name);
        cluster.Write(cluster.A);
        cluster.Run(1);
    }

    private static void Stop(Cluster cluster, SimServer server)
    {
        cluster.Port(server).Signal(StopMode.Fast);
        cluster.Until(() => !server.AnyProcess, 10);
    }

    private static void Follow(Cluster cluster, SimServer standby, SimServer upstream, bool slot = true)
    {
        if (slot)
        {
            cluster.Await(cluster.Port(upstream).ChangeSlotsAsync([new SlotChange.CreatePhysical(standby.Name)], Cluster.Never));
        }

        var applied = cluster.Await(cluster.Port(standby).ApplyAsync(new(false, Cluster.Of(upstream), false), Cluster.Never));
        Assert.True(applied.Done && applied.Reloaded);
    }
}
