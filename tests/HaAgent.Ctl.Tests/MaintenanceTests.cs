using HaAgent.Ctl.Tests.Doubles;

namespace HaAgent.Ctl.Tests;

public class Maintenance_mode
{
    [Theory]
    [InlineData("pause", Given.Timing, """PATCH /config {"pause":true}""", "Success: cluster management is paused\n")]
    [InlineData("resume", """{"pause":true}""", """PATCH /config {"pause":null}""", "Success: cluster management is resumed\n")]
    public async Task Is_switched_by_the_leader(string verb, string config, string request, string report)
    {
        await using var leader = new RestMember((200, "{}"));
        await using var other = new RestMember();
        var cluster = Given.Three(other.Url);
        cluster["config"] = config;
        cluster["leader"] = "n1";
        cluster["members/n1"] = Given.Replica("10.0.0.2", leader.Url);
        var run = await new Call(cluster).RunAsync(verb, "batman");
        Assert.Equal((0, report, ""), (run.Code, run.Out, run.Error));
        Assert.Equal([request], leader.Asked);
        Assert.Empty(other.Asked);
    }

    [Theory]
    [InlineData("pause", """{"pause":"on"}""", "Error: Cluster is already paused\n")]
    [InlineData("resume", """{"pause":false}""", "Error: Cluster is not paused\n")]
    public async Task Is_not_switched_twice(string verb, string config, string error)
    {
        var cluster = Given.Three();
        cluster["config"] = config;
        var run = await new Call(cluster).RunAsync(verb, "batman");
        Assert.Equal((1, error, ""), (run.Code, run.Error, run.Out));
    }

    [Fact]
    public async Task Is_switched_by_another_member_when_the_leader_cannot_be_reached()
    {
        await using var other = new RestMember((200, "{}"));
        var cluster = Given.Three(other.Url);
        cluster["members/n0"] = Given.Primary("10.0.0.1", RestMember.Nobody);
        var run = await new Call(cluster).RunAsync("pause", "batman");
        Assert.Equal((0, "Success: cluster management is paused\n"), (run.Code, run.Out));
        Assert.Contains(" - WARNING - Member n0 is not accessible: ", run.Error, Ordinal);
        Assert.Single(other.Asked);
    }

    [Fact]
    public async Task Is_not_switched_when_nobody_can_be_reached()
    {
        var run = await new Call(Given.Three(RestMember.Nobody)).RunAsync("pause", "batman");
        Assert.Equal(1, run.Code);
        Assert.EndsWith("\nError: Can not find accessible cluster member\n", run.Error, Ordinal);
    }

    [Theory]
    [InlineData("pause", Given.Timing)]
    [InlineData("resume", """{"pause":true}""")]
    public async Task Reports_a_refusal_and_asks_nobody_else(string verb, string config)
    {
        await using var member = new RestMember((409, "try again"));
        var cluster = Given.Three(member.Url);
        cluster["config"] = config;
        var run = await new Call(cluster).RunAsync(verb, "batman");
        Assert.Equal((0, $"Failed: {verb} cluster management status code=409, (try again)\n"), (run.Code, run.Out));
        Assert.Single(member.Asked);
    }

    [Fact]
    public async Task Can_be_waited_for_until_all_members_show_it()
    {
        await using var member = new RestMember((200, "{}"));
        var cluster = Given.Three(member.Url);
        cluster["members/n3"] = """{"conn_url":"postgres://10.0.0.4:5432/postgres","state":"stopped"}"""; // without an API: not waited for
        cluster.BeforeRead(_ => { });
        cluster.BeforeRead(seen => seen["members/n0"] = Given.Primary("10.0.0.1", member.Url, ",\"pause\":true"));
        cluster.BeforeRead(seen => seen["members/n1"] = Given.Replica("10.0.0.2", member.Url, more: ",\"pause\":true"));
        cluster.BeforeRead(seen => seen["members/n2"] = Given.Replica("10.0.0.3", member.Url, more: ",\"pause\":true"));
        var run = await new Call(cluster).RunAsync("pause", "batman", "--wait");
        Assert.Equal(
            "'pause' request sent, waiting until it is recognized by all nodes\nSuccess: cluster management is paused\n", run.Out);
        Assert.Equal(4, cluster.Reads);
    }

    [Fact]
    public async Task Names_the_members_that_never_showed_it()
    {
        await using var member = new RestMember((200, "{}"));
        var cluster = Given.Three(member.Url);
        cluster["config"] = """{"pause":true,"loop_wait":3}""";
        cluster["members/n1"] = Given.Replica("10.0.0.2", member.Url, more: ",\"pause\":true");
        cluster["members/n2"] = Given.Replica("10.0.0.3", member.Url, more: ",\"pause\":true");
        var run = await new Call(cluster).RunAsync("resume", "batman", "--wait");
        Assert.Equal(
            "'resume' request sent, waiting until it is recognized by all nodes\nn1, n2 members didn't recognized pause state after 3 seconds\n",
            run.Out);
        Assert.Equal((0, 5), (run.Code, cluster.Reads));
    }

    [Fact]
    public async Task Needs_a_cluster()
    {
        var run = await new Call().RunAsync("pause");
        Assert.Equal(
            (1, "Error: No cluster name was given and the configuration has no scope: name the cluster, or set scope.\n"), (run.Code, run.Error));
    }
}
