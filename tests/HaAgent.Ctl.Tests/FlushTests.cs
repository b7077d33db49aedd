using HaAgent.Ctl.Tests.Doubles;

namespace HaAgent.Ctl.Tests;

public class Flush_of_restarts
{
    private const string Scheduled = ""","scheduled_restart":{"schedule":"2098-01-01T00:00:00+00:00"}""";

    [Fact]
    public async Task Asks_those_members_that_have_one()
    {
        await using var member = new RestMember((200, "scheduled restart deleted"));
        var cluster = Given.Three(member.Url);
        cluster["members/n1"] = Given.Replica("10.0.0.2", member.Url, more: Scheduled);
        var run = await new Call(cluster) { Input = "y\n" }.RunAsync("flush", "batman", "n0", "n1", "restart");
        Assert.EndsWith(
            "+\nAre you sure you want to flush members n0, n1? [y/N]: "
            + "No scheduled restart for member n0\nSuccess: flush scheduled restart for member n1\n", run.Out, Ordinal);
        Assert.Equal((0, ""), (run.Code, run.Error));
        Assert.Equal(["DELETE /restart"], member.Asked);
    }

    [Theory]
    [InlineData(404, "no restarts are scheduled")]
    [InlineData(401, "no auth header received")]
    [InlineData(501, "Unsupported method ('DELETE')")]
    public async Task Tells_of_a_refusal_and_ends_with_0(int code, string body)
    {
        await using var member = new RestMember((code, body));
        var cluster = Given.Three(member.Url);
        cluster["members/n1"] = Given.Replica("10.0.0.2", member.Url, more: Scheduled);
        var run = await new Call(cluster).RunAsync("flush", "batman", "restart", "-r", "replica", "--force");
        Assert.EndsWith(
            $"+\nFailed: flush scheduled restart for member n1, status code={code}, ({body})\nNo scheduled restart for member n2\n",
            run.Out, Ordinal);
        Assert.Equal((0, ""), (run.Code, run.Error));
    }

    [Theory]
    [InlineData("Aborted flush", "batman", "restart")]
    [InlineData("No 'any' among provided members", "batman", "n9", "restart")]
    [InlineData("nowhere cluster doesn't have any members", "nowhere", "restart")]
    public async Task Is_refused_in_one_sentence(string error, params string[] words)
    {
        var run = await new Call(Given.Three()) { Input = "\n" }.RunAsync(["flush", .. words]);
        Assert.Equal((1, $"Error: {error}\n"), (run.Code, run.Error));
    }

    [Fact]
    public async Task Says_which_members_could_not_be_reached()
    {
        var cluster = Given.Three();
        cluster["members/n1"] = Given.Replica("10.0.0.2", RestMember.Nobody, more: Scheduled);
        var run = await new Call(cluster).RunAsync("flush", "batman", "restart", "--force");
        Assert.Equal((1, "Error: Could not reach n1: check that the agents run, and the ctl settings.\n"), (run.Code, run.Error));
    }
}

public class Flush_of_a_switchover
{
    private const string Request = """{"leader":"n0","member":"n1","scheduled_at":"2098-01-01T00:00:00+00:00"}""";

    [Theory]
    [InlineData(null)]
    [InlineData("{}")]
    [InlineData("""{"leader":"n0"}""")] // one that is under way is not scheduled
    public async Task Does_nothing_where_none_is_scheduled(string? stored)
    {
        var cluster = Given.Three();
        cluster["failover"] = stored;
        var run = await new Call(cluster).RunAsync("flush", "batman", "switchover");
        Assert.Equal((0, "No pending scheduled switchover\n", ""), (run.Code, run.Out, run.Error));
    }

    [Theory]
    [InlineData(200, "scheduled switchover deleted", "Success: scheduled switchover deleted\n")]
    [InlineData(404, "no switchover is scheduled", "Failed: no switchover is scheduled\n")]
    public async Task Asks_the_leader_and_nothing_else(int code, string body, string printed)
    {
        await using var leader = new RestMember((code, body));
        await using var other = new RestMember();
        var cluster = Given.Three(other.Url);
        cluster["failover"] = Request;
        cluster["leader"] = "n2";
        cluster["members/n2"] = Given.Replica("10.0.0.3", leader.Url);
        var run = await new Call(cluster).RunAsync("flush", "batman", "switchover");
        Assert.Equal((0, printed, ""), (run.Code, run.Out, run.Error));
        Assert.Equal(["DELETE /switchover"], leader.Asked);
        Assert.Empty(other.Asked);
        Assert.Equal(Request, cluster["failover"]);
    }

    [Fact]
    public async Task Goes_on_to_the_next_member_after_a_refusal()
    {
        await using var member = new RestMember((409, "conflict"), (200, ""));
        var cluster = Given.Three(member.Url);
        cluster["failover"] = Request;
        var run = await new Call(cluster).RunAsync("flush", "batman", "switchover");
        Assert.Equal(
            (0, "Failed: member=n0, status_code=409, (conflict)\nSuccess: scheduled switchover deleted\n"), (run.Code, run.Out));
        Assert.Equal(2, member.Asked.Count);
    }

    [Fact]
    public async Task Clears_the_key_when_nobody_can_be_asked()
    {
        await using var member = new RestMember((503, "no"));
        var cluster = Given.Three(RestMember.Nobody);
        cluster["members/n2"] = Given.Replica("10.0.0.3", member.Url);
        cluster["failover"] = Request;
        var run = await new Call(cluster).RunAsync("flush", "batman", "switchover");
        Assert.Equal(
            (0, "Failed: member=n2, status_code=503, (no)\n2023-09-13 17:30:15.12345 Could not find any accessible member of cluster batman\n"),
            (run.Code, run.Out));
        Assert.Contains(" - WARNING - Member n0 is not accessible: ", run.Error, Ordinal);
        Assert.Equal("{}", cluster["failover"]);
    }

    [Fact]
    public async Task Leaves_a_request_alone_that_came_meanwhile()
    {
        var cluster = Given.Three(RestMember.Nobody);
        cluster["failover"] = Request;
        cluster.BeforeWrite = stored => stored["failover"] = """{"leader":"n0"}""";
        var run = await new Call(cluster).RunAsync("flush", "batman", "switchover");
        Assert.Equal(1, run.Code);
        Assert.EndsWith("Error: The store did not confirm that the switchover is taken back: see the list command, then try again.\n", run.Error, Ordinal);
        Assert.Equal("""{"leader":"n0"}""", cluster["failover"]);
    }
}
