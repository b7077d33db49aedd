using HaAgent.Ctl.CommandLine;
using HaAgent.Ctl.Commands;
using HaAgent.Ctl.Tests.Doubles;

namespace HaAgent.Ctl.Tests;

public class Help
{
    public static TheoryData<string> Verbs => [.. CommandTable.All.Select(command => command.Spec.Name)];

    [Fact]
    public async Task Lists_every_verb_once()
    {
        var run = await new Call().RunAsync("--help");
        Assert.Equal((0, ""), (run.Code, run.Error));
        Assert.All(CommandTable.All, command => Assert.Single(
            run.Out.Split('\n'), line => line.StartsWith($"  {command.Spec.Name} ", Ordinal)));
    }

    [Theory]
    [MemberData(nameof(Verbs))]
    public async Task Is_there_for_every_verb_whatever_else_is_missing(string verb)
    {
        var run = await new Call { Program = "patronictl" }.RunAsync(verb, "--help");
        Assert.Equal((0, ""), (run.Code, run.Error));
        Assert.StartsWith($"Usage: patronictl {verb} [OPTIONS]", run.Out, Ordinal);
        Assert.Contains("\n  --help  ", run.Out, Ordinal);
        Assert.Contains("\nExamples:\n  ", run.Out, Ordinal);
        Assert.DoesNotContain("haagentctl", run.Out, Ordinal);
        Assert.All(run.Out.Split('\n').Skip(1), line => Assert.True(line.Length <= 100, line));
    }

    /// <summary>An example that the program does not take is worse than none.</summary>
    [Theory]
    [MemberData(nameof(Verbs))]
    public void Has_examples_that_are_understood(string verb)
    {
        var spec = CommandTable.Find(verb)!.Spec;
        Assert.All(spec.Examples, example =>
        {
            if (example.Words.StartsWith(verb, Ordinal))
            {
                WordParser.Command(spec, Words(example.Words.Split('|')[0]).Skip(1));
            }
            else
            {
                Assert.Contains($"haagentctl {verb}", example.Words, Ordinal);
            }
        });
    }

    [Theory]
    [InlineData(true, "xterm", null, true)]
    [InlineData(true, "xterm", "", true)]
    [InlineData(true, "xterm", "1", false)]
    [InlineData(true, "dumb", null, false)]
    [InlineData(false, "xterm", null, false)]
    public async Task Is_coloured_on_a_screen_only(bool onScreen, string terminal, string? noColour, bool coloured)
    {
        var environment = new Dictionary<string, string> { ["TERM"] = terminal };
        if (noColour is not null)
        {
            environment["NO_COLOR"] = noColour;
        }

        var call = new Call { OnScreen = onScreen, Environment = environment };
        Assert.Equal(coloured, (await call.RunAsync("--help")).Out.Contains('\u001b'));
        Assert.Equal(coloured, (await call.RunAsync("list", "--help")).Out.Contains('\u001b'));
    }

    /// <summary>As a shell would split it; double quotes only.</summary>
    private static IEnumerable<string> Words(string line) => line.Split('"')
        .SelectMany((part, at) => at % 2 == 1 ? [part] : part.Split(' ', StringSplitOptions.RemoveEmptyEntries));
}
