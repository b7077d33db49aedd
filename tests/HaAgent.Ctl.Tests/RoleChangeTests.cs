using HaAgent.Core.Ports;
using HaAgent.Ctl.Tests.Doubles;

namespace HaAgent.Ctl.Tests;

public class Switchover
{
    private const string Questions =
        "Primary [n0]: Candidate ['n1', 'n2'] []: When should the switchover take place (e.g. 2023-09-13T18:30 )  [now]: ";

    [Fact]
    public async Task Asks_for_everything_and_then_asks_the_leader()
    {
        await using var leader = new RestMember((200, """Successfully switched over to "n2"."""));
        var cluster = Given.Three(leader.Url);
        leader.OnRequest = () => cluster["leader"] = "n2";
        var run = await new Call(cluster) { Input = "\nn2\n\ny\n" }.RunAsync("switchover", "batman");

        Assert.Equal((0, ""), (run.Code, run.Error));
        Assert.StartsWith("Current cluster topology\n+ Cluster: batman (7710413840860529352) ", run.Out, Ordinal);
        Assert.Contains(
            $"+\n{Questions}Are you sure you want to switchover cluster batman, demoting current leader n0? [y/N]: ", run.Out, Ordinal);
        Assert.Equal(["""POST /switchover {"candidate":"n2","leader":"n0"}"""], leader.Asked);
        Assert.Contains("2023-09-13 17:30:15.12345 Successfully switched over to \"n2\".\n+ Cluster: batman ", run.Out, Ordinal);
        Assert.Contains("| n2     | 10.0.0.3 | Leader ", run.Out[run.Out.IndexOf("Successfully", Ordinal)..], Ordinal);
        Assert.Null(cluster["failover"]);
    }

    [Fact]
    public async Task Leaves_the_candidate_to_the_cluster_when_none_is_named()
    {
        await using var leader = new RestMember((200, "done"));
        await new Call(Given.Three(leader.Url)) { Input = "\n\n\ny\n" }.RunAsync("switchover", "batman");
        Assert.Equal(["""POST /switchover {"candidate":null,"leader":"n0"}"""], leader.Asked);
    }

    [Fact]
    public async Task Asks_nothing_when_forced()
    {
        await using var leader = new RestMember((200, "done"));
        var run = await new Call(Given.Three(leader.Url)) { Configuration = """{"scope":"batman"}""" }.RunAsync("switchover", "--force");
        Assert.Equal(0, run.Code);
        Assert.DoesNotContain("]: ", run.Out, Ordinal);
        Assert.Equal(["""POST /switchover {"candidate":null,"leader":"n0"}"""], leader.Asked);
    }

    [Theory]
    [InlineData("2023-09-14T12:00:00+02:00", "2023-09-14T12:00:00+02:00")]
    [InlineData("2023-09-14T12:00+00", "2023-09-14T12:00:00+00:00")]
    [InlineData("2023-09-14 10:00:00.5Z", "2023-09-14T10:00:00.500000+00:00")]
    [InlineData("2023-09-14T12:00", "2023-09-14T12:00:00-03:00")] // local
    [InlineData("18:00", "2023-09-13T18:00:00-03:00")] // today
    [InlineData("Thu, 14 Sep 2023 12:00:00 +0200", "2023-09-14T12:00:00+02:00")]
    public async Task Can_be_scheduled(string given, string sent)
    {
        await using var leader = new RestMember((202, "Switchover scheduled"));
        var run = await new Call(Given.Three(leader.Url)) { Input = "y\n" }
            .RunAsync("switchover", "batman", "--leader", "n0", "--candidate", "n1", "--scheduled", given);
        Assert.Equal(["""POST /switchover {"candidate":"n1","leader":"n0","scheduled_at":"@"}""".Replace("@", sent, Ordinal)], leader.Asked);
        Assert.Contains(
            $"Are you sure you want to schedule switchover of cluster batman at {sent}, demoting current leader n0? [y/N]: ", run.Out, Ordinal);
        Assert.Contains("2023-09-13 17:30:15.12345 Switchover scheduled\n", run.Out, Ordinal);
    }

    [Fact]
    public async Task Refuses_a_time_that_it_cannot_read()
    {
        var run = await new Call(Given.Three()).RunAsync("switchover", "batman", "--force", "--scheduled", "soon");
        Assert.Equal(
            (1, "Error: Unable to parse scheduled timestamp (soon). It should be in an unambiguous format (e.g. ISO 8601)\n"),
            (run.Code, run.Error));
    }

    [Fact]
    public async Task Cannot_be_scheduled_while_paused()
    {
        var cluster = Given.Three();
        cluster["config"] = """{"pause":true}""";
        var run = await new Call(cluster).RunAsync("switchover", "batman", "--force", "--scheduled", "2099-01-01T00:00Z");
        Assert.Equal((1, "Error: Can't schedule switchover in the paused state\n"), (run.Code, run.Error));
    }

    [Theory]
    [InlineData("n1\n", "Member n1 is not the leader of cluster batman")]
    [InlineData("\nn9\n", "Member n9 does not exist in cluster batman or is tagged as nofailover")]
    [InlineData("\nn0\n", "Member n0 is already the leader of cluster batman")]
    [InlineData("\nn2\n\nn\n", "Aborting switchover")]
    [InlineData("\nn2\n\n\n", "Aborting switchover")]
    [InlineData("\nn2\n2099-01-01T00:00Z\nNo\n", "Aborting scheduled switchover")]
    public async Task Ends_where_an_answer_does_not_fit(string input, string error)
    {
        await using var leader = new RestMember();
        var run = await new Call(Given.Three(leader.Url)) { Input = input }.RunAsync("switchover", "batman");
        Assert.Equal((1, $"Error: {error}\n"), (run.Code, run.Error));
        Assert.Empty(leader.Asked);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("\nn2\n\n")]
    [InlineData("\nn2\n\nperhaps\n")]
    public async Task Is_aborted_by_the_end_of_the_input(string input)
    {
        await using var leader = new RestMember();
        var run = await new Call(Given.Three(leader.Url)) { Input = input }.RunAsync("switchover", "batman");
        Assert.Equal((1, "Aborted!\n"), (run.Code, run.Error));
        Assert.EndsWith("]: ", run.Out, Ordinal);
        Assert.Empty(leader.Asked);
    }

    [Fact]
    public async Task Asks_again_when_the_answer_is_neither_yes_nor_no()
    {
        await using var leader = new RestMember((200, "done"));
        var run = await new Call(Given.Three(leader.Url)) { Input = "\n\n\nmaybe\nYES\n" }.RunAsync("switchover", "batman");
        Assert.Contains("[y/N]: Error: invalid input\nAre you sure", run.Out, Ordinal);
        Assert.Single(leader.Asked);
    }

    [Fact]
    public async Task Needs_a_leader()
    {
        var cluster = Given.Three();
        cluster["leader"] = null;
        var run = await new Call(cluster).RunAsync("switchover", "batman", "--force");
        Assert.Equal((1, "Error: This cluster has no leader\n"), (run.Code, run.Error));
    }

    [Fact]
    public async Task Needs_a_member_that_may_take_over()
    {
        var cluster = Given.Three();
        cluster["members/n1"] = Given.Replica("10.0.0.2", more: ""","tags":{"nofailover":true}""");
        cluster["members/n2"] = Given.Replica("10.0.0.3", more: ""","tags":{"failover_priority":0}""");
        var run = await new Call(cluster).RunAsync("switchover", "batman", "--force");
        Assert.Equal((1, "Error: No candidates found to switchover to\n"), (run.Code, run.Error));
    }

    [Fact]
    public async Task Speaks_of_the_standby_leader_in_a_standby_cluster()
    {
        var cluster = Given.Three();
        cluster["config"] = """{"standby_cluster":{"port":5432}}""";
        var run = await new Call(cluster).RunAsync("switchover", "batman");
        Assert.EndsWith("Standby Leader [n0]: ", run.Out, Ordinal);
    }

    [Theory]
    [InlineData(412, "candidate does not exists", "Switchover failed, details: 412, candidate does not exists\n")]
    [InlineData(503, "Switchover status unknown after 20 seconds; operation may still be in progress",
        "Switchover result unknown, details: 503, Switchover status unknown after 20 seconds; operation may still be in progress\n")]
    public async Task Reports_a_refusal_and_still_ends_with_0(int code, string body, string reported)
    {
        await using var leader = new RestMember((code, body));
        var run = await new Call(Given.Three(leader.Url)).RunAsync("switchover", "batman", "--force");
        Assert.Equal(0, run.Code);
        Assert.EndsWith("+\n" + reported, run.Out, Ordinal);
    }

    [Fact]
    public async Task Asks_an_old_member_for_a_failover_instead()
    {
        await using var leader = new RestMember((501, "Server does not support this operation"), (200, "done"));
        var run = await new Call(Given.Three(leader.Url)).RunAsync("switchover", "batman", "--force");
        Assert.Equal(
            ["""POST /switchover {"candidate":null,"leader":"n0"}""", """POST /failover {"candidate":null,"leader":"n0"}"""], leader.Asked);
        Assert.Contains(" done\n", run.Out, Ordinal);
    }

    [Fact]
    public async Task Is_left_in_the_store_when_the_leader_cannot_be_reached()
    {
        var cluster = Given.Three(RestMember.Nobody);
        var run = await new Call(cluster)
            .RunAsync("switchover", "batman", "--force", "--candidate", "n2", "--scheduled", "2099-01-01T00:00Z");
        Assert.Equal(0, run.Code);
        Assert.Contains("2023-09-13 17:30:15.12345 Could not switchover using Patroni api, falling back to DCS\n+ Cluster", run.Out, Ordinal);
        Assert.Equal("""{"leader":"n0","member":"n2","scheduled_at":"2099-01-01T00:00:00+00:00"}""", cluster["failover"]);
    }

    [Fact]
    public async Task Is_left_in_the_store_when_the_leader_hangs_up()
    {
        await using var leader = new RestMember { HangsUp = true };
        var cluster = Given.Three(leader.Url);
        await new Call(cluster).RunAsync("switchover", "batman", "--force");
        Assert.Equal("""{"leader":"n0"}""", cluster["failover"]);
        Assert.Single(leader.Asked);
    }

    [Fact]
    public async Task Says_so_when_the_store_does_not_take_it_either()
    {
        var cluster = Given.Three(RestMember.Nobody);
        cluster.FailoverAnswer = WriteOutcome.Unknown;
        var run = await new Call(cluster).RunAsync("switchover", "batman", "--force");
        Assert.Equal((1, "Error: The store did not confirm the switchover request: see the list command, then try again.\n"), (run.Code, run.Error));
    }
}

public class Failover
{
    [Fact]
    public async Task Goes_to_the_candidate_that_is_named()
    {
        await using var leader = new RestMember((200, """Successfully failed over to "n1"."""));
        var run = await new Call(Given.Three(leader.Url)) { Input = "n1\ny\n" }.RunAsync("failover", "batman");
        Assert.Contains(
            "+\nCandidate ['n1', 'n2'] []: Are you sure you want to failover cluster batman, demoting current leader n0? [y/N]: ",
            run.Out, Ordinal);
        Assert.Equal(["""POST /failover {"candidate":"n1"}"""], leader.Asked);
        Assert.Equal(0, run.Code);
    }

    [Fact]
    public async Task Asks_the_candidate_itself_when_nobody_leads()
    {
        await using var other = new RestMember();
        await using var candidate = new RestMember((200, "done"));
        var cluster = Given.Three(other.Url);
        cluster["leader"] = null;
        cluster["members/n1"] = Given.Replica("10.0.0.2", candidate.Url);
        var run = await new Call(cluster) { Input = "y\n" }.RunAsync("failover", "batman", "--candidate", "n1");
        Assert.Contains("Are you sure you want to failover cluster batman? [y/N]: ", run.Out, Ordinal);
        Assert.Equal(["""POST /failover {"candidate":"n1"}"""], candidate.Asked);
        Assert.Empty(other.Asked);
    }

    [Theory]
    [InlineData("--force")]
    [InlineData("--candidate=")]
    public async Task Needs_a_candidate(string word)
    {
        var run = await new Call(Given.Three()).RunAsync("failover", "batman", word);
        Assert.Equal((1, "Error: Failover could be performed only to a specific candidate\n"), (run.Code, run.Error));
    }

    [Fact]
    public async Task Warns_before_it_goes_to_an_asynchronous_member()
    {
        var run = await new Call(Synchronous()) { Input = "n\n" }.RunAsync("failover", "batman", "--candidate", "n2");
        Assert.EndsWith("Are you sure you want to failover to the asynchronous node n2? [y/N]: ", run.Out, Ordinal);
        Assert.Equal((1, "Error: Aborting failover\n"), (run.Code, run.Error));
    }

    [Fact]
    public async Task Does_not_warn_about_a_synchronous_member()
    {
        var run = await new Call(Synchronous()) { Input = "n\n" }.RunAsync("failover", "batman", "--candidate", "n1");
        Assert.DoesNotContain("asynchronous", run.Out, Ordinal);
        Assert.Equal((1, "Error: Aborting failover\n"), (run.Code, run.Error));
    }

    [Fact]
    public async Task Is_left_in_the_store_when_nobody_can_be_reached()
    {
        var cluster = Given.Three(RestMember.Nobody);
        var run = await new Call(cluster).RunAsync("failover", "batman", "--force", "--candidate", "n2");
        Assert.Equal((0, """{"member":"n2"}"""), (run.Code, cluster["failover"]));
    }

    private static StoredCluster Synchronous()
    {
        var cluster = Given.Three();
        cluster["config"] = """{"synchronous_mode":true}""";
        cluster["sync"] = """{"leader":"n0","quorum":0,"sync_standby":"n1"}""";
        return cluster;
    }
}
