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
        { "restart", $"restart {Action}", " restart", "Missing argument 'CLUSTER_NAME'." },
        { "restart a -r master", $"restart {Action}", " restart", NotARole("master") },
        { "restart a --timeout", $"restart {Action}", " restart", "Option '--timeout' requires an argument." },
        { "restart a --any=1", $"restart {Action}", " restart", "Option '--any' does not take a value." },
        { "reinit", $"reinit {Action}", " reinit", "Missing argument 'CLUSTER_NAME'." },
        { "reinit a -r replica", $"reinit {Action}", " reinit", "No such option: -r" },
        { "flush", $"flush {Action} {{restart|switchover}}", " flush", "Missing argument 'CLUSTER_NAME'." },
        { "flush restart", $"flush {Action} {{restart|switchover}}", " flush", "Missing argument '{restart|switchover}'." },
        {
            "flush a foo", $"flush {Action} {{restart|switchover}}", " flush",
            "Invalid value for '{restart|switchover}': 'foo' is not one of 'restart', 'switchover'."
        },
        { "remove", "remove [OPTIONS] CLUSTER_NAME", " remove", "Missing argument 'CLUSTER_NAME'." },
        { "remove a --force", "remove [OPTIONS] CLUSTER_NAME", " remove", "No such option: --force" },
        { "remove a b", "remove [OPTIONS] CLUSTER_NAME", " remove", "Got unexpected extra argument (b)" },
        { "query -f", "query [OPTIONS] [CLUSTER_NAME]", " query", "Option '-f' requires an argument." },
        { "query -w x", "query [OPTIONS] [CLUSTER_NAME]", " query", "Invalid value for '-w' / '--watch': 'x' is not a valid float." },
        { "query -r master", "query [OPTIONS] [CLUSTER_NAME]", " query", NotARole("master") },
        {
            "demote-cluster --port x", "demote-cluster [OPTIONS] [CLUSTER_NAME]", " demote-cluster",
            "Invalid value for '--port': 'x' is not a valid integer."
        },
        { "promote-cluster --host x", "promote-cluster [OPTIONS] [CLUSTER_NAME]", " promote-cluster", "No such option: --host" },
        { "completion", "completion [OPTIONS] {bash|zsh|fish}", " completion", "Missing argument '{bash|zsh|fish}'." },
        {
            "completion ksh", "completion [OPTIONS] {bash|zsh|fish}", " completion",
            "Invalid value for '{bash|zsh|fish}': 'ksh' is not one of 'bash', 'zsh', 'fish'."
        },
        { "man page", "man [OPTIONS]", " man", "Got unexpected extra argument (page)" },
        { "--version", "[OPTIONS] COMMAND [ARGS]...", "", "No such option: --version" },
    };

    private const string Action = "[OPTIONS] CLUSTER_NAME [MEMBER_NAMES]...";

    private static string NotARole(string role) =>
        $"Invalid value for '--role' / '-r': '{role}' is not one of 'leader', 'primary', 'standby-leader', 'replica', 'standby', 'any'.";

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
