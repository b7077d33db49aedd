using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace HaAgent.Core.Contracts.Records;

/// <summary>JSON spelled as the peer spells it: ASCII only, <c>\uXXXX</c> in lower case, <c>/</c> left alone.</summary>
/// <remarks>
/// Tools compare stored values as text, so the spelling is part of the format. Numbers that were read from JSON keep the
/// text they were read with.
/// </remarks>
public static class JsonText
{
    /// <summary>No blanks at all: how values are stored.</summary>
    public static string Compact(JsonNode? node) => Write(node, itemSeparator: ",", nameSeparator: ":");

    /// <summary>A blank after each comma and colon: how REST answers are written.</summary>
    public static string Spaced(JsonNode? node) => Write(node, itemSeparator: ", ", nameSeparator: ": ");

    /// <summary><see cref="Spaced"/> as it is sent.</summary>
    public static byte[] SpacedBytes(JsonNode? node) => Encoding.ASCII.GetBytes(Spaced(node));

    /// <summary>A string literal with its quotes.</summary>
    public static string Quote(string text)
    {
        var output = new StringBuilder(text.Length + 2);
        AppendQuoted(output, text);
        return output.ToString();
    }

    private static string Write(JsonNode? node, string itemSeparator, string nameSeparator)
    {
        var output = new StringBuilder();
        Append(output, node, itemSeparator, nameSeparator);
        return output.ToString();
    }

    private static void Append(StringBuilder output, JsonNode? node, string itemSeparator, string nameSeparator)
    {
        switch (node)
        {
            case JsonObject members:
                AppendObject(output, members, itemSeparator, nameSeparator);
                break;
            case JsonArray items:
                AppendArray(output, items, itemSeparator, nameSeparator);
                break;
            case JsonValue value when value.GetValueKind() == JsonValueKind.String:
                AppendQuoted(output, value.GetValue<string>());
                break;
            default:
                output.Append(node?.ToJsonString() ?? "null");
                break;
        }
    }

    private static void AppendObject(
        StringBuilder output, JsonObject members, string itemSeparator, string nameSeparator)
    {
        output.Append('{');
        var first = true;
        foreach (var (name, value) in members)
        {
            output.Append(first ? "" : itemSeparator);
            first = false;
            AppendQuoted(output, name);
            output.Append(nameSeparator);
            Append(output, value, itemSeparator, nameSeparator);
        }

        output.Append('}');
    }

    private static void AppendArray(StringBuilder output, JsonArray items, string itemSeparator, string nameSeparator)
    {
        output.Append('[');
        var first = true;
        foreach (var item in items)
        {
            output.Append(first ? "" : itemSeparator);
            first = false;
            Append(output, item, itemSeparator, nameSeparator);
        }

        output.Append(']');
    }

    private static void AppendQuoted(StringBuilder output, string text)
    {
        output.Append('"');
        foreach (var character in text)
        {
            _ = character switch
            {
                '"' => output.Append("\\\""),
                '\\' => output.Append("\\\\"),
                '\n' => output.Append("\\n"),
                '\r' => output.Append("\\r"),
                '\t' => output.Append("\\t"),
                '\b' => output.Append("\\b"),
                '\f' => output.Append("\\f"),
                >= ' ' and <= '~' => output.Append(character),
                _ => output.Append("\\u").Append(((int)character).ToString("x4", CultureInfo.InvariantCulture)),
            };
        }

        output.Append('"');
    }
}
