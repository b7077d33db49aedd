using System.Collections.Immutable;

namespace HaAgent.Simulation.Transcripts;

/// <summary>A failure that HA tools are known for, told step by step: prose that runs.</summary>
/// <param name="Title">The first line.</param>
/// <param name="Steps">Lines that begin with <c>given</c>, <c>let</c>, <c>when</c> or <c>then</c>, with their numbers.</param>
internal sealed record Transcript(string Title, ImmutableArray<(int Line, string Text)> Steps)
{
    private static readonly string[] Verbs = ["given ", "let ", "when ", "then "];

    /// <summary>Lines that begin with <c>#</c> are for the reader; an indented line goes on with the one before.</summary>
    /// <exception cref="FormatException">A line is none of these.</exception>
    public static Transcript Parse(string text)
    {
        var title = "";
        var steps = ImmutableArray.CreateBuilder<(int Line, string Text)>();
        var number = 0;
        foreach (var raw in text.ReplaceLineEndings("\n").Split('\n'))
        {
            number++;
            var line = raw.TrimEnd();
            if (line.StartsWith('#'))
            {
                title = title.Length == 0 ? line.TrimStart('#', ' ') : title;
            }
            else if (line.StartsWith(' ') && steps.Count > 0)
            {
                steps[^1] = (steps[^1].Line, $"{steps[^1].Text} {line.Trim()}");
            }
            else if (Array.Exists(Verbs, verb => line.StartsWith(verb, StringComparison.Ordinal)))
            {
                steps.Add((number, line));
            }
            else if (line.Length > 0)
            {
                throw new FormatException($"line {number} is no step: {line}");
            }
        }

        return new(title, steps.ToImmutable());
    }
}

/// <summary>A step did not come out as written.</summary>
internal sealed class TranscriptException(string message) : Exception(message);
