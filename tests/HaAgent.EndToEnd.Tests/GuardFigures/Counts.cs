using System.Globalization;

namespace HaAgent.EndToEnd.Tests.GuardFigures;

/// <summary>How much of the campaign is run: few rounds with every test run, all of them with <c>./build.sh soak guard</c>.</summary>
/// <param name="PastDeadline">Freezes and kills of the agent past the deadline, half of each.</param>
/// <param name="UpToDeadline">Freezes up to a second before the deadline.</param>
/// <param name="BusySeconds">How long the processors are busy and memory is short.</param>
/// <param name="Clusters">Side by side.</param>
internal sealed record Counts(int PastDeadline, int UpToDeadline, int Restarts, int Switchovers, int BusySeconds, int Clusters)
{
    /// <summary>Six numbers in this order, with commas.</summary>
    private const string Variable = "HAAGENT_GUARD_FIGURES";

    public static Counts Wanted { get; } = Parse(
        Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } given ? given : "4,4,3,1,60,4");

    private static Counts Parse(string text) =>
        text.Split(',').Select(number => int.Parse(number, CultureInfo.InvariantCulture)).ToArray()
            is [var past, var upTo, var restarts, var switchovers, var busy, var clusters]
                ? new(past, upTo, restarts, switchovers, busy, clusters)
                : throw new FormatException($"{Variable} takes six numbers, not '{text}'.");
}
