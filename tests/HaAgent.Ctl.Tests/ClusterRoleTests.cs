using HaAgent.Ctl.Tests.Doubles;

namespace HaAgent.Ctl.Tests;

public class Demote_cluster
{
    [Fact]
    public async Task Asks_the_leader_and_waits_until_it_follows()
    {
        await using var leader = new RestMember((200, "{}"));
        var cluster = Given.Three(leader.Url);
        cluster.BeforeRead(_ => { });
        cluster.BeforeRead(seen => seen["leader"] = null);
        cluster.BeforeRead(seen =>
        {
            seen["leader"] = "n1";
            seen["members/n1"] = Standby("10.0.0.2");
            seen["members/n0"] = """{"state":"stopped","role":"replica"}""";
        });
        cluster.BeforeRead(seen => seen["members/n0"] = Given.Replica("10.0.0.1"));
        var run = await new Call(cluster) { Input = "y\n" }.RunAsync(
            "demote-cluster", "batman", "--host", "10.9.9.9", "--port", "5433", "--restore-command", "cp", "--primary-slot-name", "s");

        Assert.Equal(
            ["""PATCH /config {"standby_cluster":{"host":"10.9.9.9","port":5433,"restore_command":"cp","primary_slot_name":"s"}}"""],
            leader.Asked);
        Assert.StartsWith("Current cluster topology\n+ Cluster: batman ", run.Out, Ordinal);
        Assert.Contains("""
            Are you sure you want to demote batman cluster? [y/N]: 2023-09-13 17:30:15 cluster is unlocked: True, leader role: None, leader state: None, previous leader state: 'running'
            2023-09-13 17:30:15 cluster is unlocked: False, leader role: standby_leader, leader state: running, previous leader state: 'stopped'
            2023-09-13 17:30:15 cluster is successfully demoted
            + Cluster: batman 
            """.TrimEnd('\n'), run.Out, Ordinal);
        Assert.Equal((0, ""), (run.Code, run.Error));
    }

    [Theory]
    [InlineData("At least --host, --port or --restore-command should be specified", "n\n")]
    [InlineData("At least --host, --port or --restore-command should be specified", "n\n", "--primary-slot-name", "s")]
    [InlineData("Aborted cluster demotion", "n\n", "--host", "x")]
    public async Task Is_refused_in_one_sentence(string error, string input, params string[] words)
    {
        await using var leader = new RestMember();
        var run = await new Call(Given.Three(leader.Url)) { Input = input }.RunAsync(["demote-cluster", "batman", .. words]);
        Assert.Equal((1, $"Error: {error}\n"), (run.Code, run.Error));
        Assert.Empty(leader.Asked);
    }

    [Fact]
    public async Task Is_refused_where_an_agent_could_not_lead_it()
    {
        await using var leader = new RestMember();
        var cluster = Given.Three(leader.Url);
        cluster["members/n2"] = Given.Replica("10.0.0.3", leader.Url, more: ""","haagent":{"version":"0.1.0"}""");
        var run = await new Call(cluster).RunAsync("demote-cluster", "batman", "--host", "x", "--force");
        Assert.Equal(
            (1, "", "Error: Standby clusters are not in this version of haagent, which runs on n2: nothing was changed.\n"),
            (run.Code, run.Out, run.Error));
        Assert.Empty(leader.Asked);
    }

    private static string Standby(string host) => Given.Replica(host).Replace("\"replica\"", "\"standby_leader\"", Ordinal);
}

public class Promote_cluster
{
    [Fact]
    public async Task Takes_the_section_away()
    {
        await using var leader = new RestMember((200, "{}"));
        var cluster = Standby(leader.Url);
        cluster.BeforeRead(_ => { });
        cluster.BeforeRead(_ => { });
        cluster.BeforeRead(seen => seen["members/n0"] = Given.Primary("10.0.0.1", leader.Url));
        var run = await new Call(cluster).RunAsync("promote-cluster", "batman", "--force");
        Assert.Equal(["""PATCH /config {"standby_cluster":null}"""], leader.Asked);
        Assert.Contains("""
            2023-09-13 17:30:15 cluster is unlocked: False, leader role: standby_leader, leader state: running
            2023-09-13 17:30:15 cluster is successfully promoted
            + Cluster: batman 
            """.TrimEnd('\n'), run.Out, Ordinal);
        Assert.Equal((0, ""), (run.Code, run.Error));
    }

    [Theory]
    [InlineData(null, 0, "Cluster has no leader, promotion is not possible")]
    [InlineData("n1", 0, "Aborted cluster promotion")]
    [InlineData("n0", 409, "Failed to promote batman cluster: status code=409, (no)")]
    public async Task Is_refused_in_one_sentence(string? leads, int code, string error)
    {
        await using var leader = new RestMember((code, "no"));
        var cluster = Standby(leader.Url);
        cluster["leader"] = leads;
        var run = await new Call(cluster) { Input = code == 0 ? "\n" : "y\n" }.RunAsync("promote-cluster", "batman");
        Assert.Equal((1, $"Error: {error}\n"), (run.Code, run.Error));
    }

    [Fact]
    public async Task Is_refused_where_it_is_no_standby()
    {
        var run = await new Call(Given.Three()).RunAsync("promote-cluster", "batman", "--force");
        Assert.Equal((1, "", "Error: Cluster is already in the required state\n"), (run.Code, run.Out, run.Error));
    }

    [Fact]
    public async Task Says_so_when_the_leader_cannot_be_reached()
    {
        var run = await new Call(Standby(RestMember.Nobody)).RunAsync("promote-cluster", "batman", "--force");
        Assert.Equal(1, run.Code);
        Assert.StartsWith("Error: Failed to promote batman cluster: ", run.Error, Ordinal);
    }

    private static StoredCluster Standby(string api)
    {
        var cluster = Given.Three(api);
        cluster["config"] = """{"standby_cluster":{"host":"x"}}""";
        cluster["members/n0"] = Given.Primary("10.0.0.1", api).Replace("\"primary\"", "\"standby_leader\"", Ordinal);
        return cluster;
    }
}
