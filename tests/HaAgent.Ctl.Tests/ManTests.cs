using HaAgent.Ctl.Commands;
using HaAgent.Ctl.Tests.Doubles;

namespace HaAgent.Ctl.Tests;

public class The_manual_page
{
    /// <summary>Set by <c>./build.sh man</c>: write it instead of comparing.</summary>
    private const string WriteIt = "HAAGENT_WRITE_MAN";

    [Fact]
    public async Task Is_what_the_program_prints()
    {
        var file = Path.Combine(FindRepository(), "packaging/man/haagentctl.1");
        var run = await new Call { Program = "patronictl" }.RunAsync("man"); // the page's name is its file's
        Assert.Equal((0, ""), (run.Code, run.Error));
        if (Environment.GetEnvironmentVariable(WriteIt) == "1")
        {
            await File.WriteAllTextAsync(file, run.Out, TestContext.Current.CancellationToken);
        }

        Assert.True(
            File.Exists(file) && await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken) == run.Out,
            "packaging/man/haagentctl.1 is not current: ./build.sh man");
    }

    [Fact]
    public async Task Has_every_verb_and_every_option()
    {
        var page = (await new Call().RunAsync("man")).Out;
        Assert.All(CommandTable.All.Select(command => command.Spec), spec =>
        {
            var section = page[page.IndexOf($".SS \"{Escaped(spec.Name)} (", Ordinal)..];
            section = section[..(section.IndexOf("\n.S", 1, Ordinal) is var end and > 0 ? end : section.Length)];
            Assert.All(
                spec.Options.Where(option => option.Names[0] != "--help").SelectMany(option => option.Names),
                name => Assert.Contains(Escaped(name), section, Ordinal));
        });
        Assert.All(page.Split('\n').Where(line => line.StartsWith('.')), line => Assert.Matches(@"^\.(\\""|[A-Z]{1,2}\b|in\b)", line));
    }

    private static string Escaped(string text) => text.Replace("-", "\\-", Ordinal);

    private static string FindRepository()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "HaAgent.sln")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("The tests run outside of the repository.");
        }

        return folder;
    }
}
