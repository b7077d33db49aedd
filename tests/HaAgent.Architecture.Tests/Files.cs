using System.Text.RegularExpressions;

namespace HaAgent.Architecture.Tests;

public partial class Files
{
    /// <summary>300 lines are a question, 500 need an argument: split before that, by the question a part answers.</summary>
    [Theory]
    [InlineData("src")]
    [InlineData("tests")]
    public void Are_one_thought_each(string folder)
    {
        var tooLong = Repository.Sources(folder)
            .Select(file => (Name: Repository.Relative(file), Lines: File.ReadLines(file).Count()))
            .Where(file => file.Lines >= 500);
        Assert.Empty(tooLong);
    }

    [Fact]
    public void Of_the_documentation_link_to_what_is_there()
    {
        var documents = Repository.Files("docs", "*.md").Concat(Directory.EnumerateFiles(Repository.Root, "*.md")).ToList();
        Assert.NotEmpty(documents);
        var broken = documents.SelectMany(document => Link().Matches(File.ReadAllText(document))
            .Select(match => match.Groups["target"].Value)
            .Where(target => !target.Contains("://", StringComparison.Ordinal) && !target.StartsWith('#'))
            .Select(target => target.Split('#')[0])
            .Where(target => !Path.Exists(Path.Combine(Path.GetDirectoryName(document)!, target)))
            .Select(target => $"{Repository.Relative(document)}: {target}"));
        Assert.Empty(broken);
    }

    /// <summary>Decisions are numbered without gaps, and each says its context, decision, consequences and status.</summary>
    [Fact]
    public void Of_decisions_have_the_four_parts() => Assert.All(Repository.Files("docs/adr", "*.md"), file =>
    {
        var text = File.ReadAllText(file);
        Assert.Matches(@"^\d{4}-[a-z0-9-]+\.md$", Path.GetFileName(file));
        foreach (var part in (string[])["Status", "Context", "Decision", "Consequences"])
        {
            Assert.Matches($@"(?m)^(## {part}\b|{part}: )", text);
        }
    });

    /// <summary>Each invariant names tests that are there.</summary>
    [Fact]
    public void Of_the_invariants_name_a_test_for_each()
    {
        var text = File.ReadAllText(Path.Combine(Repository.Root, "docs/invariants.md"));
        var laws = Invariant().Matches(text).Select(match => match.Groups["id"].Value).Distinct();
        var tests = text[text.IndexOf("| id | tests |", StringComparison.Ordinal)..].Split('\n')
            .Where(line => Invariant().IsMatch(line))
            .ToDictionary(line => Invariant().Match(line).Groups["id"].Value, line => NamedTest().Matches(line));
        Assert.Equal(laws, tests.Keys);

        var sources = Repository.Sources("tests").Select(File.ReadAllText).ToList();
        Assert.All(tests.Values, named =>
        {
            Assert.NotEmpty(named);
            Assert.All(named, test => Assert.Contains(sources, source =>
                source.Contains($"class {test.Groups["class"].Value}", StringComparison.Ordinal)
                && source.Contains($" {test.Groups["test"].Value}(", StringComparison.Ordinal)));
        });
    }

    [GeneratedRegex(@"(?m)^\| (?<id>[SL]\d) \|")]
    private static partial Regex Invariant();

    [GeneratedRegex(@"`(?<class>\w+)\.(?<test>\w+)`")]
    private static partial Regex NamedTest();

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)\)")]
    private static partial Regex Link();
}
