using System.Globalization;
using HaAgent.Core.Decision;

namespace HaAgent.Core.Tests.Decision.Rows;

/// <summary>Walks all tables. A row without an example, and an example that another row decides, fail here.</summary>
public class Every_row
{
    internal static readonly Dictionary<string, Example[]> Examples = new()
    {
        ["Fence"] = Rows_of_authority.Fence,
        ["Lease"] = Rows_of_authority.Lease,
        ["Requests"] = Rows_of_requests_and_jobs.Requests,
        ["Job"] = Rows_of_requests_and_jobs.Job,
        ["Ending"] = [.. Rows_of_endings.Ending, .. Rows_of_endings.HandOverWhileEnding],
        ["Founding"] = Rows_of_the_data_directory.Founding,
        ["Operator"] = Rows_of_operators.All,
        ["Gates"] = Rows_of_the_data_directory.Gates,
        ["Hand-over"] = [.. Rows_of_endings.Broken, .. Rows_of_endings.HandOver],
        ["Paused"] = Rows_of_a_running_server.Paused,
        ["Empty data directory"] = Rows_of_the_data_directory.Empty,
        ["Stopped"] = Rows_of_a_server_not_up.Stopped,
        ["Starting"] = Rows_of_a_server_not_up.Starting,
        ["Primary"] = Rows_of_a_running_server.Primary,
        ["Replica"] = Rows_of_a_replica.All,
    };

    /// <summary>Tables that may have nothing to say: then the next one is read.</summary>
    private static readonly string[] PassedThrough = ["Fence", "Lease", "Requests", "Operator", "Gates", "Hand-over"];

    private static readonly Dictionary<string, Example> BySituation =
        Examples.Values.SelectMany(examples => examples).ToDictionary(example => example.ToString());

    public static TheoryData<string> Situations => [.. BySituation.Keys];

    [Theory]
    [MemberData(nameof(Situations))]
    public void Decides(string situation)
    {
        var example = BySituation[situation];
        var (row, decision) = HaDecider.Decide(example.View);
        Assert.Equal((example.Row, example.Reason), (row, decision.Reason.Id));
        Assert.IsType(example.Does, decision is HaDecision.StartJob start ? start.Job : decision);
    }

    /// <summary>A row may be part of two tables: the example is of the one that it stands in.</summary>
    [Fact]
    public void Decides_the_views_of_its_examples_in_its_own_table() => Assert.All(
        Examples.SelectMany(table => table.Value.Select(example => (Row: $"{table.Key} {example.Row}", example.View))),
        example => Assert.Equal(example.Row, Winners.Of(example.View)));

    /// <summary>A row that an earlier one hides decides nothing, whatever its example says about the past.</summary>
    [Fact]
    public void Decides_some_view_that_was_made_up_by_chance()
    {
        const int Most = 500_000; // a seventh of it has done so far
        var waiting = Winners.All.ToHashSet();
        for (var seed = 0; seed < Most && waiting.Count > 0; seed++)
        {
            waiting.Remove(Winners.Of(AnyView.From(new Random(seed))));
        }

        Assert.True(waiting.Count == 0, $"hidden, or AnyView cannot make up what they are for: {string.Join(", ", waiting)}");
    }

    [Fact]
    public void Has_an_example() => Assert.Equal(
        HaDecider.Tables.SelectMany(table => table.Rows.Select(row => $"{table.Table} {row.Id}")).Order(),
        Examples.SelectMany(table => table.Value.Select(example => $"{table.Key} {example.Row}")).Distinct().Order());

    [Fact]
    public void Has_an_id_of_its_own() => Assert.All(
        HaDecider.Tables.SelectMany(table => table.Rows).GroupBy(row => row.Id),
        same => Assert.Single(same.Distinct())); // a table may be part of another: then it is the very same row

    [Fact]
    public void Stands_in_the_order_of_its_number_among_its_kind() => Assert.All(HaDecider.Tables, table =>
        Assert.All(table.Rows.GroupBy(row => row.Id.TrimEnd([.. "0123456789"])), kind =>
        {
            var numbers = kind.Select(row =>
                int.Parse(row.Id[kind.Key.Length..], CultureInfo.InvariantCulture));
            Assert.Equal(numbers.Distinct().Order(), numbers);
        }));

    [Fact]
    public void That_closes_a_table_always_holds()
    {
        var views = Enumerable.Range(0, 2_000).Select(seed => AnyView.From(new Random(seed))).ToList();
        var open = HaDecider.Tables.Where(table => !views.TrueForAll(view => table.Rows[^1].When(view)));
        Assert.Equal(PassedThrough, open.Select(table => table.Table));
    }

    [Fact]
    public void Gives_one_of_the_reasons_and_no_reason_is_left_over() =>
        Assert.Equal(
            Enum.GetValues<ReasonId>(),
            BySituation.Values.Select(example => example.Reason).Distinct().Order());

    [Fact]
    public void Says_why_in_whole_sentences() => Assert.All(BySituation.Values, example =>
    {
        var text = ReasonText.Render(example.View.Self, HaDecider.Decide(example.View).Decision.Reason, paused: false);
        Assert.NotEqual(example.Reason.ToString(), text);
        Assert.Equal(text.Trim(), text);
        Assert.DoesNotContain("  ", text, StringComparison.Ordinal);
        Assert.DoesNotContain("''", text, StringComparison.Ordinal);
    });
}
