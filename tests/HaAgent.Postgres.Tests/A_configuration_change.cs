using System.Text.Json.Nodes;
using HaAgent.Core.Ports;
using HaAgent.Testing;

namespace HaAgent.Postgres.Tests;

public class A_configuration_change
{
    [Fact]
    public async Task Is_reloaded_and_what_needs_a_restart_is_told()
    {
        await using var a = await TestServer.PrimaryAsync();
        var before = await a.Server.ApplyAsync(new(IsPrimary: true, null, Force: false), TestServer.Stop);
        Assert.Equal((true, false), (before.Done, before.Reloaded));

        a.Server.Configure(
            a.Options, Parameters(("work_mem", "9MB"), ("max_connections", "130"), ("wal_buffers", "2MB")));
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
    public async Task Is_told_to_the_server_although_it_cannot_be_asked_then()
    {
        await using var a = await TestServer.PrimaryAsync();
        await using var b = await a.ReplicaAsync("b");
        await using var c = await a.ReplicaAsync("c");
        TestServer.Succeeds(await b.Server.ChangeSlotsAsync([new SlotChange.CreatePhysical("c")], TestServer.Stop));
        await a.AskAsync("ALTER ROLE postgres PASSWORD 'changed'");
        await Eventually.HoldsAsync("c does not let us in", TestServer.Soon, async () => !(await FollowAsync(a)).Done, TestServer.Stop);
        Assert.False((await FollowAsync(b)).Done);

        await a.AskAsync("ALTER ROLE postgres PASSWORD 'super secret'", password: "changed");
        await Eventually.HoldsAsync("c lets us in again", TestServer.Soon, async () => (await FollowAsync(b)).Done, TestServer.Stop);
        Assert.Contains($"port={b.Options.Port}", await c.AskAsync("SHOW primary_conninfo"), StringComparison.Ordinal);

        Task<ApplyResult> FollowAsync(TestServer server) =>
            c.Server.ApplyAsync(new(IsPrimary: false, server.Upstream, Force: false), TestServer.Stop);
    }

    [Fact]
    public async Task Of_the_local_file_is_taken_over_but_for_names_addresses_and_paths()
    {
        await using var a = await TestServer.PrimaryAsync();
        var (pid, port) = (a.Pid, a.Options.Port);
        var changed = (JsonObject)a.Configuration.DeepClone();
        var section = changed["postgresql"]!.AsObject();
        section["parameters"]!["work_mem"] = "11MB";
        section["pg_hba"]!.AsArray().Add((JsonNode)"host demo all 192.0.2.1/32 reject");
        section["listen"] = "192.0.2.1:1";
        section["data_dir"] = "/nowhere";
        section["pgpass"] = "/nowhere/pgpass";

        var options = PostgresOptions.Read(changed, "another", "another");
        a.Server.Configure(options, Parameters(("maintenance_work_mem", "65MB")));
        var applied = await a.Server.ApplyAsync(new(IsPrimary: true, null, Force: false), TestServer.Stop);

        Assert.True(applied.Reloaded, applied.Detail);
        Assert.Equal("11MB", await a.AskAsync("SHOW work_mem"));
        Assert.Equal("65MB", await a.AskAsync("SHOW maintenance_work_mem"));
        Assert.Equal("1", await a.AskAsync("SELECT count(*) FROM pg_hba_file_rules WHERE address = '192.0.2.1'"));
        Assert.Equal(("demo", pid), (await a.AskAsync("SHOW cluster_name"), a.Pid));
        Assert.Equal($"postgres://127.0.0.1:{port}/postgres", a.Server.Configuration.ConnUrl);
        Assert.Empty(applied.PendingRestart);
    }

    [Fact]
    public async Task Gives_new_credentials_to_the_next_connection()
    {
        await using var a = await TestServer.PrimaryAsync();
        await a.AskAsync("ALTER ROLE postgres PASSWORD 'changed'");
        Assert.False((await a.Server.CheckpointAsync(TestServer.Soon, TestServer.Stop)).Done);

        var changed = (JsonObject)a.Configuration.DeepClone();
        changed["postgresql"]!["authentication"]!["superuser"]!["password"] = "changed";
        a.Server.Configure(PostgresOptions.Read(changed, "demo", "a"), []);

        TestServer.Succeeds(await a.Server.CheckpointAsync(TestServer.Soon, TestServer.Stop));
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
        await Eventually.HoldsAsync("c streams from b", TestServer.Soon, async () =>
            (await b.ProbeAsync()).WalSenders.Any(sender => sender is { ApplicationName: "c", State: "streaming" }), TestServer.Stop);
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
        await Eventually.HoldsAsync("replay is paused", TestServer.Soon, async () => (await b.ProbeAsync()).ReplayPaused, TestServer.Stop);

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
