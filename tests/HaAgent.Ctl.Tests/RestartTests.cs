using HaAgent.Ctl.Tests.Doubles;

namespace HaAgent.Ctl.Tests;

public class Restart
{
    private const string Questions =
        "When should the restart take place (e.g. 2023-09-13T18:30)  [now]: "
        + "Are you sure you want to restart members n0, n1, n2? [y/N]: "
        + "Restart if the PostgreSQL version is less than provided (e.g. 9.5.2)  []: ";

    [Fact]
    public async Task Asks_for_everything_and_then_each_member_in_turn()
    {
        await using var member = new RestMember((200, "restarted successfully"), (200, ""), (200, ""));
        var run = await new Call(Given.Three(member.Url)) { Input = "\ny\n\n" }.RunAsync("restart", "batman");
        Assert.StartsWith("+ Cluster: batman (7710413840860529352) ", run.Out, Ordinal);
        Assert.EndsWith(
            $"+\n{Questions}Success: restart on member n0\nSuccess: restart on member n1\nSuccess: restart on member n2\n", run.Out, Ordinal);
        Assert.Equal((0, ""), (run.Code, run.Error));
        Assert.Equal(["POST /restart {}", "POST /restart {}", "POST /restart {}"], member.Asked);
    }

    [Theory]
    [InlineData(200, "restarted successfully", "Success: restart on member n1\n")]
    [InlineData(202, "Restart scheduled", "Success: restart scheduled on member n1\n")]
    [InlineData(409, "Another restart is already scheduled", "Failed: another restart is already scheduled on member n1\n")]
    [InlineData(503, "restart conditions are not satisfied",
        "Failed: restart for member n1, status code=503, (restart conditions are not satisfied)\n")]
    [InlineData(503, "reinitialize already in progress",
        "Failed: restart for member n1, status code=503, (reinitialize already in progress)\n")]
    [InlineData(400, "Timeout should be a positive number of seconds",
        "Failed: restart for member n1, status code=400, (Timeout should be a positive number of seconds)\n")]
    [InlineData(422, "Cannot schedule restart in the past",
        "Failed: restart for member n1, status code=422, (Cannot schedule restart in the past)\n")]
    [InlineData(401, "not authenticated", "Failed: restart for member n1, status code=401, (not authenticated)\n")]
    public async Task Tells_what_the_member_said_and_ends_with_0(int code, string body, string reported)
    {
        await using var member = new RestMember((code, body));
        var run = await new Call(Given.Three(member.Url)).RunAsync("restart", "batman", "n1", "--force");
        Assert.EndsWith("+\n" + reported, run.Out, Ordinal);
        Assert.Equal((0, ""), (run.Code, run.Error));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"timeout":"1min"}""", "--timeout", "1min")]
    [InlineData("""{"postgres_version":"16.5"}""", "--pg-version", "16.5")]
    [InlineData("""{"postgres_version":"9.6.24"}""", "--pg-version=9.6.24")]
    [InlineData("{}", "--scheduled", "now")]
    [InlineData("""{"schedule":"2099-01-01T10:00:00-03:00"}""", "--scheduled", "2099-01-01T10:00")] // local
    [InlineData(
        """{"restart_pending":true,"postgres_version":"16.5","schedule":"2099-01-01T10:00:00+00:00","timeout":"30"}""",
        "--timeout", "30", "--scheduled", "2099-01-01T10:00Z", "--pending", "--pg-version", "16.5")]
    public async Task Hands_its_options_on(string sent, params string[] words)
    {
        await using var member = new RestMember((202, ""));
        await new Call(Given.Three(member.Url)).RunAsync(["restart", "batman", "n1", "--force", .. words]);
        Assert.Equal([$"POST /restart {sent}"], member.Asked);
    }

    [Theory]
    [InlineData("y\n", "Are you sure you want to schedule restart of members n1 at 2099-01-01 10:00:00+00:00? [y/N]: ")]
    [InlineData("y\n",
        "The nodes needing a restart will be identified at the scheduled time, and might be different from the ones showing pending "
        + "restart right now. Is this fine? [y/N]: ", "--pending")]
    public async Task Confirms_a_schedule_in_other_words(string input, string question, params string[] words)
    {
        await using var member = new RestMember((202, ""));
        var run = await new Call(Given.Three(member.Url)) { Input = input }
            .RunAsync(["restart", "batman", "n1", "--scheduled", "2099-01-01T10:00Z", "--pg-version", "16.5", .. words]);
        Assert.EndsWith($"+\n{question}Success: restart scheduled on member n1\n", run.Out, Ordinal);
    }

    [Theory]
    [InlineData("\nn\n", "Aborted restart")]
    [InlineData("\n\n", "Aborted restart")]
    [InlineData("2099-01-01T10:00Z\nn\n", "Aborted scheduled restart")]
    [InlineData("soon\n", "Unable to parse scheduled timestamp (soon). It should be in an unambiguous format (e.g. ISO 8601)")]
    [InlineData("\ny\nnew\n", "Invalid PostgreSQL version: new")]
    public async Task Ends_where_an_answer_does_not_fit(string input, string error)
    {
        await using var member = new RestMember();
        var run = await new Call(Given.Three(member.Url)) { Input = input }.RunAsync("restart", "batman");
        Assert.Equal((1, $"Error: {error}\n"), (run.Code, run.Error));
        Assert.Empty(member.Asked);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("\ny\n")]
    public async Task Is_aborted_by_the_end_of_the_input(string input)
    {
        await using var member = new RestMember();
        var run = await new Call(Given.Three(member.Url)) { Input = input }.RunAsync("restart", "batman");
        Assert.Equal((1, "Aborted!\n"), (run.Code, run.Error));
        Assert.EndsWith("]: ", run.Out, Ordinal);
        Assert.Empty(member.Asked);
    }

    [Theory]
    [InlineData("16", "Invalid PostgreSQL version format: X.Y or X.Y.Z is accepted: 16")]
    [InlineData("9.6", "Invalid PostgreSQL version format: X.Y or X.Y.Z is accepted: 9.6")]
    [InlineData("16.1.2.3", "Invalid PostgreSQL version format: X.Y or X.Y.Z is accepted: 16.1.2.3")]
    [InlineData("16beta1", "Invalid PostgreSQL version: 16beta1")]
    [InlineData("16.-1", "Invalid PostgreSQL version: 16.-1")]
    [InlineData("16.", "Invalid PostgreSQL version: 16.")]
    public async Task Refuses_what_is_no_version(string version, string error)
    {
        var run = await new Call(Given.Three()).RunAsync("restart", "batman", "--force", "--pg-version", version);
        Assert.Equal((1, $"Error: {error}\n"), (run.Code, run.Error));
    }

    [Theory]
    [InlineData("No 'replica' among provided members", "n0", "-r", "replica")]
    [InlineData("No 'any' among provided members", "n9")]
    [InlineData("Can't schedule restart in the paused state", "--scheduled", "2099-01-01T00:00Z")]
    [InlineData("Unable to parse scheduled timestamp (soon). It should be in an unambiguous format (e.g. ISO 8601)", "--scheduled", "soon")]
    public async Task Is_refused_in_one_sentence(string error, params string[] words)
    {
        var cluster = Given.Three();
        cluster["config"] = """{"pause":true}""";
        var run = await new Call(cluster).RunAsync(["restart", "batman", "--force", .. words]);
        Assert.Equal((1, $"Error: {error}\n"), (run.Code, run.Error));
    }

    [Fact]
    public async Task Needs_members()
    {
        var run = await new Call().RunAsync("restart", "nowhere", "--force");
        Assert.Equal((1, "", "Error: nowhere cluster doesn't have any members\n"), (run.Code, run.Out, run.Error));
    }

    [Fact]
    public async Task Of_what_is_pending_leaves_the_others_alone()
    {
        await using var pending = new RestMember((200, ""));
        await using var other = new RestMember();
        var cluster = Given.Three(other.Url);
        cluster["members/n1"] = Given.Replica("10.0.0.2", pending.Url, more: ",\"pending_restart\":true");
        var run = await new Call(cluster) { Input = "now\ny\n\n" }.RunAsync("restart", "batman", "--pending");
        Assert.Contains("Are you sure you want to restart members n1? [y/N]: ", run.Out, Ordinal);
        Assert.Equal(["""POST /restart {"restart_pending":true}"""], pending.Asked);
        Assert.Empty(other.Asked);
    }

    [Fact]
    public async Task Of_what_is_pending_does_nothing_where_nothing_is()
    {
        var run = await new Call(Given.Three()).RunAsync("restart", "batman", "--pending", "--scheduled", "now");
        Assert.Equal(0, run.Code);
        Assert.EndsWith("+\n", run.Out, Ordinal);
        Assert.EndsWith(" - WARNING - None of these members waits for a restart: nothing to do\n", run.Error, Ordinal);
    }

    [Fact]
    public async Task Of_any_member_is_of_one()
    {
        await using var member = new RestMember((200, ""), (200, ""));
        var run = await new Call(Given.Three(member.Url)).RunAsync("restart", "batman", "--any", "--force", "-r", "replica");
        Assert.Single(member.Asked);
        Assert.Matches("Success: restart on member n[12]\n$", run.Out);
    }

    [Theory]
    [InlineData("--force", "DELETE /restart", """POST /restart {"schedule":"2099-01-01T10:00:00+00:00"}""")]
    [InlineData("--pg-version=", """POST /restart {"schedule":"2099-01-01T10:00:00+00:00"}""")]
    public async Task Takes_the_place_of_a_scheduled_one_only_by_force(string word, params string[] asked)
    {
        await using var member = new RestMember([.. asked.Select(_ => (202, ""))]);
        var cluster = Given.Three(member.Url);
        cluster["members/n1"] = Given.Replica("10.0.0.2", member.Url, more: ""","scheduled_restart":{"schedule":"2098-01-01T00:00:00+00:00"}""");
        var run = await new Call(cluster) { Input = "y\n" }.RunAsync("restart", "batman", "n1", "--scheduled", "2099-01-01T10:00Z", word);
        Assert.Equal(asked, member.Asked);
        Assert.EndsWith("Success: restart scheduled on member n1\n", run.Out, Ordinal);
        Assert.DoesNotContain("flush", run.Out, Ordinal);
    }

    [Fact]
    public async Task Says_so_when_the_scheduled_one_cannot_be_taken_away()
    {
        await using var member = new RestMember((404, "no restarts are scheduled"), (202, ""));
        var cluster = Given.Three(member.Url);
        cluster["members/n1"] = Given.Replica("10.0.0.2", member.Url, more: ""","scheduled_restart":{"schedule":"2098-01-01T00:00:00+00:00"}""");
        var run = await new Call(cluster).RunAsync("restart", "batman", "n1", "--scheduled", "2099-01-01T10:00Z", "--force");
        Assert.EndsWith(
            "Failed: flush scheduled restart for member n1, status code=404, (no restarts are scheduled)\nSuccess: restart scheduled on member n1\n",
            run.Out, Ordinal);
    }

    [Fact]
    public async Task Goes_on_to_the_others_when_a_member_cannot_be_reached()
    {
        await using var member = new RestMember((200, ""));
        var cluster = Given.Three(member.Url);
        cluster["members/n0"] = Given.Primary("10.0.0.1", RestMember.Nobody);
        var run = await new Call(cluster).RunAsync("restart", "batman", "n0", "n1", "--force");
        Assert.Contains("Failed: restart for member n0, ", run.Out, Ordinal);
        Assert.EndsWith("Success: restart on member n1\n", run.Out, Ordinal);
        Assert.Equal((1, "Error: Could not reach n0: check that the agents run, and the ctl settings.\n"), (run.Code, run.Error));
    }
}
