using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace HaAgent.Configuration.Yaml;

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
            throw new SemanticErrorException(start.Start, start.End, $"nested deeper than {Yaml11.DeepestNesting} "
                + "levels.");
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
            throw new SemanticErrorException(alias.Start, alias.End, $"alias '*{alias.Value}' stands inside its own "
                + "anchor.");
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
            throw new SemanticErrorException(at.Start, at.End, $"the document has more than {Yaml11.MostNodes} "
                + "values.");
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
