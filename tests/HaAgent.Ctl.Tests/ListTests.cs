using HaAgent.Ctl.Tests.Doubles;

namespace HaAgent.Ctl.Tests;

public class The_member_table
{
    [Fact]
    public async Task Has_a_title_two_lag_columns_and_ports_where_members_share_a_host()
    {
        var run = await new Call(Given.Batman()).RunAsync("list", "batman");
        Assert.Equal("""
            + Cluster: batman (7277694203142172922) -+-----------+----+-------------+-----+------------+-----+
            | Member      | Host           | Role    | State     | TL | Receive LSN | Lag | Replay LSN | Lag |
            +-------------+----------------+---------+-----------+----+-------------+-----+------------+-----+
            | postgresql0 | 127.0.0.1:5432 | Leader  | running   |  5 |             |     |            |     |
            | postgresql1 | 127.0.0.1:5433 | Replica | streaming |  5 |   0/40004E8 |   0 |  0/40004E8 |   0 |
            +-------------+----------------+---------+-----------+----+-------------+-----+------------+-----+

            """, run.Out);
        Assert.Equal((0, ""), (run.Code, run.Error));
    }

    [Fact]
    public async Task Leaves_ports_out_where_all_members_use_the_usual_one_on_hosts_of_their_own()
    {
        var run = await new Call(Given.Three()).RunAsync("list", "batman");
        Assert.Contains("| n0     | 10.0.0.1 | Leader  | running   |  1 |             |     |            |     |", run.Out, Ordinal);
        Assert.DoesNotContain("5432", run.Out, Ordinal);
    }

    [Fact]
    public async Task Shows_members_that_share_a_host_with_ports_even_if_they_are_the_same()
    {
        var cluster = Given.Three();
        cluster["members/n2"] = Given.Replica("10.0.0.2");
        var run = await new Call(cluster).RunAsync("list", "batman");
        Assert.Contains("| 10.0.0.1:5432 |", run.Out, Ordinal);
    }

    [Fact]
    public async Task Is_empty_and_uninitialized_for_a_cluster_that_does_not_exist()
    {
        var run = await new Call().RunAsync("list", "nowhere");
        Assert.Equal("""
            + Cluster: nowhere (uninitialized) -+-------------+-----+------------+-----+
            | Member | Host | Role | State | TL | Receive LSN | Lag | Replay LSN | Lag |
            +--------+------+------+-------+----+-------------+-----+------------+-----+
            +--------+------+------+-------+----+-------------+-----+------------+-----+

            """, run.Out);
        Assert.Equal(0, run.Code);
    }

    [Fact]
    public async Task Cuts_a_title_that_is_longer_than_the_table()
    {
        var name = new string('x', 100);
        var run = await new Call(new StoredCluster(), name).RunAsync("list", name);
        var lines = run.Out.Split('\n');
        Assert.Equal(lines[1].Length, lines[0].Length);
        Assert.EndsWith("x+", lines[0], Ordinal);
    }

    [Fact]
    public async Task Says_initializing_while_a_bootstrap_runs()
    {
        var run = await new Call(new StoredCluster { ["initialize"] = "" }).RunAsync("list", "batman");
        Assert.StartsWith("+ Cluster: batman (initializing) ", run.Out, Ordinal);
    }

    [Theory]
    [InlineData(524_288, 0)] // half of a mebibyte: to the even number below
    [InlineData(524_289, 1)]
    [InlineData(1_572_864, 2)] // one and a half: to the even number above
    [InlineData(2_621_440, 2)] // two and a half: to the even number below
    [InlineData(-5_000_000, 0)]
    public async Task Rounds_lag_to_whole_mebibytes_half_to_even(long behind, long shown)
    {
        var cluster = Given.Three();
        cluster["members/n1"] = Given.Replica("10.0.0.2", lsn: 67108960 - behind);
        var run = await new Call(cluster).RunAsync("list", "batman", "-f", "json");
        var member = System.Text.Json.Nodes.JsonNode.Parse(run.Out)!.AsArray()[1]!;
        Assert.Equal((shown, shown), (member["Receive Lag"]!.GetValue<long>(), member["Replay Lag"]!.GetValue<long>()));
    }

    [Fact]
    public async Task Says_unknown_and_shows_no_lag_where_a_position_is_missing()
    {
        var cluster = Given.Three();
        cluster["members/n1"] = """{"conn_url":"postgres://10.0.0.2:5432/postgres","state":"stopped","role":"demoted"}""";
        var pretty = await new Call(cluster).RunAsync("list", "batman");
        Assert.Contains("| n1     | 10.0.0.2 | Replica | stopped   |    |     unknown |     |    unknown |     |", pretty.Out, Ordinal);
        var json = await new Call(cluster).RunAsync("list", "batman", "-f", "json");
        Assert.Contains(
            """{"Cluster": "batman", "Member": "n1", "Host": "10.0.0.2", "Role": "Replica", "State": "stopped", "Receive LSN": "unknown", "Replay LSN": "unknown"}""",
            json.Out, Ordinal);
    }

    [Theory]
    [InlineData("\"replication_state\":\"streaming\",", "0/4000060", "unknown")]
    [InlineData("", "unknown", "0/4000060")]
    public async Task Shows_the_only_position_of_an_old_member_where_its_state_says_it_came_from(
        string state, string received, string replayed)
    {
        var cluster = Given.Three();
        cluster["members/n1"] =
            $$"""{"conn_url":"postgres://10.0.0.2:5432/postgres",{{state}}"state":"running","role":"replica","xlog_location":67108960}""";
        var run = await new Call(cluster).RunAsync("list", "batman", "-f", "tsv");
        var cells = run.Out.Split('\n')[2].Split('\t');
        Assert.Equal((received, replayed), (cells[6], cells[8]));
    }

    [Theory]
    [InlineData("""{"synchronous_mode":true}""", """{"leader":"n0","quorum":0,"sync_standby":"N1"}""", "Leader,Sync Standby,Replica")]
    [InlineData("""{"synchronous_mode":"quorum"}""", """{"leader":"n0","quorum":1,"sync_standby":"n1,n2"}""", "Leader,Quorum Standby,Quorum Standby")]
    [InlineData("""{"standby_cluster":{"host":"10.1.1.1"}}""", """{}""", "Standby Leader,Replica,Replica")]
    public async Task Names_roles_as_the_cluster_uses_them(string config, string sync, string roles)
    {
        var cluster = Given.Three();
        cluster["config"] = config;
        cluster["sync"] = sync;
        var run = await new Call(cluster).RunAsync("list", "batman", "-f", "tsv");
        Assert.Equal(roles, string.Join(',', run.Out.Split('\n')[1..4].Select(line => line.Split('\t')[3])));
    }

    [Fact]
    public async Task Takes_all_members_for_replicas_while_nobody_leads()
    {
        var cluster = Given.Three();
        cluster["leader"] = null;
        var run = await new Call(cluster).RunAsync("list", "batman", "-f", "tsv");
        Assert.Contains("batman\tn0\t10.0.0.1\tReplica\trunning\t1\tunknown\t\t0/4000060\t0\n", run.Out, Ordinal);
    }

    [Fact]
    public async Task Gets_a_column_for_restarts_that_are_pending_and_hides_long_reasons()
    {
        var cluster = Given.Three();
        cluster["members/n1"] = Given.Replica("10.0.0.2", more:
            """
            ,"pending_restart":true,"pending_restart_reason":{"wal_level":{"old_value":"replica","new_value":"logical"},"shared_preload_libraries":{"old_value":"a_long_name,another_long_name","new_value":"x"}}
            """.Trim());
        var pretty = await new Call(cluster).RunAsync("list", "batman");
        Assert.Contains("| Pending restart | Pending restart reason                        |", pretty.Out, Ordinal);
        Assert.Contains("| *               | wal_level: replica->logical                   |\n|", pretty.Out, Ordinal);
        Assert.Contains("|                 | shared_preload_libraries: [hidden - too long] |\n+", pretty.Out, Ordinal);

        var json = await new Call(cluster).RunAsync("list", "batman", "-f", "json");
        Assert.Contains(
            "\"Pending restart\": \"*\", \"Pending restart reason\": \"wal_level: replica->logical\\nshared_preload_libraries: a_long_name,another_long_name->x\"}",
            json.Out, Ordinal);
    }

    [Fact]
    public async Task Gets_a_column_for_scheduled_restarts()
    {
        var cluster = Given.Three();
        cluster["members/n2"] = Given.Replica("10.0.0.3", more:
            ""","scheduled_restart":{"schedule":"2099-01-01T00:00:00+00:00","role":"replica","postgres_version":"16.1"}""");
        var run = await new Call(cluster).RunAsync("list", "batman");
        Assert.Contains("| 2099-01-01T00:00:00+00:00 if version < 16.1 |", run.Out, Ordinal);
    }

    [Fact]
    public async Task Shows_tags_as_a_block_in_a_table_as_flow_in_columns_and_as_objects_in_json()
    {
        var cluster = Given.Three();
        cluster["members/n1"] = Given.Replica("10.0.0.2", more: ""","tags":{"nofailover":true,"clonefrom":true}""");
        var pretty = await new Call(cluster).RunAsync("list", "batman");
        Assert.Equal("""
            + Cluster: batman (7710413840860529352) --+----+-------------+-----+------------+-----+------------------+
            | Member | Host     | Role    | State     | TL | Receive LSN | Lag | Replay LSN | Lag | Tags             |
            +--------+----------+---------+-----------+----+-------------+-----+------------+-----+------------------+
            | n0     | 10.0.0.1 | Leader  | running   |  1 |             |     |            |     |                  |
            +--------+----------+---------+-----------+----+-------------+-----+------------+-----+------------------+
            | n1     | 10.0.0.2 | Replica | streaming |  1 |   0/4000060 |   0 |  0/4000060 |   0 | clonefrom: true  |
            |        |          |         |           |    |             |     |            |     | nofailover: true |
            +--------+----------+---------+-----------+----+-------------+-----+------------+-----+------------------+
            | n2     | 10.0.0.3 | Replica | streaming |  1 |   0/4000060 |   0 |  0/4000060 |   0 |                  |
            +--------+----------+---------+-----------+----+-------------+-----+------------+-----+------------------+

            """, pretty.Out);
        var tsv = await new Call(cluster).RunAsync("list", "batman", "-f", "tsv");
        Assert.EndsWith("\t{clonefrom: true, nofailover: true}", tsv.Out.Split('\n')[2], Ordinal);
        var json = await new Call(cluster).RunAsync("list", "batman", "-f", "json");
        Assert.Contains("\"Tags\": {\"nofailover\": true, \"clonefrom\": true}}", json.Out, Ordinal);
    }

    [Fact]
    public async Task Has_all_columns_when_asked_for_them()
    {
        var run = await new Call(Given.Three()).RunAsync("list", "batman", "-e", "-f", "tsv");
        Assert.Equal(
            "Cluster\tMember\tHost\tRole\tState\tTL\tReceive LSN\tReceive Lag\tReplay LSN\tReplay Lag\tPending restart\tPending restart reason\tScheduled restart\tTags",
            run.Out.Split('\n')[0]);
    }

    [Fact]
    public async Task Ends_with_what_is_going_on()
    {
        var cluster = Given.Three();
        cluster["config"] = """{"pause":true}""";
        cluster["failover"] = """{"leader":"n0","member":"n2","scheduled_at":"2023-09-13T18:00:00-03:00"}""";
        var run = await new Call(cluster).RunAsync("list", "batman");
        Assert.EndsWith("""
            +
             Maintenance mode: on
             Switchover scheduled at: 2023-09-13T18:00:00-03:00
                                from: n0
                                  to: n2

            """, run.Out, Ordinal);
        var json = await new Call(cluster).RunAsync("list", "batman", "-f", "json");
        Assert.DoesNotContain("Maintenance", json.Out, Ordinal);
    }
}
