using HaAgent.Ctl.Tests.Doubles;

namespace HaAgent.Ctl.Tests;

public class Dsn
{
    [Theory]
    [InlineData("host=10.0.0.1 port=5432\n")]
    [InlineData("host=10.0.0.1 port=5432\n", "-r", "primary")]
    [InlineData("host=10.0.0.2 port=5432\n", "-r", "replica")]
    [InlineData("host=10.0.0.2 port=5432\n", "--role=standby")]
    [InlineData("host=10.0.0.1 port=5432\n", "-r", "any")]
    [InlineData("host=10.0.0.3 port=5432\n", "-m", "n2")]
    public async Task Is_the_address_of_a_member(string printed, params string[] words)
    {
        var run = await new Call(Given.Three()).RunAsync(["dsn", "batman", .. words]);
        Assert.Equal((0, printed, ""), (run.Code, run.Out, run.Error));
    }

    [Theory]
    [InlineData("--role and --member are mutually exclusive options", "-r", "any", "-m", "n0")]
    [InlineData("Can not find a suitable member", "-m", "n9")]
    [InlineData("Can not find a suitable member", "-r", "standby-leader")]
    public async Task Is_refused_in_one_sentence(string error, params string[] words)
    {
        var run = await new Call(Given.Three()).RunAsync(["dsn", "batman", .. words]);
        Assert.Equal((1, "", $"Error: {error}\n"), (run.Code, run.Out, run.Error));
    }

    [Fact]
    public async Task Shows_an_ipv6_address_without_brackets()
    {
        var cluster = Given.Three();
        cluster["members/n0"] = Given.Primary("[fd00::1]");
        var run = await new Call(cluster).RunAsync("dsn", "batman");
        Assert.Equal("host=fd00::1 port=5432\n", run.Out);
    }
}

public class History
{
    private const string Lines =
        """[[1,67109256,"no recovery target specified","2026-11-21T00:11:46.291837+00:00","n1"],[2,67110808,"by hand"]]""";

    [Fact]
    public async Task Is_a_table_without_a_title()
    {
        var cluster = Given.Three();
        cluster["history"] = Lines;
        var run = await new Call(cluster).RunAsync("history", "batman");
        Assert.Equal("""
            +----+----------+------------------------------+----------------------------------+------------+
            | TL |      LSN | Reason                       | Timestamp                        | New Leader |
            +----+----------+------------------------------+----------------------------------+------------+
            |  1 | 67109256 | no recovery target specified | 2026-11-21T00:11:46.291837+00:00 | n1         |
            |  2 | 67110808 | by hand                      |                                  |            |
            +----+----------+------------------------------+----------------------------------+------------+

            """, run.Out);
    }

    [Fact]
    public async Task Keeps_empty_values_in_json()
    {
        var cluster = Given.Three();
        cluster["history"] = Lines;
        var run = await new Call(cluster).RunAsync("history", "batman", "-f", "json");
        Assert.EndsWith(
            """, {"TL": 2, "LSN": 67110808, "Reason": "by hand", "Timestamp": "", "New Leader": ""}]""" + "\n", run.Out, Ordinal);
    }

    [Fact]
    public async Task Is_empty_where_nothing_is_stored()
    {
        var json = await new Call(Given.Three()).RunAsync("history", "batman", "-f", "json");
        Assert.Equal("[]\n", json.Out);
        var pretty = await new Call(Given.Three()).RunAsync("history", "batman");
        Assert.Equal(4, pretty.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }
}

public class Version
{
    [Theory]
    [InlineData("haagentctl", "haagentctl version 0.1.0\n")]
    [InlineData("patronictl", "patronictl version 4.1.4\n")]
    public async Task Depends_on_the_name_of_the_call_and_needs_no_configuration(string program, string printed)
    {
        var run = await new Call { Program = program, Configuration = "not json" }.RunAsync("version");
        Assert.Equal((0, printed), (run.Code, run.Out));
    }

    [Fact]
    public async Task Of_members_is_asked_from_each()
    {
        await using var member = new RestMember(
            (200, """{"server_version":160004,"patroni":{"version":"4.1.4"}}"""),
            (503, """{"server_version":90624,"patroni":{"version":"2.0.0"}}"""));
        var cluster = Given.Three(member.Url);
        cluster["members/n2"] = Given.Replica("10.0.0.3", RestMember.Nobody);
        cluster["members/n3"] = """{"state":"stopped"}""";
        var run = await new Call(cluster).RunAsync("version", "batman");
        Assert.StartsWith(
            "haagentctl version 0.1.0\n\nn0: Patroni 4.1.4 PostgreSQL 16.4\nn1: Patroni 2.0.0 PostgreSQL 9.6.24\nn2: failed to get version: ",
            run.Out, Ordinal);
        Assert.Equal((0, 6), (run.Code, run.Out.Split('\n').Length));
        Assert.Equal(["GET /patroni", "GET /patroni"], member.Asked);
    }

    [Fact]
    public async Task Of_single_members_can_be_asked_for()
    {
        await using var member = new RestMember((200, """{"patroni":{"version":"4.1.4"}}"""), (200, "hello"));
        var cluster = Given.Three(member.Url);
        var one = await new Call(cluster).RunAsync("version", "batman", "n1");
        Assert.EndsWith("\n\nn1: Patroni 4.1.4\n", one.Out, Ordinal);
        var odd = await new Call(cluster).RunAsync("version", "batman", "n2");
        Assert.EndsWith("\nn2: failed to get version: not a status document: hello\n", odd.Out, Ordinal);
    }
}

public class Reload
{
    [Fact]
    public async Task Asks_each_member_after_a_confirmation()
    {
        await using var member = new RestMember((202, "reload scheduled"), (200, ""), (503, "no"));
        var run = await new Call(Given.Three(member.Url)) { Input = "y\n" }.RunAsync("reload", "batman");
        Assert.StartsWith("+ Cluster: batman ", run.Out, Ordinal);
        Assert.EndsWith(
            "Are you sure you want to reload members n0, n1, n2? [y/N]: "
            + "Reload request received for member n0 and will be processed within 10 seconds\n"
            + "No changes to apply on member n1\n"
            + "Failed: reload for member n2, status code=503, (no)\n",
            run.Out, Ordinal);
        Assert.Equal((0, ""), (run.Code, run.Error));
        Assert.Equal(["POST /reload", "POST /reload", "POST /reload"], member.Asked);
    }

    [Fact]
    public async Task Goes_on_to_the_others_when_a_member_cannot_be_reached()
    {
        await using var member = new RestMember((202, ""));
        var cluster = Given.Three(member.Url);
        cluster["members/n0"] = Given.Primary("10.0.0.1", RestMember.Nobody);
        var run = await new Call(cluster).RunAsync("reload", "batman", "n0", "n1", "gone", "--force");
        Assert.Contains("Failed: reload for member n0, ", run.Out, Ordinal);
        Assert.Contains("Reload request received for member n1 ", run.Out, Ordinal);
        Assert.Equal((1, "Error: Could not reach n0: check that the agents run, and the ctl settings.\n"), (run.Code, run.Error));
    }

    [Fact]
    public async Task Needs_members()
    {
        var run = await new Call().RunAsync("reload", "nowhere");
        Assert.Equal((1, "", "Error: nowhere cluster doesn't have any members\n"), (run.Code, run.Out, run.Error));
    }

    [Fact]
    public async Task Needs_members_with_the_role()
    {
        var run = await new Call(Given.Three()).RunAsync("reload", "batman", "n0", "-r", "replica", "--force");
        Assert.Equal((1, "Error: No 'replica' among provided members\n"), (run.Code, run.Error));
    }

    [Fact]
    public async Task Can_be_declined()
    {
        var run = await new Call(Given.Three()) { Input = "\n" }.RunAsync("reload", "batman", "n1");
        Assert.EndsWith("Are you sure you want to reload members n1? [y/N]: ", run.Out, Ordinal);
        Assert.Equal((1, "Error: Aborted reload\n"), (run.Code, run.Error));
    }
}

public class Members
{
    [Theory]
    [InlineData("""{"ctl":{"authentication":{"username":"a","password":"b"}},"restapi":{"authentication":{"username":"c","password":"d"}}}""", "Basic YTpi")]
    [InlineData("""{"restapi":{"authentication":{"username":"c","password":"ü"}}}""", "Basic YzrDvA==")]
    [InlineData("""{"ctl":{"authentication":{"username":"a"}}}""", null)]
    public async Task Are_shown_the_configured_credentials(string configuration, string? header)
    {
        await using var member = new RestMember((200, "{}"));
        await new Call(Given.Three(member.Url)) { Configuration = configuration }.RunAsync("pause", "batman");
        Assert.Equal([header], member.Authorizations);
    }

    [Fact]
    public async Task Are_silent_when_they_take_a_request_and_never_answer()
    {
        using var deaf = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        deaf.Start();
        var member = new Core.Snapshot.Member { Name = new("n0"), ApiUrl = $"http://{deaf.LocalEndpoint}/patroni" };
        using var api = new Rest.MemberApi(new Configuration.Options.CtlOptions(), TimeProvider.System);
        var answer = await api.SendAsync(
            HttpMethod.Post, member, "switchover", body: null, TimeSpan.FromMilliseconds(300), TestContext.Current.CancellationToken);
        Assert.IsType<Rest.ApiAnswer.Silent>(answer);
    }

    [Theory]
    [InlineData(null, "n0 has published no api_url")]
    [InlineData("localhost:8008", "n0 has published an api_url that is not a URL: localhost:8008")]
    public async Task Cannot_be_reached_without_an_address(string? url, string why)
    {
        using var api = new Rest.MemberApi(new Configuration.Options.CtlOptions(), TimeProvider.System);
        var answer = await api.SendAsync(
            HttpMethod.Get, new() { Name = new("n0"), ApiUrl = url }, "patroni", body: null, Rest.MemberApi.Promptly, TestContext.Current.CancellationToken);
        Assert.Equal(new Rest.ApiAnswer.Unreachable(why), answer);
    }
}
