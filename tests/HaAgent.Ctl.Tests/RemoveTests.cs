using HaAgent.Core.Ports;
using HaAgent.Ctl.Tests.Doubles;

namespace HaAgent.Ctl.Tests;

public class Remove
{
    private const string Name = "Please confirm the cluster name to remove: ";

    private const string Awareness =
        "You are about to remove all information in DCS for batman, please type: \"Yes I am aware\": ";

    private const string Leader = "This cluster currently is healthy. Please specify the leader name to continue: ";

    [Fact]
    public async Task Deletes_everything_after_three_questions()
    {
        var cluster = Given.Three();
        var run = await new Call(cluster) { Input = "batman\nYes I am aware\nn0\n" }.RunAsync("remove", "batman");
        Assert.StartsWith("+ Cluster: batman (7710413840860529352) ", run.Out, Ordinal);
        Assert.EndsWith($"+\n{Name}{Awareness}{Leader}", run.Out, Ordinal);
        Assert.Equal((0, "", true), (run.Code, run.Error, cluster.IsEmpty));
    }

    [Fact]
    public async Task Asks_for_no_leader_where_there_is_none_and_lists_in_the_format_that_is_wanted()
    {
        var cluster = Given.Three();
        cluster["leader"] = null;
        var run = await new Call(cluster) { Input = "batman\nYes I am aware\n" }.RunAsync("remove", "batman", "-f", "json");
        Assert.StartsWith("""[{"Cluster": "batman", "Member": "n0", """, run.Out, Ordinal);
        Assert.EndsWith($"]\n{Name}{Awareness}", run.Out, Ordinal);
        Assert.Equal((0, true), (run.Code, cluster.IsEmpty));
    }

    [Theory]
    [InlineData("robin\n", "Error: Cluster names specified do not match\n")]
    [InlineData("\n", "Aborted!\n")] // asked again
    [InlineData("batman\nyes i am aware\n", "Error: You did not exactly type \"Yes I am aware\"\n")]
    [InlineData("batman\nYes I am aware\nn1\n", "Error: You did not specify the current leader of the cluster\n")]
    [InlineData("batman\nYes I am aware\n", "Aborted!\n")]
    [InlineData("", "Aborted!\n")]
    public async Task Ends_where_an_answer_does_not_fit(string input, string error)
    {
        var cluster = Given.Three();
        var run = await new Call(cluster) { Input = input }.RunAsync("remove", "batman");
        Assert.Equal((1, error, false), (run.Code, run.Error, cluster.IsEmpty));
    }

    [Fact]
    public async Task Says_so_when_the_store_does_not_answer()
    {
        var cluster = Given.Three();
        cluster.DeletionAnswer = WriteOutcome.Unknown;
        var run = await new Call(cluster) { Input = "batman\nYes I am aware\nn0\n" }.RunAsync("remove", "batman");
        Assert.Equal(
            (1, "Error: The store did not confirm that batman is removed: see the list command, then try again.\n"), (run.Code, run.Error));
    }
}
