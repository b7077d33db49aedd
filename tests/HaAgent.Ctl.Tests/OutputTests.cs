using HaAgent.Ctl.Tests.Doubles;

namespace HaAgent.Ctl.Tests;

public class A_listing
{
    [Fact]
    public async Task Is_one_line_of_json_with_keys_in_the_order_of_columns_and_without_empty_ones()
    {
        var run = await new Call(Given.Batman()).RunAsync("list", "batman", "--format=json");
        Assert.Equal(
            """[{"Cluster": "batman", "Member": "postgresql0", "Host": "127.0.0.1:5432", "Role": "Leader", "State": "running", "TL": 5}, """
            + """{"Cluster": "batman", "Member": "postgresql1", "Host": "127.0.0.1:5433", "Role": "Replica", "State": "streaming", "TL": 5, """
            + "\"Receive LSN\": \"0/40004E8\", \"Receive Lag\": 0, \"Replay LSN\": \"0/40004E8\", \"Replay Lag\": 0}]\n",
            run.Out);
    }

    [Fact]
    public async Task Escapes_all_but_ascii_in_json()
    {
        var run = await new Call(Given.Batman(), "Ünïcode😀").RunAsync("list", "Ünïcode😀", "-fjson");
        Assert.Contains("""{"Cluster": "\u00dcn\u00efcode\ud83d\ude00", """, run.Out, Ordinal);
    }

    [Fact]
    public async Task Is_tab_separated_text_without_quotes()
    {
        var run = await new Call(Given.Batman()).RunAsync("list", "batman", "-f", "tsv");
        Assert.Equal(
            "Cluster\tMember\tHost\tRole\tState\tTL\tReceive LSN\tReceive Lag\tReplay LSN\tReplay Lag\n"
            + "batman\tpostgresql0\t127.0.0.1:5432\tLeader\trunning\t5\t\t\t\t\n"
            + "batman\tpostgresql1\t127.0.0.1:5433\tReplica\tstreaming\t5\t0/40004E8\t0\t0/40004E8\t0\n",
            run.Out);
    }

    [Theory]
    [InlineData("yaml")]
    [InlineData("yml")]
    public async Task Is_yaml_with_sorted_keys_and_an_empty_line_after_it(string format)
    {
        var run = await new Call(Given.Batman()).RunAsync("list", "batman", "-f", format);
        Assert.Equal("""
            - Cluster: batman
              Host: 127.0.0.1:5432
              Member: postgresql0
              Role: Leader
              State: running
              TL: 5
            - Cluster: batman
              Host: 127.0.0.1:5433
              Member: postgresql1
              Receive LSN: 0/40004E8
              Receive Lag: 0
              Replay LSN: 0/40004E8
              Replay Lag: 0
              Role: Replica
              State: streaming
              TL: 5


            """, run.Out);
    }

    [Fact]
    public async Task Gives_wide_characters_two_columns()
    {
        var run = await new Call(Given.Batman(), "b").With("b", WithMember("日本")).RunAsync("list", "b");
        Assert.Contains("| 日本        | 10.0.0.9:5432  |", run.Out, Ordinal);
    }

    private static StoredCluster WithMember(string name)
    {
        var cluster = Given.Batman();
        cluster["members/" + name] = Given.Replica("10.0.0.9");
        return cluster;
    }
}

public class The_list_command
{
    [Fact]
    public async Task Prints_several_clusters_one_after_the_other()
    {
        var run = await new Call(Given.Batman(), "a").With("b", Given.Three()).RunAsync("list", "a", "b");
        Assert.True(run.Out.IndexOf("Cluster: a ", Ordinal) is 2 && run.Out.IndexOf("Cluster: b ", Ordinal) > 100, run.Out);
    }

    [Fact]
    public async Task Means_the_configured_cluster_when_none_is_named()
    {
        var run = await new Call(Given.Batman()) { Configuration = """{"scope":"batman"}""" }.RunAsync("list");
        Assert.StartsWith("+ Cluster: batman ", run.Out, Ordinal);
    }

    [Fact]
    public async Task Only_warns_when_no_cluster_is_named_at_all()
    {
        var run = await new Call().RunAsync("list");
        Assert.Equal((0, "", "2023-09-13 17:30:15,123 - WARNING - Listing members: No cluster names were provided\n"),
            (run.Code, run.Out, run.Error));
    }

    [Theory]
    [InlineData("PATRONI_LOG_LEVEL", "error", true)]
    [InlineData("PATRONI_LOGLEVEL", "CRITICAL", true)]
    [InlineData("HAAGENT_LOG_LEVEL", "ERROR", true)]
    [InlineData("PATRONI_LOG_LEVEL", "", false)]
    [InlineData("PATRONI_LOG_LEVEL", "INFO", false)]
    public async Task Does_not_warn_below_the_log_level(string variable, string level, bool isQuiet)
    {
        var run = await new Call { Environment = new() { ["LOGLEVEL"] = "WARNING", [variable] = level } }.RunAsync("list");
        Assert.Equal(isQuiet, run.Error.Length == 0);
    }

    [Fact]
    public async Task Prints_the_time_before_the_table_when_asked()
    {
        var run = await new Call(Given.Batman()).RunAsync("list", "batman", "-t");
        Assert.StartsWith("2023-09-13 17:30:15\n+ Cluster: batman ", run.Out, Ordinal);
    }

    [Theory]
    [InlineData("-W")]
    [InlineData("-w0.5")]
    [InlineData("--watch=1")]
    public async Task Refreshes_the_screen_until_it_is_interrupted(string watch)
    {
        var cluster = Given.Batman();
        var call = new Call(cluster) { OnScreen = true };
        cluster.BeforeRead(_ => { });
        cluster.BeforeRead(_ => { });
        cluster.BeforeRead(_ => call.Interrupts.Interrupt());
        var run = await call.RunAsync("list", "batman", watch);
        Assert.Equal(3, run.Out.Split("\u001b[2J\u001b[1;1H+ Cluster: batman ").Length - 1);
        Assert.Equal((1, "Aborted!\n"), (run.Code, run.Error));
    }
}

public class The_topology_command
{
    [Fact]
    public async Task Draws_who_replicates_from_whom()
    {
        var cluster = Given.Three();
        cluster["members/n1"] = Given.Replica("10.0.0.2", more: ""","tags":{"replicatefrom":"n2","nofailover":true}""");
        cluster["members/n3"] = Given.Replica("10.0.0.4", more: ""","tags":{"replicatefrom":"n0"}""");
        cluster["members/n4"] = Given.Replica("10.0.0.5", more: ""","tags":{"replicatefrom":"gone"}""");
        var run = await new Call(cluster).RunAsync("topology", "batman");
        Assert.Equal("""
            + Cluster: batman (7710413840860529352) --+----+-------------+-----+------------+-----+---------------------------------------+
            | Member | Host     | Role    | State     | TL | Receive LSN | Lag | Replay LSN | Lag | Tags                                  |
            +--------+----------+---------+-----------+----+-------------+-----+------------+-----+---------------------------------------+
            | n0     | 10.0.0.1 | Leader  | running   |  1 |             |     |            |     |                                       |
            | + n2   | 10.0.0.3 | Replica | streaming |  1 |   0/4000060 |   0 |  0/4000060 |   0 |                                       |
            |   + n1 | 10.0.0.2 | Replica | streaming |  1 |   0/4000060 |   0 |  0/4000060 |   0 | {nofailover: true, replicatefrom: n2} |
            | + n3   | 10.0.0.4 | Replica | streaming |  1 |   0/4000060 |   0 |  0/4000060 |   0 | {replicatefrom: n0}                   |
            | + n4   | 10.0.0.5 | Replica | streaming |  1 |   0/4000060 |   0 |  0/4000060 |   0 | {replicatefrom: gone}                 |
            +--------+----------+---------+-----------+----+-------------+-----+------------+-----+---------------------------------------+

            """, run.Out);
    }

    [Fact]
    public async Task Leaves_out_members_that_replicate_in_a_circle()
    {
        var cluster = Given.Three();
        cluster["members/n1"] = Given.Replica("10.0.0.2", more: ""","tags":{"replicatefrom":"n2"}""");
        cluster["members/n2"] = Given.Replica("10.0.0.3", more: ""","tags":{"replicatefrom":"n1"}""");
        var run = await new Call(cluster).RunAsync("topology", "batman");
        Assert.Contains("| n0     |", run.Out, Ordinal);
        Assert.DoesNotContain("+ n", run.Out, Ordinal);
    }

    [Fact]
    public async Task Puts_all_members_on_the_first_level_without_a_leader()
    {
        var cluster = Given.Three();
        cluster["leader"] = null;
        var run = await new Call(cluster).RunAsync("topology", "batman");
        Assert.Contains("| + n0   |", run.Out, Ordinal);
        Assert.Contains("| + n2   |", run.Out, Ordinal);
    }
}
