using System.Text.Json.Nodes;
using HaAgent.Core.Ports;

namespace HaAgent.Postgres.Tests;

public class A_configuration_change
{
    [Fact]
    public async Task Is_reloaded_and_what_needs_a_restart_is_told()
    {
        await using var a = await TestServer.PrimaryAsync();
        var before = await a.Server.ApplyAsync(new(IsPrimary: true, null, Force: false), TestServer.Stop);
        Assert.Equal((true, false), (before.Done, before.Reloaded));

        a.Server.Configure(Parameters(("work_mem", "9MB"), ("max_connections", "130"), ("wal_buffers", "2MB")));
        var applied = await a.Server.ApplyAsync(new(IsPrimary: true, null, Force: false), TestServer.Stop);

        Assert.True(applied.Done, applied.Detail);
        Assert.True(applied.Reloaded);
        Assert.Equal("9MB", await a.AskAsync("SHOW work_mem"));
        Assert.Contains(new PendingParameter("max_connections", "100", "130"), applied.PendingRestart);
        Assert.Contains(applied.PendingRestart, pending => pending.Name == "wal_buffers" && pending.NewValue == "2MB");
        Assert.Equal(2, applied.PendingRestart.Length);

        var again = await a.Server.ApplyAsync(new(IsPrimary: true, null, Force: false), TestServer.Stop);
        Assert.False(again.Reloaded);
        Assert.Equal(2, again.PendingRestart.Length);
        Assert.True((await a.Server.ApplyAsync(new(IsPrimary: true, null, Force: true), TestServer.Stop)).Reloaded);

        await a.StopAsync();
        await a.StartAsync(asPrimary: true);
        Assert.Equal("130", await a.AskAsync("SHOW max_connections"));
        Assert.Empty((await a.Server.ApplyAsync(
            new(IsPrimary: true, null, Force: false), TestServer.Stop)).PendingRestart);
    }

    [Fact]
    public async Task Makes_a_standby_follow_another_leader_without_a_restart()
    {
        await using var a = await TestServer.PrimaryAsync();
        await using var b = await a.ReplicaAsync("b");
        await using var c = await a.ReplicaAsync("c");
        TestServer.Succeeds(await b.Server.ChangeSlotsAsync([new SlotChange.CreatePhysical("c")], TestServer.Stop));
        var pid = c.Pid;

        var applied = await c.Server.ApplyAsync(new(IsPrimary: false, b.Upstream, Force: false), TestServer.Stop);

        Assert.True(applied.Reloaded, applied.Detail);
        await TestServer.EventuallyAsync("c streams from b", async () =>
            (await b.ProbeAsync()).WalSenders.Any(sender => sender is { ApplicationName: "c", State: "streaming" }));
        Assert.Equal(pid, c.Pid);
    }

    [Fact]
    public async Task Cannot_be_undone_by_recovery_settings_of_ALTER_SYSTEM()
    {
        await using var a = await TestServer.PrimaryAsync();
        await using var b = await a.ReplicaAsync("b");
        await b.AskAsync("ALTER SYSTEM SET primary_conninfo = 'host=nowhere'");
        await b.AskAsync("ALTER SYSTEM SET work_mem = '7MB'");

        var applied = await b.Server.ApplyAsync(new(IsPrimary: false, a.Upstream, Force: false), TestServer.Stop);

        Assert.True(applied.Reloaded, applied.Detail);
        Assert.Equal("7MB", await b.AskAsync("SHOW work_mem"));
        Assert.DoesNotContain("nowhere", await b.AskAsync("SHOW primary_conninfo"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_slots_happens_once_and_says_what_could_not_be_done()
    {
        await using var a = await TestServer.PrimaryAsync();
        SlotChange create = new SlotChange.CreatePhysical("b");
        TestServer.Succeeds(await a.Server.ChangeSlotsAsync([create, create], TestServer.Stop));
        var slot = Assert.Single((await a.ProbeAsync()).Slots);
        Assert.Equal(("b", true, false), (slot.Name, slot.IsPhysical, slot.Active));
        Assert.True(slot.Restart.IsKnown);

        await a.AskAsync("SELECT pg_switch_wal(); CREATE TABLE t(); SELECT pg_switch_wal(); CHECKPOINT");
        var target = (await a.ProbeAsync()).Flushed;
        TestServer.Succeeds(await a.Server.ChangeSlotsAsync([new SlotChange.Advance("b", target)], TestServer.Stop));
        Assert.Equal(target, Assert.Single((await a.ProbeAsync()).Slots).Restart);

        var failed = await a.Server.ChangeSlotsAsync(
            [new SlotChange.Drop("not there"), new SlotChange.Advance("nobody", target), new SlotChange.Drop("b"),
                new SlotChange.Drop("b")],
            TestServer.Stop);
        Assert.False(failed.Done);
        Assert.Contains("not there", failed.Detail, StringComparison.Ordinal);
        Assert.Contains("nobody", failed.Detail, StringComparison.Ordinal);
        Assert.Empty((await a.ProbeAsync()).Slots);
    }

    [Fact]
    public async Task Of_a_checkpoint_or_replay_is_done_on_request()
    {
        await using var a = await TestServer.PrimaryAsync();
        TestServer.Succeeds(await a.Server.CheckpointAsync(TestServer.Soon, TestServer.Stop));
        await using var b = await a.ReplicaAsync("b");
        await b.AskAsync("SELECT pg_wal_replay_pause()");
        await TestServer.EventuallyAsync("replay is paused", async () => (await b.ProbeAsync()).ReplayPaused);

        TestServer.Succeeds(await b.Server.ResumeReplayAsync(TestServer.Stop));

        Assert.False((await b.ProbeAsync()).ReplayPaused);
    }

    private static JsonObject Parameters(params (string Name, string Value)[] parameters) => new()
    {
        ["postgresql"] = new JsonObject
        {
            ["parameters"] =
                new JsonObject(parameters.Select(pair => KeyValuePair.Create(pair.Name, (JsonNode?)pair.Value))),
        },
    };
}
