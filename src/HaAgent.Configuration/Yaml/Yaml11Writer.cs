using System.Globalization;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;
using HaAgent.Core.Settings;

namespace HaAgent.Configuration.Yaml;

/// <summary>
/// Writes JSON nodes as YAML 1.1, byte for byte as PyYAML's <c>safe_dump</c> does: people compare and diff these
/// texts.
/// </summary>
/// <remarks>
/// Strings that would read back as another type are quoted. Unicode is kept. Long lines are folded behind the width.
/// </remarks>
public static class Yaml11Writer
{
    /// <summary>The width of every YAML text that the product prints.</summary>
    public const int UsualWidth = 200;

    // A key and its "!!str" together.
    private const int LongestSimpleKey = 122;

    /// <summary>Block style: one line per key and item; ends with a newline.</summary>
    /// <param name="node">What to write.</param>
    /// <param name="sortKeys">By code point; otherwise in their order.</param>
    /// <param name="width">Lines are folded at the first space behind this column.</param>
    public static string Block(JsonNode? node, bool sortKeys = true, int width = UsualWidth) =>
        Write(node, flow: false, sortKeys, width);

    /// <summary>Flow style, such as <c>{clonefrom: true, nofailover: true}</c>; without a newline at the end.</summary>
    public static string Flow(JsonNode? node, bool sortKeys = true, int width = UsualWidth) =>
        Write(node, flow: true, sortKeys, width).TrimEnd('\n');

    private static string Write(JsonNode? node, bool flow, bool sortKeys, int width)
    {
        var writer = new Walk(new YamlEmitter(width), flow, sortKeys);
        return writer.Document(node);
    }

    private sealed class Walk(YamlEmitter emitter, bool flow, bool sortKeys)
    {
        public string Document(JsonNode? node)
        {
            var plain = Node(node, Place.Root);
            emitter.LineBreak();
            if (plain)
            {
                // A plain text at the top has no end of its own.
                emitter.Raw("...");
                emitter.LineBreak();
            }

            return emitter.ToString();
        }

        /// <returns>Whether it was a scalar in plain style.</returns>
        private bool Node(JsonNode? node, Place place)
        {
            switch (node)
            {
                case JsonObject map when flow || emitter.InFlow || map.Count == 0:
                    FlowCollection('{', '}', InOrder(map), pair => FlowPair(pair));
                    return false;
                case JsonArray array when flow || emitter.InFlow || array.Count == 0:
                    FlowCollection('[', ']', array, item => Node(item, Place.Item));
                    return false;
                case JsonObject map:
                    BlockMap(map);
                    return false;
                case JsonArray array:
                    BlockList(array, place);
                    return false;
                default:
                    return Scalar(node, isKey: false);
            }
        }

        private void BlockMap(JsonObject map)
        {
            emitter.Indent(flow: false, indentless: false);
            foreach (var (key, value) in InOrder(map))
            {
                emitter.StartLine();
                if (IsSimple(key))
                {
                    _ = Scalar(JsonValue.Create(key), isKey: true);
                    emitter.Indicator(":", needsSpace: false);
                }
                else
                {
                    emitter.Indicator("?", needsSpace: true, indention: true);
                    _ = Node(JsonValue.Create(key), Place.Value);
                    emitter.StartLine();
                    emitter.Indicator(":", needsSpace: true, indention: true);
                }

                _ = Node(value, Place.Value);
            }

            emitter.Outdent();
        }

        private void BlockList(JsonArray array, Place place)
        {
            emitter.Indent(flow: false, indentless: place == Place.Value && !emitter.Indention);
            foreach (var item in array)
            {
                emitter.StartLine();
                emitter.Indicator("-", needsSpace: true, indention: true);
                _ = Node(item, Place.Item);
            }

            emitter.Outdent();
        }

        private void FlowCollection<T>(char open, char close, IEnumerable<T> items, Action<T> write)
        {
            emitter.Indicator(open.ToString(), needsSpace: true, whitespace: true);
            emitter.EnterFlow();
            emitter.Indent(flow: true, indentless: false);
            var first = true;
            foreach (var item in items)
            {
                if (!first)
                {
                    emitter.Indicator(",", needsSpace: false);
                }

                if (emitter.IsPastWidth)
                {
                    emitter.StartLine();
                }

                write(item);
                first = false;
            }

            emitter.Outdent();
            emitter.LeaveFlow();
            emitter.Indicator(close.ToString(), needsSpace: false);
        }

        private void FlowPair(KeyValuePair<string, JsonNode?> pair)
        {
            var simple = IsSimple(pair.Key);
            if (!simple)
            {
                emitter.Indicator("?", needsSpace: true);
            }

            _ = Scalar(JsonValue.Create(pair.Key), isKey: simple);
            if (!simple && emitter.IsPastWidth)
            {
                emitter.StartLine();
            }

            emitter.Indicator(":", needsSpace: !simple);
            _ = Node(pair.Value, Place.Value);
        }

        private bool Scalar(JsonNode? node, bool isKey)
        {
            var isText = node?.GetValueKind() == JsonValueKind.String;
            var text = isText ? node!.GetValue<string>() : ScalarText(node);
            emitter.Indent(flow: true, indentless: false);
            var plain = YamlScalarWriter.Write(emitter, text, isText, isKey);
            emitter.Outdent();
            return plain;
        }

        private IEnumerable<KeyValuePair<string, JsonNode?>> InOrder(JsonObject map) =>
            sortKeys ? map.OrderBy(pair => pair.Key, CodePointOrder.Instance) : map;
    }

    private enum Place { Root, Item, Value }

    private static bool IsSimple(string key) =>
        key.Length > 0 && key.EnumerateRunes().Count() <= LongestSimpleKey && !YamlScalarWriter.HasLineBreaks(key);

    private static string ScalarText(JsonNode? node) => node?.GetValueKind() switch
    {
        null or JsonValueKind.Null => "null",
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        _ => Number(node.ToJsonString()),
    };

    private static string Number(string json)
    {
        if (BigInteger.TryParse(json, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole))
        {
            return whole.ToString(CultureInfo.InvariantCulture);
        }

        var real = TextualForm.OfReal(double.Parse(json, NumberStyles.Float, CultureInfo.InvariantCulture));
        return real switch
        {
            "inf" => ".inf",
            "-inf" => "-.inf",
            // Without a point "1e+20" would read back as text.
            _ => real.Contains('.', StringComparison.Ordinal) ? real : real.Replace("e", ".0e", StringComparison.Ordinal),
        };
    }

    private sealed class CodePointOrder : IComparer<string>
    {
        public static readonly CodePointOrder Instance = new();

        public int Compare(string? x, string? y)
        {
            using var a = (x ?? "").EnumerateRunes().GetEnumerator();
            using var b = (y ?? "").EnumerateRunes().GetEnumerator();
            while (true)
            {
                var (moreA, moreB) = (a.MoveNext(), b.MoveNext());
                if (!moreA || !moreB || a.Current != b.Current)
                {
                    return moreA && moreB ? a.Current.CompareTo(b.Current) : moreA.CompareTo(moreB);
                }
            }
        }
    }
}
