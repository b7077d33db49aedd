using System.Text.Json.Nodes;
using HaAgent.Core.Settings;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace HaAgent.Configuration.Yaml;

/// <summary>Reads YAML 1.1 with the safe schema into JSON nodes; maps keep their order.</summary>
/// <remarks>
/// Dates, infinities and binary data, which JSON has not, stay text. Duplicate keys: the last wins. Anchors are copied where
/// they are used. Works on the event stream: no reflection.
/// </remarks>
public static class Yaml11
{
    /// <summary>Deeper nesting and larger documents are refused: aliases can make a short text grow without bound.</summary>
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

    /// <summary>Control characters are never meant, and the parser would take some of them for the end of the text.</summary>
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

/// <summary>One pass over the events of one document.</summary>
internal sealed class YamlReader(Parser events)
{
    private readonly Dictionary<AnchorName, (JsonNode? Node, YamlScalarKind Kind)> _anchors = [];
    private readonly HashSet<AnchorName> _open = [];
    private int _nodes;

    public JsonNode? ReadDocument()
    {
        events.Consume<StreamStart>();
        if (events.Accept<StreamEnd>(out _))
        {
            return null;
        }

        events.Consume<DocumentStart>();
        var (node, _) = ReadNode(depth: 0);
        events.Consume<DocumentEnd>();
        if (!events.Accept<StreamEnd>(out _))
        {
            var at = events.Current!;
            throw new SemanticErrorException(at.Start, at.End, "expected a single document, but found another one.");
        }

        return node;
    }

    private (JsonNode? Node, YamlScalarKind Kind) ReadNode(int depth)
    {
        if (events.TryConsume<AnchorAlias>(out var alias))
        {
            return Resolve(alias);
        }

        if (!events.Accept<NodeEvent>(out var start))
        {
            throw new SemanticErrorException(events.Current!.Start, events.Current.End, "expected a value.");
        }

        if (depth > Yaml11.DeepestNesting)
        {
            throw new SemanticErrorException(start.Start, start.End, $"nested deeper than {Yaml11.DeepestNesting} levels.");
        }

        var anchor = start.Anchor;
        if (!anchor.IsEmpty)
        {
            _anchors.Remove(anchor);
            _open.Add(anchor);
        }

        var read = ReadBare(start, depth);
        Count(1, start);
        if (!anchor.IsEmpty)
        {
            _open.Remove(anchor);
            _anchors[anchor] = (read.Node?.DeepClone(), read.Kind);
        }

        return read;
    }

    private (JsonNode? Node, YamlScalarKind Kind) ReadBare(NodeEvent start, int depth)
    {
        if (events.TryConsume<Scalar>(out var scalar))
        {
            return YamlScalars.Read(scalar);
        }

        if (events.TryConsume<SequenceStart>(out var sequence))
        {
            YamlTags.RequireKnown(sequence, "tag:yaml.org,2002:seq", "tag:yaml.org,2002:omap", "tag:yaml.org,2002:pairs");
            var array = new JsonArray();
            while (!events.TryConsume<SequenceEnd>(out _))
            {
                array.Add(ReadNode(depth + 1).Node);
            }

            return (array, YamlScalarKind.NotScalar);
        }

        if (events.TryConsume<MappingStart>(out var mapping))
        {
            YamlTags.RequireKnown(mapping, "tag:yaml.org,2002:map", "tag:yaml.org,2002:set");
            return (ReadMapping(depth), YamlScalarKind.NotScalar);
        }

        throw new SemanticErrorException(start.Start, start.End, "expected a value.");
    }

    private JsonObject ReadMapping(int depth)
    {
        var merged = new List<KeyValuePair<string, JsonNode?>>();
        var own = new List<KeyValuePair<string, JsonNode?>>();
        while (!events.TryConsume<MappingEnd>(out _))
        {
            var at = events.Peek();
            var (key, kind) = ReadNode(depth + 1);
            var (value, _) = ReadNode(depth + 1);
            if (kind == YamlScalarKind.Merge)
            {
                merged.AddRange(Merged(value, at));
            }
            else if (kind == YamlScalarKind.NotScalar)
            {
                throw new SemanticErrorException(at.Start, at.End, "a list or a map cannot be a key.");
            }
            else
            {
                own.Add(new(YamlScalars.KeyText(key), value));
            }
        }

        // What is merged in comes first, so that the map's own keys win.
        var map = new JsonObject();
        foreach (var (key, value) in merged.Concat(own))
        {
            map[key] = value?.Parent is null ? value : value.DeepClone();
        }

        return map;
    }

    /// <summary>The pairs of a <c>&lt;&lt;</c> key: a map, or a list of maps of which the earlier ones win.</summary>
    private static IEnumerable<KeyValuePair<string, JsonNode?>> Merged(JsonNode? value, ParsingEvent at) => value switch
    {
        JsonObject map => map,
        JsonArray maps when maps.All(item => item is JsonObject) => maps.Reverse().SelectMany(item => item!.AsObject()),
        _ => throw new SemanticErrorException(at.Start, at.End, "'<<' takes a map or a list of maps."),
    };

    private (JsonNode? Node, YamlScalarKind Kind) Resolve(AnchorAlias alias)
    {
        if (_open.Contains(alias.Value))
        {
            throw new SemanticErrorException(alias.Start, alias.End, $"alias '*{alias.Value}' stands inside its own anchor.");
        }

        if (!_anchors.TryGetValue(alias.Value, out var found))
        {
            throw new SemanticErrorException(alias.Start, alias.End, $"found undefined alias '{alias.Value}'.");
        }

        Count(Size(found.Node), alias);
        return (found.Node?.DeepClone(), found.Kind);
    }

    private void Count(int nodes, ParsingEvent at)
    {
        _nodes += nodes;
        if (_nodes > Yaml11.MostNodes)
        {
            throw new SemanticErrorException(at.Start, at.End, $"the document has more than {Yaml11.MostNodes} values.");
        }
    }

    private static int Size(JsonNode? node) => 1 + node switch
    {
        JsonObject map => map.Sum(pair => Size(pair.Value)),
        JsonArray array => array.Sum(Size),
        _ => 0,
    };
}

internal static class ParserExtensions
{
    public static ParsingEvent Peek(this Parser events)
    {
        events.Accept<ParsingEvent>(out var next);
        return next!;
    }
}
