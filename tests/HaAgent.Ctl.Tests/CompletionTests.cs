using System.Text.RegularExpressions;
using HaAgent.Ctl.Commands;
using HaAgent.Ctl.Tests.Doubles;
using HaAgent.Testing.Processes;

namespace HaAgent.Ctl.Tests;

public class Completion
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData("swi", "switchover")]
    [InlineData("re", "reinit reload remove restart resume")]
    [InlineData("--i", "--insecure")]
    [InlineData("-c list li", "list")] // list is a file here
    [InlineData("list -f ", "pretty tsv json yaml yml")]
    [InlineData("list batman --format y", "yaml yml")]
    [InlineData("restart batman --p", "--pg-version --pending")]
    [InlineData("restart batman -r st", "standby-leader standby")]
    [InlineData("restart batman --timeout ", "")]
    [InlineData("flush batman s", "switchover")]
    [InlineData("edit-config --apply NAMED", "NAMED FILE")]
    [InlineData("edit-config --set NAMED", "")]
    [InlineData("bogus --", "")]
    public async Task Of_bash_offers(string typed, string offered)
    {
        using var folder = new TemporaryFolder();
        var script = folder.Write("completion", (await new Call().RunAsync("completion", "bash")).Out);
        folder.Write("NAMED FILE", "");
        var words = string.Join(' ', typed.Split(' ').Select(word => $"'{word}'"));
        var run = await Command.RunAsync("bash", ["--norc", "-c", $$"""
            cd '{{folder.Path}}' && source '{{script}}' || exit
            COMP_WORDS=(haagentctl {{words}}) COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
            _haagentctl && complete -p haagentctl >/dev/null && echo "${COMPREPLY[@]}"
            """], Soon);
        Assert.Equal((0, ""), (run.ExitCode, run.Err));
        Assert.Equal(offered, run.Out.TrimEnd('\n'));
    }

    [Theory]
    [InlineData("bash", @"\b(?<program>haagentctl)$")]
    [InlineData("zsh", @"^#compdef (?<program>haagentctl)$")]
    [InlineData("fish", "^complete -c (?<program>haagentctl) -f$")]
    public async Task Knows_every_word_and_the_program_s_name(string shell, string registration)
    {
        var script = (await new Call().RunAsync("completion", shell)).Out;
        Assert.Matches(new Regex(registration, RegexOptions.Multiline), script);
        Assert.All(CommandTable.All.Select(command => command.Spec), spec =>
        {
            Assert.Contains(spec.Name, script, Ordinal);
            Assert.All(
                spec.Options.SelectMany(option => option.Names),
                name => Assert.Contains(shell == "fish" ? $"-{(name.Length > 2 ? "l" : "s")} {name.TrimStart('-')} " : name, script, Ordinal));
            Assert.All(spec.Arguments.SelectMany(argument => argument.Choices), choice => Assert.Contains(choice, script, Ordinal));
        });
        var other = (await new Call { Program = "patronictl" }.RunAsync("completion", shell)).Out;
        Assert.DoesNotContain("haagentctl", other.Replace("_haagentctl", "", Ordinal), Ordinal); // but for the function's name
    }

    /// <summary>The shells themselves are not on every machine.</summary>
    [Theory]
    [InlineData("zsh", @"'(?:[^']|'\\'')*'")]
    [InlineData("fish", @"'(?:[^'\\]|\\.)*'")]
    public async Task Closes_every_quote(string shell, string quoted)
    {
        var script = (await new Call().RunAsync("completion", shell)).Out;
        var code = string.Join('\n', script.Split('\n').Where(line => !line.StartsWith('#')));
        Assert.DoesNotContain('\'', Regex.Replace(code, quoted, ""));
    }
}
