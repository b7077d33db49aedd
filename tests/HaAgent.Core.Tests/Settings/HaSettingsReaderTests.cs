using System.Text.Json;
using System.Text.Json.Nodes;
using HaAgent.Core.Model;
using HaAgent.Core.Snapshot;

namespace HaAgent.Core.Tests.Settings;

public class Ha_settings
{
    private static readonly LocalSettings NothingLocal = new(null, null, HasBootstrap: false);

    [Fact]
    public void Are_the_defaults_where_nothing_is_set()
    {
        var read = Accepted("{}");
        Assert.Equal(HaSettings.Default, read.Settings with { Unsupported = HaSettings.Default.Unsupported });
        Assert.Empty(read.Notices);
        Assert.Empty(read.Settings.Unsupported);
        Assert.IsType<HaSettingsReading.Accepted>(HaSettingsReader.Read(null, NothingLocal));
    }

    [Theory]
    [InlineData("""{"ttl":4}""", 20, 1, 9, "ttl=4 can't be smaller than 5, adjusting...")]
    [InlineData("""{"ttl":10}""", 20, 1, 9, null)]
    [InlineData("""{"loop_wait":0,"ttl":30}""", 30, 1, 10, "loop_wait=0 can't be smaller than 1, adjusting...")]
    [InlineData("""{"retry_timeout":0}""", 30, 10, 3, "retry_timeout=0 can't be smaller than 1, adjusting...")]
    [InlineData("""{"ttl":"40","loop_wait":20}""", 40, 20, 10, null)]
    [InlineData("""{"ttl":30.9}""", 30, 10, 10, null)]
    public void Raise_what_is_below_its_minimum(string json, int ttl, int loopWait, int retryTimeout, string? notice)
    {
        var read = Accepted(json);
        if (notice is not null)
        {
            Assert.Contains(notice, read.Notices);
        }

        Assert.Equal((ttl, loopWait, retryTimeout), Seconds(read.Settings));
    }

    [Theory]
    [InlineData("""{"ttl":5,"loop_wait":1,"retry_timeout":1}""", "20 1 3", "5 1 1")]
    [InlineData("""{"ttl":3,"loop_wait":0,"retry_timeout":0}""", "20 1 3", "5 1 1")]
    [InlineData("""{"ttl":5,"loop_wait":1,"retry_timeout":3}""", "20 1 3", "5 1 2")]
    [InlineData("""{"ttl":10}""", "20 1 9", "10 1 4")]
    [InlineData("""{"ttl":30,"retry_timeout":1}""", "30 10 3", "30 10 1")]
    [InlineData("""{"ttl":20,"loop_wait":1,"retry_timeout":3}""", "20 1 3", null)]
    [InlineData("""{"ttl":30}""", "30 10 10", null)]
    [InlineData("{}", "30 10 10", null)]
    public void Know_what_to_use_instead_when_all_members_can_keep_it(string json, string peers, string? shorter)
    {
        var settings = Accepted(json).Settings;
        Assert.Equal(peers, Text(settings.Timing));
        Assert.Equal(shorter, settings.Short is { } given ? Text(given) : null);

        static string Text(Timing timing) => $"{timing.Ttl.TotalSeconds} {timing.LoopWait.TotalSeconds} {timing.RetryTimeout.TotalSeconds}";
    }

    [Fact]
    public void Lower_the_pause_before_the_retry_timeout()
    {
        var read = Accepted("""{"ttl":30,"loop_wait":15,"retry_timeout":10}""");
        Assert.Equal((30, 10, 10), Seconds(read.Settings));
        Assert.StartsWith("Violated the rule \"loop_wait + 2*retry_timeout <= ttl\", where ttl=30", Assert.Single(read.Notices), StringComparison.Ordinal);
    }

    [Fact]
    public void Lower_both_where_even_a_pause_of_one_second_does_not_fit()
    {
        var read = Accepted("""{"ttl":30,"loop_wait":10,"retry_timeout":20}""");
        Assert.Equal((30, 1, 14), Seconds(read.Settings));
        Assert.StartsWith("Violated the rule \"loop_wait + 2*retry_timeout <= ttl\", where ttl=30", Assert.Single(read.Notices), StringComparison.Ordinal);
    }

    [Fact]
    public void Always_keep_the_rule_whatever_is_asked_for()
    {
        var random = new Random(7);
        for (var i = 0; i < 5000; i++)
        {
            var json = new JsonObject { ["ttl"] = random.Next(-5, 200), ["loop_wait"] = random.Next(-5, 100), ["retry_timeout"] = random.Next(-5, 100) };
            var settings = Accepted(json.ToJsonString()).Settings;
            Assert.True(settings.LoopWait + (2 * settings.RetryTimeout) <= settings.Ttl, json.ToJsonString());
            Assert.True(settings is { Ttl.TotalSeconds: >= 20, LoopWait.TotalSeconds: >= 1, RetryTimeout.TotalSeconds: >= 3 }, json.ToJsonString());
            var shorter = settings.Short ?? settings.Timing;
            Assert.True(shorter.LoopWait + (2 * shorter.RetryTimeout) <= shorter.Ttl, json.ToJsonString());
            Assert.True(shorter is { Ttl.TotalSeconds: >= 5, LoopWait.TotalSeconds: >= 1, RetryTimeout.TotalSeconds: >= 1 }, json.ToJsonString());
        }
    }

    [Theory]
    [InlineData("""{"ttl":"soon"}""", "ttl = 'soon'"), InlineData("""{"loop_wait":"10s"}""", "loop_wait = '10s'")]
    [InlineData("""{"retry_timeout":[]}""", "retry_timeout = '[]'"), InlineData("""{"ttl":true}""", "ttl = 'True'")]
    [InlineData("""{"ttl":null}""", "ttl = 'None'"), InlineData("""{"ttl":1e300}""", "ttl = '1e+300'"), InlineData("""{"ttl":"1.5"}""", "ttl = '1.5'")]
    public void Are_refused_as_a_whole_when_a_time_is_no_integer(string json, string starts)
    {
        var rejected = Assert.IsType<HaSettingsReading.Rejected>(HaSettingsReader.Read(JsonNode.Parse(json)!.AsObject(), NothingLocal));
        Assert.StartsWith(starts, rejected.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Are_read_with_the_peers_parsers_and_aliases()
    {
        var settings = Accepted("""
            {"maximum_lag_on_failover":"1MB","master_start_timeout":60,"primary_stop_timeout":"30","master_stop_timeout":99,
             "pause":"on","check_timeline":1,"max_timelines_history":"7","member_slots_ttl":"1h",
             "postgresql":{"use_slots":"off","use_pg_rewind":"yes","pg_ctl_timeout":90,"remove_data_directory_on_rewind_failure":true}}
            """).Settings;
        Assert.Equal(new ByteCount(1048576), settings.MaximumLagOnFailover);
        Assert.Equal(TimeSpan.FromSeconds(60), settings.PrimaryStartTimeout);
        Assert.Equal(TimeSpan.FromSeconds(30), settings.PrimaryStopTimeout);
        Assert.True(settings is { Pause: true, CheckTimeline: true, UseSlots: false, UsePgRewind: true });
        Assert.True(settings is { RemoveDataDirectoryOnRewindFailure: true, RemoveDataDirectoryOnDivergedTimelines: false });
        Assert.Equal((7, TimeSpan.FromHours(1), TimeSpan.FromSeconds(90)),
            (settings.MaxTimelinesHistory, settings.MemberSlotsTtl, settings.PgCtlTimeout));
    }

    [Fact]
    public void Let_local_postgresql_settings_win_but_for_slots()
    {
        var local = new LocalSettings(
            JsonNode.Parse("""{"use_pg_rewind":true,"pg_ctl_timeout":5,"use_slots":false}""")!.AsObject(), null, HasBootstrap: true);
        var read = HaSettingsReader.Read(JsonNode.Parse("""{"postgresql":{"use_pg_rewind":false,"pg_ctl_timeout":90}}""")!.AsObject(), local);
        var settings = Assert.IsType<HaSettingsReading.Accepted>(read).Settings;
        Assert.True(settings is { UsePgRewind: true, UseSlots: true, MayBootstrap: true });
        Assert.Equal(TimeSpan.FromSeconds(5), settings.PgCtlTimeout);
    }

    [Theory]
    [InlineData("""{"synchronous_mode":"on"}""", "synchronous_mode", true)]
    [InlineData("""{"synchronous_mode":"Quorum"}""", "synchronous_mode", true)]
    [InlineData("""{"standby_cluster":{"host":"h","port":5432}}""", "standby_cluster", true)]
    [InlineData("""{"postgresql":{"pre_promote":"/bin/stonith"}}""", "postgresql.pre_promote", true)]
    [InlineData("""{"postgresql":{"before_stop":"/bin/drain"}}""", "postgresql.before_stop", true)]
    [InlineData("""{"failsafe_mode":true}""", "failsafe_mode", false)]
    [InlineData("""{"slots":{"a":{"type":"physical"}}}""", "slots", false)]
    [InlineData("""{"slots":{"a":null},"permanent_slots":{"b":null}}""", "permanent_slots", false)]
    [InlineData("""{"ignore_slots":[{"name":"x"}]}""", "ignore_slots", false)]
    [InlineData("""{"primary_race_backoff":5}""", "primary_race_backoff", false)]
    public void Name_what_this_version_cannot_honour(string json, string name, bool endangersCommits)
    {
        var unsupported = Assert.Single(Accepted(json).Settings.Unsupported);
        Assert.Equal((name, endangersCommits), (unsupported.Name, unsupported.EndangersCommits));
    }

    [Theory]
    [InlineData("""{"synchronous_mode":"off","synchronous_mode_strict":true,"failsafe_mode":false,"slots":{},"ignore_slots":[]}""")]
    [InlineData("""{"standby_cluster":{"create_replica_methods":["basebackup"]},"synchronous_mode":"nonsense","unknown":1}""")]
    [InlineData("""{"standby_cluster":null,"slots":null,"primary_race_backoff":0,"member_slots_ttl":0}""")]
    public void Do_not_complain_about_what_is_off(string json) => Assert.Empty(Accepted(json).Settings.Unsupported);

    private static HaSettingsReading.Accepted Accepted(string json) =>
        Assert.IsType<HaSettingsReading.Accepted>(HaSettingsReader.Read(JsonNode.Parse(json)!.AsObject(), NothingLocal));

    private static (int, int, int) Seconds(HaSettings settings) =>
        ((int)settings.Ttl.TotalSeconds, (int)settings.LoopWait.TotalSeconds, (int)settings.RetryTimeout.TotalSeconds);
}

public class Tags_as_read
{
    [Theory]
    [InlineData("{}", false, 1), InlineData("""{"nofailover":true}""", true, 0), InlineData("""{"nofailover":"yes"}""", true, 0)]
    [InlineData("""{"failover_priority":0}""", true, 0), InlineData("""{"failover_priority":-3}""", true, -3)]
    [InlineData("""{"failover_priority":"5"}""", false, 5), InlineData("""{"failover_priority":"x"}""", false, 1)]
    [InlineData("""{"nofailover":false,"failover_priority":0}""", false, 1)]
    [InlineData("""{"nofailover":false,"failover_priority":3}""", false, 3)]
    [InlineData("""{"nofailover":true,"failover_priority":3}""", true, 0)]
    [InlineData("""{"nofailover":"maybe","failover_priority":3}""", false, 3)]
    public void Exclude_from_elections_by_boolean_or_priority(string json, bool noFailover, int priority)
    {
        var tags = TagsReader.Read(Parse(json));
        Assert.Equal((noFailover, priority), (tags.NoFailover, tags.FailoverPriority));
        var sync = TagsReader.Read(Parse(json.Replace("nofailover", "nosync", StringComparison.Ordinal)
            .Replace("failover_priority", "sync_priority", StringComparison.Ordinal)));
        Assert.Equal((noFailover, priority), (sync.NoSync, sync.SyncPriority));
    }

    [Theory]
    [InlineData("""{"clonefrom":false,"nofailover":false,"noloadbalance":false,"nosync":false,"nostream":false}""", "{}")]
    [InlineData("""{"clonefrom":true,"nofailover":"false","noloadbalance":1,"nosync":"","nostream":0}""",
        """{"clonefrom":true,"nofailover":"false","noloadbalance":1}""")]
    [InlineData("""{"nofailover":false,"failover_priority":2,"nosync":false,"sync_priority":null}""",
        """{"nofailover":false,"failover_priority":2,"nosync":false,"sync_priority":null}""")]
    [InlineData("""{"datacenter":"dc é","replicatefrom":"","x":false,"n":1.50}""",
        """{"datacenter":"dc \u00e9","replicatefrom":"","x":false,"n":1.50}""")]
    public void Are_published_with_the_peers_filter(string json, string published) =>
        Assert.Equal(published, TagsReader.Read(Parse(json)).Json);

    [Fact]
    public void Are_published_the_same_when_read_again()
    {
        var once = TagsReader.Read(Parse("""{"clonefrom":false,"nofailover":false,"failover_priority":0,"z":[1]}"""));
        Assert.Equal(once, TagsReader.Read(Parse(once.Json)));
    }

    [Fact]
    public void Mean_the_same_in_a_members_record_whatever_else_it_holds()
    {
        const string Published =
            """{"nofailover": "yes", "nofailover": false, "failover_priority": 2, "x": {"a":1,"a":2}, "replicatefrom": "b"}""";
        var tags = TagsReader.ReadPublished(JsonDocument.Parse(Published).RootElement);
        Assert.Equal((false, 2, new NodeName("b")), (tags.NoFailover, tags.FailoverPriority, tags.ReplicateFrom));
        Assert.Equal(Published, tags.Json);
        Assert.Equal(Tags.None, TagsReader.ReadPublished(JsonDocument.Parse("[1]").RootElement));
    }

    [Fact]
    public void Keep_the_member_to_cascade_from() =>
        Assert.Equal(new NodeName("b"), TagsReader.Read(Parse("""{"replicatefrom":"b"}""")).ReplicateFrom);

    [Theory]
    [InlineData("""{"nofailover":true,"failover_priority":1}""",
        "Conflicting configuration between nofailover: True and failover_priority: 1. Defaulting to nofailover: True")]
    [InlineData("""{"nosync":false,"sync_priority":0}""",
        "Conflicting configuration between nosync: False and sync_priority: 0. Defaulting to nosync: False")]
    public void Tell_when_boolean_and_priority_contradict(string json, string notice) =>
        Assert.Equal([notice], TagsReader.Conflicts(Parse(json)));

    [Theory]
    [InlineData("""{"nofailover":true,"failover_priority":0}"""), InlineData("""{"nofailover":false,"failover_priority":1}""")]
    [InlineData("""{"failover_priority":0}"""), InlineData("""{"nofailover":true}""")]
    public void Say_nothing_when_they_agree(string json) => Assert.Empty(TagsReader.Conflicts(Parse(json)));

    private static JsonObject Parse(string json) => JsonNode.Parse(json)!.AsObject();
}
