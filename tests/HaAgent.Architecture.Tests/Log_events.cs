using System.Text.RegularExpressions;

namespace HaAgent.Architecture.Tests;

/// <summary>An event id is what an operator's alarm hangs on: never used twice, and its first digit tells where it comes from.</summary>
public partial class Log_events
{
    private static readonly IReadOnlyList<(string File, int Id, string Level)> Events =
    [
        .. Repository.Sources("src").SelectMany(file => Declaration().Matches(File.ReadAllText(file)).Select(match => (
            Repository.Relative(file),
            int.Parse(match.Groups["id"].Value, System.Globalization.CultureInfo.InvariantCulture),
            match.Groups["level"].Value))),
    ];

    [Fact]
    public void Are_there() => Assert.NotEmpty(Events);

    [Fact]
    public void Have_an_id_each() => Assert.Equal(
        Repository.Sources("src").Sum(file => Attribute().Count(File.ReadAllText(file))), Events.Count);

    [Fact]
    public void Share_no_id()
    {
        var shared = Events.GroupBy(e => e.Id).Where(g => g.Count() > 1)
            .Select(g => $"{g.Key}: {string.Join(", ", g.Select(e => e.File))}");
        Assert.Empty(shared);
    }

    [Fact]
    public void Have_ids_of_four_digits_from_1000_to_9999() => Assert.All(Events, e => Assert.InRange(e.Id, 1000, 9999));

    [GeneratedRegex(@"\[LoggerMessage\(")]
    private static partial Regex Attribute();

    [GeneratedRegex(@"\[LoggerMessage\(\s*(?:EventId\s*=\s*)?(?<id>\d+)\s*,\s*(?:Level\s*=\s*)?LogLevel\.(?<level>\w+)")]
    private static partial Regex Declaration();
}
