using System.Globalization;
using System.Text.RegularExpressions;

namespace HaAgent.EndToEnd.Tests;

/// <summary>A histogram of seconds as <c>/metrics</c> tells it.</summary>
/// <param name="Buckets">Upper bound, and how many are at most that; the last has no bound.</param>
internal sealed partial record ScrapedHistogram(IReadOnlyList<(double UpTo, long Count)> Buckets)
{
    public long Count => Buckets[^1].Count;

    public static ScrapedHistogram Read(string metrics, string name)
    {
        var buckets = Line().Matches(metrics)
            .Where(line => line.Groups["name"].Value == name)
            .Select(line => (Bound(line.Groups["le"].Value), Number(line.Groups["count"].Value)))
            .ToList();
        return buckets.Count > 0
            ? new(buckets)
            : throw new InvalidOperationException($"There is no histogram {name} in:\n{metrics}");
    }

    /// <summary>How many took longer; the bound must be one of the histogram's.</summary>
    public long Above(double seconds) => Count - Buckets.Single(bucket => bucket.UpTo == seconds).Count;

    /// <summary>Each class by itself, empty ones left out.</summary>
    public override string ToString()
    {
        var below = (UpTo: 0.0, Count: 0L);
        var classes = new List<string>();
        foreach (var bucket in Buckets)
        {
            if (bucket.Count > below.Count)
            {
                classes.Add(double.IsInfinity(bucket.UpTo)
                    ? string.Create(CultureInfo.InvariantCulture, $"{bucket.Count - below.Count} above {below.UpTo} s")
                    : string.Create(
                        CultureInfo.InvariantCulture, $"{bucket.Count - below.Count} to {bucket.UpTo * 1000:0.#} ms"));
            }

            below = bucket;
        }

        return $"{Count} in all: {string.Join(", ", classes)}";
    }

    private static double Bound(string le) =>
        le == "+Inf" ? double.PositiveInfinity : double.Parse(le, CultureInfo.InvariantCulture);

    private static long Number(string count) => long.Parse(count, CultureInfo.InvariantCulture);

    [GeneratedRegex("""^(?<name>\w+)_bucket\{.*le="(?<le>[^"]+)"\} (?<count>\d+)$""", RegexOptions.Multiline)]
    private static partial Regex Line();
}
