namespace HaAgent.Architecture.Tests;

/// <summary>The mutants of eng/mutants.txt spoil lines that are there.</summary>
public class Mutants
{
    public static TheoryData<string, string, string> All
    {
        get
        {
            var all = new TheoryData<string, string, string>();
            foreach (var entry in File.ReadAllText(Path.Combine(Repository.Root, "eng/mutants.txt")).Split("\n\n"))
            {
                var fields = entry.Split('\n').Where(line => !line.StartsWith('#') && line.Contains(": ", StringComparison.Ordinal))
                    .Select(line => line.Split(": ", 2)).ToDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal);
                if (fields.TryGetValue("name", out var name))
                {
                    all.Add(name, fields["file"], fields["line"]);
                    if (fields.TryGetValue("also-file", out var also))
                    {
                        all.Add(name, also, fields["also-line"]);
                    }
                }
            }

            return all;
        }
    }

    [Fact]
    public void Are_at_least_sixteen() => Assert.InRange(All.Select(row => row.Data.Item1).Distinct().Count(), 16, 999);

    [Theory]
    [MemberData(nameof(All))]
    public void Spoil_a_line_that_is_there_once(string name, string file, string line)
    {
        var found = File.ReadLines(Path.Combine(Repository.Root, file)).Count(text => text.Trim() == line);
        Assert.True(found == 1, $"{name}: the line is there {found} times in {file}");
    }
}
