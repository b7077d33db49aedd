using System.Text.Json.Nodes;
using HaAgent.Core.Contracts.Records;
using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;
using HaAgent.Dcs.Records;

namespace HaAgent.Dcs.Tests;

/// <summary>Values as peers of any age write them.</summary>
public sealed class A_stored_record
{
    private const string Head = "\"conn_url\":\"postgres://10.0.0.1:5432/postgres\",\"api_url\":\"http://10.0.0.1:8008/patroni\"";

    [Fact]
    public void Of_a_replica_is_read_whole()
    {
        var member = Member($$"""
            {{{Head}},"state":"running","role":"replica","version":"4.1.4","tags":{"clonefrom":true,"datacenter":"dc1"},"xlog_location":67108960,"replay_lsn":67108952,"receive_lsn":67108960,"replication_state":"streaming","timeline":1}
            """);
        Assert.Equal(("running", "replica", "4.1.4"), (member.State, member.Role, member.Version));
        Assert.Equal(("postgres://10.0.0.1:5432/postgres", "http://10.0.0.1:8008/patroni"), (member.ConnUrl, member.ApiUrl));
        Assert.Equal((new Lsn(67108960), new Lsn(67108952), new Timeline(1)), (member.Position, member.ReplayLsn, member.Timeline));
        Assert.True(member.Tags.CloneFrom);
        Assert.Equal("""{"clonefrom":true,"datacenter":"dc1"}""", member.Tags.Json);
    }

    [Fact]
    public void Of_an_old_peer_is_read_for_what_it_means()
    {
        var member = Member("""{"role":"master","xlog_location":"67108960","timeline":"3","pause":"true","conn_url":null,"later":{}}""");
        Assert.Equal(("primary", "unknown"), (member.Role, member.State));
        Assert.Equal((new Lsn(67108960), new Timeline(3), true), (member.Position, member.Timeline, member.Pause));
        Assert.Null(member.ConnUrl);
        Assert.Null(member.CheckpointAfterPromote);
    }

    [Fact]
    public void Of_the_oldest_peers_is_a_URL()
    {
        var member = Member("postgres://u@10.0.0.1:5432/postgres?application_name=http://10.0.0.1:8008/patroni&x=y");
        Assert.Equal(("postgres://u@10.0.0.1:5432/postgres", "http://10.0.0.1:8008/patroni"), (member.ConnUrl, member.ApiUrl));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("\"text\"")]
    [InlineData("{broken")]
    [InlineData("17")]
    public void That_is_garbage_leaves_a_member_of_which_nothing_is_known(string value)
    {
        var member = Member(value);
        Assert.Equal(("unknown", "", null), (member.State, member.Role, member.ConnUrl));
    }

    [Theory]
    [InlineData("""{"nofailover":true}""", true, 0)]
    [InlineData("""{"nofailover":"true","failover_priority":3}""", true, 0)]
    [InlineData("""{"failover_priority":0}""", true, 0)]
    [InlineData("""{"failover_priority":"2"}""", false, 2)]
    [InlineData("""{"nofailover":false,"failover_priority":2}""", false, 2)]
    [InlineData("{}", false, 1)]
    public void Has_tags_that_limit_or_rank_a_candidate(string tags, bool noFailover, int priority)
    {
        var read = Member($$"""{"tags":{{tags}}}""").Tags;
        Assert.Equal((noFailover, priority), (read.NoFailover, read.FailoverPriority));
    }

    [Theory]
    [InlineData("""{"leader":"n1","member":"n0","scheduled_at":"2026-11-21T00:14:25+00:00"}""", "n1", "n0", true)]
    [InlineData("""{"member":"n2"}""", "", "n2", true)]
    [InlineData("{}", "", "", false)]
    [InlineData("""{"scheduled_at":"2026-11-21T00:14:25+00:00"}""", "", "", false)]
    [InlineData(" n0 : n1 ", "n0", "n1", true)]
    [InlineData("[1:2]", "", "", false)]
    [InlineData("""{"leader":null,"member":""}""", "", "", false)]
    public void Of_a_failover_names_who_and_whom(string value, string leader, string candidate, bool present)
    {
        var request = Parse(("failover", value)).Failover;
        Assert.Equal((leader, candidate, present), (request.Leader.Value, request.Candidate.Value, request.IsPresent));
        Assert.Equal(new DcsVersion(7), request.Version);
    }

    [Theory]
    [InlineData("""{"leader":"n1","quorum":1,"sync_standby":"n0, n2,"}""", "n1", 1, "n0 n2")]
    [InlineData("""{"leader":"n1","sync_standby":"n0"}""", "n1", 0, "n0")]
    [InlineData("""{"leader":"n1","quorum":null,"sync_standby":null}""", "n1", 0, "")]
    [InlineData("""{"leader":"","quorum":2,"sync_standby":"n0"}""", "", 0, "")]
    [InlineData("nonsense", "", 0, "")]
    public void Of_synchronous_mode_names_leader_quorum_and_voters(string value, string leader, int quorum, string voters)
    {
        var sync = Parse(("sync", value)).Sync;
        Assert.Equal((leader, quorum, voters), (sync.Leader.Value, sync.Quorum, string.Join(' ', sync.Voters)));
    }

    [Fact]
    public void Of_history_may_have_lines_of_three_four_and_five_elements()
    {
        var lines = Parse(("history", """[[1,"25623960","reason"],[2,25624344,"r","2026-11-21T00:11:46+00:00"],[3,1,"r","t","n1"]]""")).History!.Value;
        Assert.Equal(new HistoryLine(new(1), new(25623960), "reason", null, null), lines[0]);
        Assert.Equal("2026-11-21T00:11:46+00:00", lines[1].Timestamp);
        Assert.Equal("n1", lines[2].NewLeader);
    }

    [Theory]
    [InlineData(null, 0)]
    [InlineData("[]", 1)]
    [InlineData("""[[4,1,"r"]]""", 5)]
    [InlineData("garbage", 0)]
    public void Of_history_tells_the_timeline_or_that_it_is_not_known(string? value, int timeline) =>
        Assert.Equal(new Timeline((uint)timeline), (value is null ? Parse() : Parse(("history", value))).ClusterTimeline);

    [Theory]
    [InlineData("""{"optime":67108960,"slots":{"n1":67108960,"x":"bad"},"retain_slots":["n0","n1"]}""", 67108960, 2, 2)]
    [InlineData("""{"optime":1,"slots":"{\"n1\":5}","retain_slots":"[\"n0\"]"}""", 1, 1, 1)]
    [InlineData("""{"optime":"2"}""", 2, 0, 0)]
    [InlineData("3", 3, 0, 0)]
    [InlineData("""{"optime":4,"slots":[],"retain_slots":{}}""", 4, 0, 0)]
    [InlineData("rubbish", 0, 0, 0)]
    public void Of_status_is_an_object_or_a_bare_number(string value, long optime, int slots, int retained)
    {
        var status = Parse(("status", value), ("optime/leader", "99")).Status;
        Assert.Equal(((ulong)optime, slots, retained), (status.Optime.Value, status.Slots.Count, status.RetainSlots.Length));
        Assert.Equal(value, status.Raw);
    }

    [Fact]
    public void Of_the_old_position_key_counts_when_there_is_no_status() =>
        Assert.Equal((new Lsn(99), null), (Parse(("optime/leader", "99")).Status.Optime, Parse(("optime/leader", "99")).Status.Raw));

    [Fact]
    public void Of_configuration_that_is_no_object_is_no_configuration()
    {
        Assert.Null(Parse(("config", "garbage")).Config);
        Assert.Null(Parse(("config", "[]")).Config);
        Assert.Equal("""{"ttl": 30}""", Parse(("config", """{"ttl": 30}""")).Config!.Json);
    }

    [Fact]
    public void Of_the_leader_is_plain_text_and_an_empty_one_is_nobody()
    {
        Assert.Equal(new NodeName("n0"), Parse(("leader", "n0")).LeaderName);
        Assert.True(Parse(("leader", "")).IsUnlocked);
        Assert.Equal(new NodeName("n0"), Parse(("leader", "n0")).LeaderMember!.Name);
    }

    [Fact]
    public void Of_a_key_that_is_not_ours_is_ignored()
    {
        var state = Parse(("members/a/b", "{}"), ("members/", "{}"), ("future", "x"), ("failsafe", "[]"), ("members/b", "{}"), ("members/B", "{}"));
        Assert.Equal(["B", "b"], state.Members.Select(member => member.Name.Value));
        Assert.Null(state.Failsafe);
    }

    [Fact]
    public void With_a_field_twice_counts_as_its_last_word() =>
        Assert.Equal("n2", Parse(("failover", """{"member":"n1","member":"n2"}""")).Failover.Candidate.Value);

    [Fact]
    public void That_we_write_reads_back_as_it_was()
    {
        var json = MemberRecordWriter.Write(new()
        {
            ConnUrl = "postgres://10.0.0.1:5432/postgres",
            ApiUrl = "http://10.0.0.1:8008/patroni",
            State = PostgresState.Running,
            Role = PostgresRole.Primary,
            CheckpointAfterPromoteMissing = true,
            TagsJson = """{ "datacenter": "dcé" }""",
            PendingRestart = [new PendingParameter("wal_level", "replica", "logical")],
            XlogLocation = new(67109768),
            Timeline = new(2),
            Pause = true,
        });
        Assert.Equal(
            "{" + Head + ",\"state\":\"running\",\"role\":\"primary\",\"version\":\"4.1.4\",\"checkpoint_after_promote\":false,"
            + "\"tags\":{\"datacenter\":\"dc\\u00e9\"},\"pending_restart\":true,"
            + "\"pending_restart_reason\":{\"wal_level\":{\"old_value\":\"replica\",\"new_value\":\"logical\"}},"
            + "\"xlog_location\":67109768,\"timeline\":2,\"pause\":true,\"haagent\":{\"version\":\"0.1.0\",\"features\":[\"short-ttl\"]}}",
            json);
        Assert.False(Member(json).CheckpointAfterPromote);
    }

    [Fact]
    public void Of_our_own_says_that_it_can_keep_short_times_and_a_leader_that_uses_them_says_which()
    {
        var fields = new MemberRecordFields
        {
            ConnUrl = "postgres://10.0.0.1:5432/postgres",
            ApiUrl = "http://10.0.0.1:8008/patroni",
            State = PostgresState.Running,
            Role = PostgresRole.Primary,
        };
        var (able, using5) = (Member(MemberRecordWriter.Write(fields)), Member(MemberRecordWriter.Write(fields with { ShortTtl = TimeSpan.FromSeconds(5) })));
        Assert.Equal((true, null), (able.CanKeepShortTimes, able.ShortTtl));
        Assert.Equal((true, TimeSpan.FromSeconds(5)), (using5.CanKeepShortTimes, using5.ShortTtl));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"haagent":null}""")]
    [InlineData("""{"haagent":"short-ttl"}""")]
    [InlineData("""{"haagent":["short-ttl"]}""")]
    [InlineData("""{"haagent":{"version":"0.1.0"}}""")]
    [InlineData("""{"haagent":{"features":"short-ttl","ttl":"soon"}}""")]
    [InlineData("""{"haagent":{"features":{"short-ttl":true},"ttl":0}}""")]
    [InlineData("""{"haagent":{"features":[["short-ttl"],null,7,"short"],"ttl":-5}}""")]
    [InlineData("garbage")]
    public void That_does_not_say_so_does_not(string value) // S6
    {
        var member = Member(value);
        Assert.Equal((false, null), (member.CanKeepShortTimes, member.ShortTtl));
    }

    [Fact]
    public void Of_a_request_is_spelled_as_the_peer_spells_it()
    {
        var at = new DateTimeOffset(2026, 11, 21, 0, 14, 25, TimeSpan.Zero);
        Assert.Equal(
            """{"leader":"n1","member":"n0","scheduled_at":"2026-11-21T00:14:25+00:00"}""",
            FailoverRecordWriter.Write(new("n1"), new("n0"), at));
        Assert.Equal("""{"member":"n2"}""", FailoverRecordWriter.Write(NodeName.Nobody, new("n2"), null));
        Assert.Equal("2026-11-21T00:14:25.000120+02:00", IsoTime.Text(new DateTimeOffset(2026, 11, 21, 0, 14, 25, TimeSpan.FromHours(2)).AddMicroseconds(120)));
    }

    [Fact]
    public void Of_positions_is_spelled_as_the_peer_spells_it()
    {
        Assert.Equal(
            """{"optime":67108960,"slots":{"n1":67108960,"n0":67108961},"retain_slots":["n0","n1"]}""",
            StatusRecordWriter.Write(new(67108960), [new("n1", new(67108960)), new("n0", new(67108961))], ["n1", "n0"]));
        Assert.Equal("""{"optime":1}""", StatusRecordWriter.Write(new(1), [], []));
        Assert.Equal(
            """{"optime":9,"slots":{"z":1,"a":2},"retain_slots":["n0"]}""",
            StatusRecordWriter.WithOptime("""{"optime":1,"slots":{"z":1,"a":2},"retain_slots":["n0"]}""", new(9)));
        Assert.Equal("""{"optime":9}""", StatusRecordWriter.WithOptime("rubbish", new(9)));
    }

    [Fact]
    public void Of_history_and_failsafe_is_spelled_as_the_peer_spells_it()
    {
        const string History = """[[1,67109256,"no recovery target specified","2026-11-21T00:11:46.291837+00:00","n1"],[2,67110808,"x"]]""";
        Assert.Equal(History, HistoryRecordWriter.Write(Parse(("history", History)).History!.Value));
        Assert.Equal(
            """{"n0":"http://10.0.0.1:8008/patroni"}""",
            FailsafeRecordWriter.Write([new(new NodeName("n0"), "http://10.0.0.1:8008/patroni")]));
    }

    [Fact]
    public void Is_ASCII_with_lower_case_escapes_and_unescaped_slashes()
    {
        var node = JsonNode.Parse("""{"a":"é/\"\\\u0001\u007f😀\n","b":[1.50,true,null,{}],"c":[]}""");
        Assert.Equal(
            "{\"a\":\"\\u00e9/\\\"\\\\\\u0001\\u007f\\ud83d\\ude00\\n\",\"b\":[1.50,true,null,{}],\"c\":[]}", JsonText.Compact(node));
        Assert.Equal("""{"a": 1, "b": [1, 2]}""", JsonText.Spaced(JsonNode.Parse("""{"a":1,"b":[1,2]}""")));
    }

    private static Member Member(string value) => Assert.Single(Parse(("members/a", value)).Members);

    private static ClusterState Parse(params (string Key, string Value)[] keys) =>
        ClusterStateParser.Parse(keys.Select(key => (key.Key, key.Value, 7L, 5L, 0L)));
}
