using System.Globalization;
using System.Text.RegularExpressions;
using HaAgent.Testing.Cluster;

namespace HaAgent.EndToEnd.Tests.GuardFigures;

/// <summary>What agent and guard of a node have said since this was made.</summary>
internal sealed partial class AgentLog(AgentProcess node)
{
    private readonly long _begin = new FileInfo(node.LogFile).Length;

    /// <summary>Each firing that found a server: how late it began, and until nothing was left.</summary>
    public IReadOnlyList<Firing> Firings() => [.. FiringLine().Matches(Text()).Select(found =>
        new Firing(Milliseconds(found, "late"), Milliseconds(found, "took"), found.Groups["how"].Value == "was killed"))];

    /// <summary>How the agent ended writing: by a <c>Fast</c> or an <c>Immediate</c> stop; by <c>Kill</c>; empty when it did not.</summary>
    public string Fences() => string.Join(" then ", FenceLine().Matches(Text())
        .Select(found => found.Groups["mode"] is { Success: true, Value: var mode } ? mode : "Kill"));

    private static TimeSpan Milliseconds(Match found, string name) =>
        TimeSpan.FromMilliseconds(int.Parse(found.Groups[name].Value, CultureInfo.InvariantCulture));

    private string Text()
    {
        using var file = new FileStream(node.LogFile, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        file.Seek(_begin, SeekOrigin.Begin);
        using var reader = new StreamReader(file);
        return reader.ReadToEnd();
    }

    [GeneratedRegex(@"lease guard: the lease was not renewed in time, .* (?<how>was killed|was stopped) \(.*begun (?<late>\d+) ms after the deadline, gone after (?<took>\d+) ms\)")]
    private static partial Regex FiringLine();

    [GeneratedRegex(@"Fenced by a (?<mode>\w+) stop|killing its processes")]
    private static partial Regex FenceLine();
}

/// <param name="Late">After the deadline.</param>
/// <param name="Took">From the first signal until no process was left.</param>
/// <param name="Killed">An immediate stop was not enough.</param>
internal readonly record struct Firing(TimeSpan Late, TimeSpan Took, bool Killed);
