using System.Globalization;

namespace HaAgent.EndToEnd.Tests.GuardFigures;

/// <summary>The lines of the campaign's result, as they come: on standard output, and in <c>figures.txt</c> beside the logs.</summary>
internal static class FigureTable
{
    /// <param name="what">Up to sixty characters.</param>
    /// <param name="limit">What is promised.</param>
    public static void Distribution(string what, IReadOnlyCollection<TimeSpan> values, string limit) =>
        Add(what, values.Count, values.Count == 0 ? "none" : Text(values), limit);

    public static void Count(string what, int rounds, int value, string limit) =>
        Add(what, rounds, value.ToString(CultureInfo.InvariantCulture), limit);

    public static void Add(string what, int rounds, string value, string limit)
    {
        var line = $"{what,-66} {rounds,4}  {value} ({limit})";
        Console.WriteLine(line);
        Measured.Append("figures.txt", line);
    }

    private static string Text(IReadOnlyCollection<TimeSpan> values)
    {
        var sorted = values.Order().ToArray();
        return string.Create(
            CultureInfo.InvariantCulture,
            $"min {Seconds(sorted[0])}  p50 {Seconds(Rank(sorted, 0.50))}  p99 {Seconds(Rank(sorted, 0.99))}  max {Seconds(sorted[^1])} s");
    }

    /// <summary>The smallest value that so much of all does not exceed.</summary>
    private static TimeSpan Rank(TimeSpan[] sorted, double part) => sorted[(int)Math.Ceiling(part * sorted.Length) - 1];

    private static string Seconds(TimeSpan value) => value.TotalSeconds.ToString("0.000", CultureInfo.InvariantCulture);
}
