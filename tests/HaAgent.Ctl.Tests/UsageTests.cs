using HaAgent.Ctl.Tests.Doubles;

namespace HaAgent.Ctl.Tests;

public class A_call_that_the_grammar_does_not_allow
{
    public static TheoryData<string, string, string, string> Misuses => new()
    {
        { "bogus", "[OPTIONS] COMMAND [ARGS]...", "", "No such command 'bogus'." },
        { "--bogus list", "[OPTIONS] COMMAND [ARGS]...", "", "No such option: --bogus" },
        { "-c", "[OPTIONS] COMMAND [ARGS]...", "", "Option '-c' requires an argument." },
        { "list --bogus", "list [OPTIONS] [CLUSTER_NAMES]...", " list", "No such option: --bogus" },
        { "list --bogus=1", "list [OPTIONS] [CLUSTER_NAMES]...", " list", "No such option: --bogus" },
        { "list -Wx", "list [OPTIONS] [CLUSTER_NAMES]...", " list", "No such option: -x" },
        { "list -c file", "list [OPTIONS] [CLUSTER_NAMES]...", " list", "No such option: -c" },
        { "list -f", "list [OPTIONS] [CLUSTER_NAMES]...", " list", "Option '-f' requires an argument." },
        {
            "list -f topology", "list [OPTIONS] [CLUSTER_NAMES]...", " list",
            "Invalid value for '--format' / '-f': 'topology' is not one of 'pretty', 'tsv', 'json', 'yaml', 'yml'."
        },
        { "list -w soon", "list [OPTIONS] [CLUSTER_NAMES]...", " list", "Invalid value for '-w' / '--watch': 'soon' is not a valid float." },
        { "pause --group x", "pause [OPTIONS] [CLUSTER_NAME]", " pause", "Invalid value for '--group': 'x' is not a valid integer." },
        { "reload", "reload [OPTIONS] CLUSTER_NAME [MEMBER_NAMES]...", " reload", "Missing argument 'CLUSTER_NAME'." },
        { "reload a --force=yes", "reload [OPTIONS] CLUSTER_NAME [MEMBER_NAMES]...", " reload", "Option '--force' does not take a value." },
        { "pause a b", "pause [OPTIONS] [CLUSTER_NAME]", " pause", "Got unexpected extra argument (b)" },
        { "switchover a b c", "switchover [OPTIONS] [CLUSTER_NAME]", " switchover", "Got unexpected extra arguments (b c)" },
        { "switchover --master n0", "switchover [OPTIONS] [CLUSTER_NAME]", " switchover", "No such option: --master" },
        { "--version", "[OPTIONS] COMMAND [ARGS]...", "", "No such option: --version" },
    };

    [Theory]
    [MemberData(nameof(Misuses))]
    public async Task Ends_with_2_and_the_usage_line(string words, string usage, string command, string error)
    {
        var run = await new Call { Program = "patronictl" }.RunAsync(words.Split(' '));
        Assert.Equal(
            $"Usage: patronictl {usage}\nTry 'patronictl{command} --help' for help.\n\nError: {error}\n", run.Error);
        Assert.Equal((2, ""), (run.Code, run.Out));
    }

    [Fact]
    public async Task Shows_the_help_without_a_command()
    {
        var run = await new Call().RunAsync();
        Assert.Equal((2, ""), (run.Code, run.Out));
        Assert.StartsWith("Usage: haagentctl [OPTIONS] COMMAND [ARGS]...\n", run.Error, Ordinal);
    }
}

public class Help
{
    [Fact]
    public async Task Lists_all_verbs()
    {
        var run = await new Call().RunAsync("--help");
        Assert.Equal((0, ""), (run.Code, run.Error));
        Assert.All(["list", "topology", "switchover", "edit-config", "restart"], verb => Assert.Contains($"\n  {verb} ", run.Out, Ordinal));
    }

    [Theory]
    [InlineData("list --help")]
    [InlineData("reload --help")] // though its argument is missing
    [InlineData("restart --help")]
    public async Task Is_there_for_every_verb(string words)
    {
        var run = await new Call().RunAsync(words.Split(' '));
        Assert.Equal((0, ""), (run.Code, run.Error));
        Assert.StartsWith($"Usage: haagentctl {words.Split(' ')[0]} [OPTIONS]", run.Out, Ordinal);
        Assert.Contains("--help  ", run.Out, Ordinal);
    }
}

public class A_verb_of_a_later_version
{
    [Theory]
    [InlineData("restart", "batman", "n0", "--force")]
    [InlineData("reinit")]
    [InlineData("query", "-c", "select 1")]
    [InlineData("flush", "batman", "switchover")]
    [InlineData("remove", "batman")]
    [InlineData("demote-cluster", "--host", "x")]
    [InlineData("promote-cluster")]
    public async Task Is_refused_in_one_sentence(params string[] words)
    {
        var run = await new Call(Given.Three()).RunAsync(words);
        Assert.Equal((1, ""), (run.Code, run.Out));
        Assert.StartsWith($"Error: {words[0]} is not in this version: ", run.Error, Ordinal);
        Assert.Equal(1, run.Error.Count(c => c == '\n'));
    }
}

public class A_citus_cluster
{
    [Fact]
    public async Task Is_refused_by_group()
    {
        var run = await new Call(Given.Three()).RunAsync("list", "batman", "--group", "0");
        Assert.Equal((1, "Error: Citus clusters are not in this version: leave out --group.\n"), (run.Code, run.Error));
    }

    [Fact]
    public async Task Is_refused_by_configuration()
    {
        var run = await new Call(Given.Three()) { Configuration = """{"citus":{"group":0,"database":"c"}}""" }.RunAsync("list", "batman");
        Assert.StartsWith("Error: Citus clusters are not in this version: take the citus section", run.Error, Ordinal);
        Assert.Equal(1, run.Code);
    }
}
