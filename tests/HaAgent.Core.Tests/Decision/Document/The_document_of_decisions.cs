using System.Globalization;
using HaAgent.Core.Decision;
using HaAgent.Core.Tests.Decision.Rows;

namespace HaAgent.Core.Tests.Decision.Document;

/// <summary>What an operator looks rule ids up in is what the program does.</summary>
public class The_document_of_decisions
{
    /// <summary>Set by <c>./build.sh decisions</c>: write it instead of comparing.</summary>
    private const string WriteIt = "HAAGENT_WRITE_DECISIONS";

    private static readonly string Repository = FindRepository();

    [Fact]
    public void Is_what_the_rules_say()
    {
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        var file = Path.Combine(Repository, "docs/decisions.md");
        var rendered = new DecisionsDocument(Source(), Every_row.Examples).Render();
        if (Environment.GetEnvironmentVariable(WriteIt) == "1")
        {
            File.WriteAllText(file, rendered);
        }

        Assert.True(File.Exists(file) && File.ReadAllText(file) == rendered, "docs/decisions.md is not current: ./build.sh decisions");
    }

    [Fact]
    public void Has_the_condition_of_every_row_as_it_is_written()
    {
        var source = Source();
        Assert.All(HaDecider.Tables.SelectMany(table => table.Rows), row => Assert.NotEmpty(
            (source.Rows.TryGetValue(row.Id, out var own) ? own : source.Rows[row.Id[1..]]).Condition));
    }

    private static RuleSource Source() => new(Path.Combine(Repository, "src/HaAgent.Core"));

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
