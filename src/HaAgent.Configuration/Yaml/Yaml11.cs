using System.Text.Json.Nodes;
using HaAgent.Core.Settings;
using YamlDotNet.Core;

namespace HaAgent.Configuration.Yaml;

/// <summary>Reads YAML 1.1 with the safe schema into JSON nodes; maps keep their order.</summary>
/// <remarks>
/// Dates, infinities and binary data, which JSON has not, stay text. Duplicate keys: the last wins. Anchors are
/// copied where
/// they are used. Works on the event stream: no reflection.
/// </remarks>
public static class Yaml11
{
    /// <summary>
    /// Deeper nesting and larger documents are refused: aliases can make a short text grow without bound.
    /// </summary>
    internal const int DeepestNesting = 60;
    internal const int MostNodes = 200_000;

    /// <param name="text">One document; may be empty.</param>
    /// <param name="source">File or variable name, for messages.</param>
    /// <returns>Null for an empty document and for <c>null</c>.</returns>
    /// <exception cref="ConfigurationException">Malformed: the text names source, line and column.</exception>
    public static JsonNode? Parse(string text, string source)
    {
        text = text.TrimStart('\ufeff');
        RequirePrintable(text, source);
        var events = new Parser(new Scanner(new StringReader(text), skipComments: true));
        try
        {
            return new YamlReader(events).ReadDocument();
        }
        catch (YamlException malformed)
        {
            throw Malformed(source, malformed.Start, Sentence(malformed.Message));
        }
        catch (Exception malformed) when (malformed is InvalidOperationException or ArgumentException or FormatException)
        {
            // The parser gives up with these on some malformed texts, e.g. a list in brackets that is never closed.
            throw Malformed(source, events.Current?.End ?? Mark.Empty, "malformed YAML after this point.");
        }
    }

    /// <summary>
    /// Control characters are never meant, and the parser would take some of them for the end of the text.
    /// </summary>
    private static void RequirePrintable(string text, string source)
    {
        var (line, column) = (1, 1);
        foreach (var c in text.EnumerateRunes())
        {
            if (!YamlScalarAnalysis.IsPrintable(c) && c.Value is not ('\t' or '\r' or 0xFEFF))
            {
                throw new ConfigurationException(FormattableString.Invariant(
                    $"{source}, line {line}, column {column}: control character U+{c.Value:X4} is not allowed here."));
            }

            (line, column) = c.Value == '\n' ? (line + 1, 1) : (line, column + 1);
        }
    }

    private static ConfigurationException Malformed(string source, Mark at, string problem) =>
        new(FormattableString.Invariant($"{source}, line {Math.Max(at.Line, 1)}, column {Math.Max(at.Column, 1)}: {problem}"));

    private static string Sentence(string problem) =>
        (problem.Length == 0 ? "malformed YAML" : char.ToLowerInvariant(problem[0]) + problem[1..]).TrimEnd('.') + ".";
}
