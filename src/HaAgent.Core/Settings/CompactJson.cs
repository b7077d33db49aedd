using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace HaAgent.Core.Settings;

/// <summary>
/// JSON as it is stored and published: no spaces, non-ASCII characters as <c>\uXXXX</c>, nothing else escaped that
/// need not be.
/// </summary>
/// <remarks>
/// The platform's encoders either leave non-ASCII alone or also escape <c>&lt; &gt; &amp; ' +</c>; peers compare
/// texts.
/// </remarks>
public static class CompactJson
{
    public static string Of(JsonNode? node)
    {
        var json = new StringBuilder();
        Write(json, node);
        return json.ToString();
    }

    private static void Write(StringBuilder json, JsonNode? node)
    {
        switch (node)
        {
            case JsonObject map:
                WriteObject(json, map);
                break;
            case JsonArray array:
                WriteArray(json, array);
                break;
            case JsonValue value when value.GetValueKind() == JsonValueKind.String:
                WriteString(json, value.GetValue<string>());
                break;
            default:
                json.Append(node?.ToJsonString() ?? "null");
                break;
        }
    }

    private static void WriteObject(StringBuilder json, JsonObject map)
    {
        json.Append('{');
        var separator = "";
        foreach (var (name, value) in map)
        {
            json.Append(separator);
            WriteString(json, name);
            json.Append(':');
            Write(json, value);
            separator = ",";
        }

        json.Append('}');
    }

    private static void WriteArray(StringBuilder json, JsonArray array)
    {
        json.Append('[');
        var separator = "";
        foreach (var value in array)
        {
            json.Append(separator);
            Write(json, value);
            separator = ",";
        }

        json.Append(']');
    }

    private static void WriteString(StringBuilder json, string text)
    {
        json.Append('"');
        foreach (var c in text)
        {
            _ = c switch
            {
                '"' => json.Append("\\\""),
                '\\' => json.Append(@"\\"),
                '\n' => json.Append(@"\n"),
                '\r' => json.Append(@"\r"),
                '\t' => json.Append(@"\t"),
                '\b' => json.Append(@"\b"),
                '\f' => json.Append(@"\f"),
                < ' ' or > '~' and not '\u007f' => json.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                _ => json.Append(c),
            };
        }

        json.Append('"');
    }
}
