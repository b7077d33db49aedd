using System.Text.Json;
using System.Text.Json.Nodes;
using HaAgent.Core.Contracts.Records;
using HaAgent.Core.Model;
using HaAgent.Core.Snapshot;
using HaAgent.Tests.Given;

namespace HaAgent.Tests.Rest;

public class Documents
{
    [Fact]
    public async Task Of_a_primary_are_written_as_the_peer_writes_them()
    {
        var node = Nodes.Primary(RunningApi.Clock).InDatacenter("\"dé1\"") with { PendingRestart = [new("wal_level", "replica", "logical")] };
        await using var api = await RunningApi.StartAsync(node);
        Assert.Equal(
            "{\"state\": \"running\", \"postmaster_start_time\": \"2026-01-31 12:00:00.375770+00:00\", \"role\": \"primary\", "
            + "\"server_version\": 150018, \"xlog\": {\"location\": 67108960}, \"timeline\": 3, "
            + "\"replication\": [{\"usename\": \"replicator\", \"application_name\": \"n2\", \"client_addr\": \"10.0.0.2\", "
            + "\"state\": \"streaming\", \"sync_state\": \"async\", \"sync_priority\": 0}], \"dcs_last_seen\": 1769860802, "
            + "\"tags\": {\"dc\": \"d\\u00e91\"}, \"database_system_identifier\": \"7710413840860529352\", \"pending_restart\": true, "
            + "\"pending_restart_reason\": {\"wal_level\": {\"old_value\": \"replica\", \"new_value\": \"logical\"}}, "
            + "\"patroni\": {\"version\": \"4.1.4\", \"scope\": \"demo\", \"name\": \"n1\"}, "
            + "\"haagent\": {\"version\": \"0.1.0\", \"rule\": \"P90\", \"reason\": \"no action. I am (n1), the leader with the lock\"}}",
            (await api.AskAsync("GET", "/")).Body);
    }

    [Fact]
    public async Task Of_a_replica_are_written_as_the_peer_writes_them()
    {
        var node = Nodes.Replica(RunningApi.Clock).InSync("quorum").WithSettings(s => s with { Pause = true });
        await using var api = await RunningApi.StartAsync(node);
        Assert.StartsWith(
            "{\"state\": \"running\", \"postmaster_start_time\": \"2026-01-31 12:00:00+00:00\", \"role\": \"replica\", "
            + "\"server_version\": 150018, \"xlog\": {\"received_location\": 67108960, \"replayed_location\": 67108864, "
            + "\"replayed_timestamp\": \"2026-01-31 12:00:01+00:00\", \"paused\": false}, \"quorum_standby\": true, \"timeline\": 3, "
            + "\"replication_state\": \"streaming\", \"pause\": true, \"dcs_last_seen\": 1769860802, \"database_system_identifier\"",
            (await api.AskAsync("GET", "/replica")).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_an_answer_of_the_server_leave_out_what_only_it_knows()
    {
        await using var api = await RunningApi.StartAsync(Nodes.Primary(RunningApi.Clock).Unanswered() with { Cluster = null });
        Assert.StartsWith(
            "{\"state\": \"unknown\", \"role\": \"primary\", \"cluster_unlocked\": true, \"dcs_last_seen\"",
            (await api.AskAsync("GET", "/")).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Say_so_when_the_log_cannot_keep_up()
    {
        await using var api = await RunningApi.StartAsync(Nodes.Primary(RunningApi.Clock) with { LogRecordsLost = 7 }, queued: 900);
        Assert.Contains("\"logger_queue_size\": 900, \"logger_records_lost\": 7, \"haagent\"", (await api.AskAsync("GET", "/")).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_the_cluster_list_members_by_name_with_their_lag()
    {
        await using var api = await RunningApi.StartAsync(Nodes.Primary(RunningApi.Clock));
        api.Store.Cluster = Nodes.Cluster(Nodes.Other) with
        {
            Config = new("{\"pause\": true, \"synchronous_mode\": true}", new(3)),
            Sync = new(Nodes.Other, 1, ["n3"], new(3)),
            Members =
            [
                new Member
                {
                    Name = new("n3"), State = "running", Role = "replica", ReplicationState = "streaming", Timeline = new(3),
                    ConnUrl = "postgres://[fd00::3]:5433/postgres", ApiUrl = "http://[fd00::3]:8008/patroni",
                    ReceiveLsn = new(0x4000060), ReplayLsn = new(0x4000000), Position = new(0x4000060),
                    Raw = "{\"state\":\"running\",\"tags\":{\"clonefrom\":true}}",
                },
                new Member
                {
                    Name = new("n2"), State = "running", Role = "primary", Timeline = new(3), ConnUrl = "postgres://10.0.0.2/postgres",
                    ApiUrl = "http://10.0.0.2:8008/patroni", Position = new(0x4000060), Raw = "{\"state\":\"running\"}",
                },
                new Member { Name = new("n1"), Raw = "not json" },
            ],
            Failover = new(Nodes.Other, new("n3"), new DateTimeOffset(2099, 1, 1, 0, 0, 0, TimeSpan.Zero), new(12)),
        };
        Assert.Equal(
            "{\"members\": [{\"name\": \"n1\", \"role\": \"replica\", \"state\": \"\", \"api_url\": null, "
            + "\"receive_lag\": \"unknown\", \"receive_lsn\": \"unknown\", \"replay_lag\": \"unknown\", \"replay_lsn\": \"unknown\", "
            + "\"lag\": \"unknown\", \"lsn\": \"unknown\"}, "
            + "{\"name\": \"n2\", \"role\": \"leader\", \"state\": \"running\", \"api_url\": \"http://10.0.0.2:8008/patroni\", "
            + "\"host\": \"10.0.0.2\", \"port\": 5432, \"timeline\": 3}, "
            + "{\"name\": \"n3\", \"role\": \"sync_standby\", \"state\": \"streaming\", \"api_url\": \"http://[fd00::3]:8008/patroni\", "
            + "\"host\": \"fd00::3\", \"port\": 5433, \"timeline\": 3, \"tags\": {\"clonefrom\": true}, "
            + "\"receive_lag\": 0, \"receive_lsn\": \"0/4000060\", \"replay_lag\": 96, \"replay_lsn\": \"0/4000000\", "
            + "\"lag\": 0, \"lsn\": \"0/4000060\"}], \"pause\": true, "
            + "\"scheduled_switchover\": {\"at\": \"2099-01-01T00:00:00+00:00\", \"from\": \"n2\", \"to\": \"n3\"}, \"scope\": \"demo\"}",
            (await api.AskAsync("GET", "/cluster")).Body);
        api.Store.IsSilent = true;
        var silent = await api.AskAsync("GET", "/cluster");
        Assert.Equal((503, "The configuration store did not answer within 10 seconds"), (silent.Code, silent.Body));
    }

    [Fact]
    public async Task Of_the_history_keep_the_length_of_old_lines()
    {
        await using var api = await RunningApi.StartAsync(Nodes.Primary(RunningApi.Clock));
        Assert.Equal("[]", (await api.AskAsync("GET", "/history")).Body);
        api.Store.Cluster = api.Store.Cluster with
        {
            History =
            [
                new(new(1), new(25623960), "no recovery target specified", null, null),
                new(new(2), new(25624344), "no recovery target specified", "2026-01-31T12:00:00+00:00", "n2"),
            ],
        };
        Assert.Equal(
            "[[1, 25623960, \"no recovery target specified\"], "
            + "[2, 25624344, \"no recovery target specified\", \"2026-01-31T12:00:00+00:00\", \"n2\"]]",
            (await api.AskAsync("GET", "/history")).Body);
    }

    [Fact]
    public async Task Of_metrics_hold_every_sample_of_the_peer_in_order()
    {
        await using var api = await RunningApi.StartAsync(
            Nodes.Replica(RunningApi.Clock) with { RenewalDelays = DelayHistogram.Empty.With(TimeSpan.FromMilliseconds(12)) });
        var text = (await api.AskAsync("GET", "/metrics")).Body;
        var samples = text.Split('\n').Where(l => l.Length > 0 && l[0] != '#')
            .Where(l => !l.StartsWith("haagent_lease_renewal_", StringComparison.Ordinal))
            .Select(l => l.Replace("{scope=\"demo\",name=\"n1\"}", "", StringComparison.Ordinal)).ToList();
        Assert.Equal(
            [
                "patroni_version 040104", "patroni_postgres_running 1", "patroni_postmaster_start_time 1769860800", "patroni_primary 0",
                "patroni_xlog_location 0", "patroni_standby_leader 0", "patroni_replica 1", "patroni_sync_standby 0",
                "patroni_quorum_standby 0", "patroni_xlog_received_location 67108960", "patroni_xlog_replayed_location 67108864",
                "patroni_xlog_replayed_timestamp 1769860801", "patroni_xlog_paused 0", "patroni_postgres_streaming 1",
                "patroni_postgres_in_archive_recovery 0", "patroni_postgres_server_version 150018", "patroni_cluster_unlocked 0",
                "patroni_failsafe_mode_is_active 0", "patroni_failsafe_mode_enabled 0", "patroni_failsafe_member 0",
                "patroni_postgres_timeline 3", "patroni_dcs_last_seen 1769860802", "patroni_pending_restart 0", "patroni_is_paused 0",
                "patroni_postgres_state 5", "patroni_failover_priority 1", "haagent_lease_stall_seconds 0.012",
                "haagent_log_records_lost_total 0",
            ],
            samples);
        Assert.Contains("# HELP patroni_postgres_state State of PostgreSQL as a number.\n# Values: 0=initdb, 1=initdb_failed, ", text, StringComparison.Ordinal);
        Assert.EndsWith("\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_metrics_count_late_renewals_as_a_histogram_of_Prometheus()
    {
        var delays = new[] { 0.2, 12, 700, 9000 }.Aggregate(
            DelayHistogram.Empty, (all, late) => all.With(TimeSpan.FromMilliseconds(late)));
        await using var api = await RunningApi.StartAsync(Nodes.Replica(RunningApi.Clock) with { RenewalDelays = delays });
        var text = (await api.AskAsync("GET", "/metrics")).Body;
        Assert.Contains(
            """
            # HELP haagent_lease_renewal_delay_seconds How late due renewals of the lease were sent.
            # TYPE haagent_lease_renewal_delay_seconds histogram
            haagent_lease_renewal_delay_seconds_bucket{scope="demo",name="n1",le="0.001"} 1
            haagent_lease_renewal_delay_seconds_bucket{scope="demo",name="n1",le="0.0025"} 1
            haagent_lease_renewal_delay_seconds_bucket{scope="demo",name="n1",le="0.005"} 1
            haagent_lease_renewal_delay_seconds_bucket{scope="demo",name="n1",le="0.01"} 1
            haagent_lease_renewal_delay_seconds_bucket{scope="demo",name="n1",le="0.025"} 2
            haagent_lease_renewal_delay_seconds_bucket{scope="demo",name="n1",le="0.05"} 2
            haagent_lease_renewal_delay_seconds_bucket{scope="demo",name="n1",le="0.1"} 2
            haagent_lease_renewal_delay_seconds_bucket{scope="demo",name="n1",le="0.25"} 2
            haagent_lease_renewal_delay_seconds_bucket{scope="demo",name="n1",le="0.5"} 2
            haagent_lease_renewal_delay_seconds_bucket{scope="demo",name="n1",le="1"} 3
            haagent_lease_renewal_delay_seconds_bucket{scope="demo",name="n1",le="5"} 3
            haagent_lease_renewal_delay_seconds_bucket{scope="demo",name="n1",le="+Inf"} 4
            haagent_lease_renewal_delay_seconds_sum{scope="demo",name="n1"} 9.7122
            haagent_lease_renewal_delay_seconds_count{scope="demo",name="n1"} 4

            """,
            text,
            StringComparison.Ordinal);
        Assert.Contains("\nhaagent_lease_stall_seconds{scope=\"demo\",name=\"n1\"} 9\n", text, StringComparison.Ordinal);
        Assert.Contains("# TYPE haagent_lease_renewal_answer_seconds histogram\n", text, StringComparison.Ordinal);
        Assert.Contains("haagent_lease_renewal_answer_seconds_count{scope=\"demo\",name=\"n1\"} 0\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_metrics_leave_out_streaming_while_the_server_is_down()
    {
        await using var api = await RunningApi.StartAsync(Nodes.Replica(RunningApi.Clock).Unanswered());
        var text = (await api.AskAsync("GET", "/metrics")).Body;
        Assert.DoesNotContain("patroni_postgres_streaming", text, StringComparison.Ordinal);
        Assert.Contains("patroni_postgres_state{scope=\"demo\",name=\"n1\"} -1\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Are_valid_json_whatever_the_text()
    {
        var text = "quote \" backslash \\ newline \n tab \t bell \a delete \u007f ünï 漢 😀 </script>";
        var written = JsonText.Spaced(new JsonObject { [text] = text });
        Assert.All(written, c => Assert.InRange(c, ' ', '~'));
        Assert.Equal(text, JsonDocument.Parse(written).RootElement.GetProperty(text).GetString());
    }
}
