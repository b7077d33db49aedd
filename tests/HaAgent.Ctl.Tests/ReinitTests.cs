using HaAgent.Ctl.Tests.Doubles;

namespace HaAgent.Ctl.Tests;

public class Reinit
{
    private const string Busy = "reinitialize already in progress";

    [Fact]
    public async Task Asks_which_member_is_meant()
    {
        await using var member = new RestMember((200, "reinitialize started"));
        var run = await new Call(Given.Three(member.Url)) { Input = "n2\ny\n" }.RunAsync("reinit", "batman");
        Assert.EndsWith(
            "+\nWhich member do you want to reinitialize [n1, n2]? []: Are you sure you want to reinitialize members n2? [y/N]: "
            + "Success: reinitialize for member n2\n", run.Out, Ordinal);
        Assert.Equal((0, ""), (run.Code, run.Error));
        Assert.Equal(["""POST /reinitialize {"force":false,"from_leader":false}"""], member.Asked);
    }

    [Theory]
    [InlineData("n0\n", "n0 is not a member of cluster")] // the leader
    [InlineData("n9\n", "n9 is not a member of cluster")]
    [InlineData("\n", " is not a member of cluster")]
    [InlineData("n1\nn\n", "Aborted reinitialize")]
    public async Task Ends_where_an_answer_does_not_fit(string input, string error)
    {
        await using var member = new RestMember();
        var run = await new Call(Given.Three(member.Url)) { Input = input }.RunAsync("reinit", "batman");
        Assert.Equal((1, $"Error: {error}\n"), (run.Code, run.Error));
        Assert.Empty(member.Asked);
    }

    [Theory]
    [InlineData("No replica among provided members", "batman", "n0")]
    [InlineData("No replica among provided members", "batman", "n9")]
    [InlineData("nowhere cluster doesn't have any members", "nowhere")]
    public async Task Is_refused_in_one_sentence(string error, params string[] words)
    {
        var run = await new Call(Given.Three()).RunAsync(["reinit", "--force", .. words]);
        Assert.Equal((1, $"Error: {error}\n"), (run.Code, run.Error));
    }

    [Fact]
    public async Task Throws_nothing_away_by_force_when_no_member_is_named()
    {
        await using var member = new RestMember();
        var run = await new Call(Given.Three(member.Url)).RunAsync("reinit", "batman", "--force");
        Assert.Equal((0, ""), (run.Code, run.Error));
        Assert.EndsWith("+\n", run.Out, Ordinal);
        Assert.Empty(member.Asked);
    }

    [Theory]
    [InlineData("""{"force":true,"from_leader":false}""", "--force")]
    [InlineData("""{"force":true,"from_leader":true}""", "--force", "--from-leader")]
    public async Task Hands_its_options_on(string sent, params string[] words)
    {
        await using var member = new RestMember((200, ""), (200, ""));
        await new Call(Given.Three(member.Url)).RunAsync(["reinit", "batman", "n1", "n2", .. words]);
        Assert.Equal([$"POST /reinitialize {sent}", $"POST /reinitialize {sent}"], member.Asked);
    }

    [Theory]
    [InlineData(503, "Cluster has no leader, can not reinitialize")]
    [InlineData(503, "I am the leader, can not reinitialize")]
    [InlineData(403, "Access is denied")]
    [InlineData(501, "Unsupported method ('POST')")]
    public async Task Tells_of_a_refusal_and_ends_with_0(int code, string body)
    {
        await using var member = new RestMember((code, body));
        var run = await new Call(Given.Three(member.Url)) { Input = "y\n" }.RunAsync("reinit", "batman", "n1");
        Assert.EndsWith($"? [y/N]: Failed: reinitialize for member n1, status code={code}, ({body})\n", run.Out, Ordinal);
        Assert.Equal((0, ""), (run.Code, run.Error));
    }

    [Theory]
    [InlineData("y\ny\n", 2)]
    [InlineData("y\nn\n", 1)]
    public async Task Asks_before_it_cancels_what_is_in_progress(string input, int requests)
    {
        await using var member = new RestMember((503, Busy), (200, "reinitialize started"));
        var run = await new Call(Given.Three(member.Url)) { Input = input }.RunAsync("reinit", "batman", "n1", "--from-leader");
        Assert.Contains(
            $"Failed: reinitialize for member n1, status code=503, ({Busy})\nDo you want to cancel it and reinitialize anyway? [y/N]: ",
            run.Out, Ordinal);
        string[] both =
        [
            """POST /reinitialize {"force":false,"from_leader":true}""", """POST /reinitialize {"force":true,"from_leader":true}""",
        ];
        Assert.Equal(both[..requests], member.Asked);
        Assert.Equal(0, run.Code);
    }

    [Fact]
    public async Task Does_not_ask_twice_when_force_does_not_help()
    {
        await using var member = new RestMember((503, Busy), (503, Busy));
        var run = await new Call(Given.Three(member.Url)) { Input = "y\ny\ny\n" }.RunAsync("reinit", "batman", "n1");
        Assert.Equal((0, 2), (run.Code, member.Asked.Count));
    }

    [Fact]
    public async Task Can_be_waited_for()
    {
        await using var one = new RestMember(
            (200, ""), (503, """{"state":"creating replica"}"""), (503, "not a document"), (503, """{"state":"creating replica"}"""),
            (200, """{"state":"running"}"""));
        await using var two = new RestMember((200, ""), (503, """{"state":"creating replica"}"""), (503, """{"state":"starting"}"""));
        var cluster = Given.Three();
        cluster["members/n1"] = Given.Replica("10.0.0.2", one.Url);
        cluster["members/n2"] = Given.Replica("10.0.0.3", two.Url);
        var run = await new Call(cluster).RunAsync("reinit", "batman", "n1", "n2", "--force", "--wait");
        Assert.EndsWith("""
            Success: reinitialize for member n2
            Waiting for reinitialize to complete on: n1, n2
            Reinitialize is completed on: n2
            Waiting for reinitialize to complete on: n1
            Reinitialize is completed on: n1

            """, run.Out, Ordinal);
        Assert.Equal((0, ""), (run.Code, run.Error));
    }

    [Fact]
    public async Task Waits_for_nobody_who_has_refused()
    {
        await using var member = new RestMember((503, "I am the leader, can not reinitialize"));
        var run = await new Call(Given.Three(member.Url)).RunAsync("reinit", "batman", "n1", "--force", "--wait");
        Assert.DoesNotContain("Waiting", run.Out, Ordinal);
        Assert.Single(member.Asked);
    }

    [Fact]
    public async Task Says_which_members_could_not_be_reached()
    {
        var run = await new Call(Given.Three(RestMember.Nobody)).RunAsync("reinit", "batman", "n1", "--force");
        Assert.Equal((1, "Error: Could not reach n1: check that the agents run, and the ctl settings.\n"), (run.Code, run.Error));
    }
}
