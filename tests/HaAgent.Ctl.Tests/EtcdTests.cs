using HaAgent.Ctl.Settings;
using HaAgent.Ctl.Tests.Doubles;
using HaAgent.Testing.Etcd;

namespace HaAgent.Ctl.Tests;

/// <summary>Against a real etcd that holds what a real three-node cluster wrote (dcs-layout.md 2).</summary>
public sealed class A_cluster_in_etcd : IAsyncLifetime
{
    private const string Config =
        """{"ttl":20,"loop_wait":2,"retry_timeout":4,"maximum_lag_on_failover":1048576,"postgresql":{"use_pg_rewind":true,"use_slots":true,"parameters":{"max_connections":50,"wal_level":"logical"}},"slots":{"perm1":{"type":"physical"},"lslot":{"type":"logical","database":"postgres","plugin":"pgoutput"}},"failsafe_mode":true,"synchronous_mode":"quorum"}""";

    private EtcdServers _etcd = null!; // made before the first test

    public async ValueTask InitializeAsync() => _etcd = await EtcdServers.StartAsync();

    public ValueTask DisposeAsync() => _etcd.DisposeAsync();

    [Fact]
    public async Task Is_listed()
    {
        await WriteRealClusterAsync();
        var run = await RunAsync("list", "batman");
        Assert.Equal("""
            + Cluster: batman (7710413840860529352) ---------+----+-------------+-----+------------+-----+-----------------+-----------------------------+-----------------+
            | Member | Host     | Role           | State     | TL | Receive LSN | Lag | Replay LSN | Lag | Pending restart | Pending restart reason      | Tags            |
            +--------+----------+----------------+-----------+----+-------------+-----+------------+-----+-----------------+-----------------------------+-----------------+
            | n0     | 10.0.0.1 | Leader         | running   |  1 |             |     |            |     |                 |                             | datacenter: dc1 |
            +--------+----------+----------------+-----------+----+-------------+-----+------------+-----+-----------------+-----------------------------+-----------------+
            | n1     | 10.0.0.2 | Quorum Standby | streaming |  1 |   0/4000060 |   0 |  0/4000060 |   0 |                 |                             | clonefrom: true |
            |        |          |                |           |    |             |     |            |     |                 |                             | datacenter: dc1 |
            +--------+----------+----------------+-----------+----+-------------+-----+------------+-----+-----------------+-----------------------------+-----------------+
            | n2     | 10.0.0.3 | Replica        | running   |  1 |     unknown |     |  0/4000060 |   0 | *               | wal_level: replica->logical | datacenter: dc1 |
            +--------+----------+----------------+-----------+----+-------------+-----+------------+-----+-----------------+-----------------------------+-----------------+
             Switchover scheduled at: 2026-11-21T00:14:25+00:00
                                from: n1
                                  to: n0

            """, run.Out);
        Assert.Equal((0, ""), (run.Code, run.Error));
    }

    [Fact]
    public async Task Is_empty_when_nothing_is_there()
    {
        var run = await RunAsync("list", "nowhere", "-f", "json");
        Assert.Equal((0, "[]\n", ""), (run.Code, run.Out, run.Error));
    }

    [Fact]
    public async Task Gets_a_changed_configuration_unless_it_was_changed_meanwhile()
    {
        await WriteRealClusterAsync();
        var run = await RunAsync("edit-config", "batman", "-q", "--force", "-s", "pause=true", "-s", "slots=null");
        Assert.Equal((0, "Configuration changed\n"), (run.Code, run.Out));
        var changed = Config.Replace(
            ""","slots":{"perm1":{"type":"physical"},"lslot":{"type":"logical","database":"postgres","plugin":"pgoutput"}}""", "", Ordinal);
        Assert.Equal(changed[..^1] + ",\"pause\":true}", await GetAsync("config"));

        using var folder = new TemporaryFolder();
        var editor = folder.Script(
            "editor", $"sed -i s/20/40/ \"$1\"; etcdctl --endpoints {_etcd.Hosts} put /service/batman/config '{Given.Timing}' >/dev/null");
        var late = await RunAsync(new Dictionary<string, string> { ["EDITOR"] = editor }, "edit-config", "batman", "--force");
        Assert.Equal((1, "Error: Config modification aborted due to concurrent changes\n"), (late.Code, late.Error));
        Assert.Equal(Given.Timing, await GetAsync("config"));
    }

    [Fact]
    public async Task Gets_a_failover_request_when_no_member_can_be_reached()
    {
        await WriteRealClusterAsync();
        var run = await RunAsync("failover", "batman", "--candidate", "n2", "--force");
        Assert.Equal((0, """{"member":"n2"}"""), (run.Code, await GetAsync("failover")));
    }

    [Fact]
    public async Task Loses_a_scheduled_switchover_when_no_member_can_be_reached()
    {
        await WriteRealClusterAsync();
        var run = await RunAsync("flush", "batman", "switchover");
        Assert.Equal((0, "{}"), (run.Code, await GetAsync("failover")));
        Assert.EndsWith(" Could not find any accessible member of cluster batman\n", run.Out, Ordinal);
    }

    [Fact]
    public async Task Is_removed_and_its_neighbour_is_not()
    {
        await WriteRealClusterAsync();
        await EtcdCtl.RunAsync(_etcd.Hosts, "put", "/service/batman2/leader", "other");
        var run = await RunAsync([], "batman\nYes I am aware\nn0\n", ["remove", "batman"]);
        Assert.Equal((0, ""), (run.Code, run.Error));
        var left = await EtcdCtl.RunAsync(_etcd.Hosts, "get", "--keys-only", "--prefix", "/service/");
        Assert.Equal("/service/batman2/leader", left.Trim());
    }

    [Fact]
    public async Task Is_given_up_after_a_while_when_etcd_does_not_answer()
    {
        _etcd.Members[0].Freeze();
        var run = await RunAsync("list", "batman");
        Assert.Equal((1, ""), (run.Code, run.Out));
        Assert.StartsWith($"Error: Cannot read the cluster from etcd at {_etcd.Hosts}: check that it runs", run.Error, Ordinal);
    }

    private async Task WriteRealClusterAsync()
    {
        const string Api = RestMember.Nobody;
        await PutAsync("initialize", "7710413840860529352");
        await PutAsync("config", Config);
        await PutAsync("leader", "n0");
        await PutAsync("members/n0", Given.Primary("10.0.0.1", Api, ""","tags":{"datacenter":"dc1"}"""));
        await PutAsync("members/n1", Given.Replica("10.0.0.2", Api, more: ""","tags":{"clonefrom":true,"datacenter":"dc1"}"""));
        await PutAsync("members/n2",
            """{"conn_url":"postgres://10.0.0.3:5432/postgres","api_url":"http://127.0.0.1:1/patroni","state":"running","role":"replica","version":"4.1.4","tags":{"datacenter":"dc1"},"pending_restart":true,"pending_restart_reason":{"wal_level":{"old_value":"replica","new_value":"logical"}},"xlog_location":67108960,"replay_lsn":67108960,"timeline":1}""");
        await PutAsync("failover", """{"leader":"n1","member":"n0","scheduled_at":"2026-11-21T00:14:25+00:00"}""");
        await PutAsync("sync", """{"leader":"n0","quorum":1,"sync_standby":"n1"}""");
        await PutAsync("history", "[]");
        await PutAsync("status", """{"optime":67108960,"slots":{"n1":67108960,"n2":67108960,"n0":67108960},"retain_slots":["n0","n1","n2"]}""");
        await PutAsync("failsafe", """{"n0":"http://10.0.0.1:8008/patroni"}""");
    }

    private Task<string> PutAsync(string key, string value) => EtcdCtl.RunAsync(_etcd.Hosts, "put", "/service/batman/" + key, value);

    private async Task<string> GetAsync(string key) =>
        (await EtcdCtl.RunAsync(_etcd.Hosts, "get", "--print-value-only", "/service/batman/" + key)).TrimEnd('\n');

    private Task<Outcome> RunAsync(params string[] words) => RunAsync(new Dictionary<string, string>(), words);

    private Task<Outcome> RunAsync(Dictionary<string, string> environment, params string[] words) =>
        RunAsync(environment, input: "", words);

    private Task<Outcome> RunAsync(Dictionary<string, string> environment, string input, string[] words)
    {
        environment["PATRONI_ETCD3_HOSTS"] = _etcd.Hosts;
        environment["HOME"] = "/nowhere";
        return new Call { Sources = new ConfiguredSources(environment, TimeProvider.System), Environment = environment, Input = input }.RunAsync(words);
    }
}
