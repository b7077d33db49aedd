using System.Globalization;
using System.Text.Json;
using HaAgent.Core.Model;

namespace HaAgent.Dcs.Records;

/// <summary>Reads what peers of any age wrote: numbers and booleans as strings, nulls, wrong types as absent.</summary>
internal static class TolerantJson
{
    /// <summary>The value as a JSON element of the wanted kind; null when it is not JSON, or another kind.</summary>
    public static JsonElement? Parse(string value, JsonValueKind wanted)
    {
        try
        {
            using var document = JsonDocument.Parse(value);
            return document.RootElement.ValueKind == wanted ? document.RootElement.Clone() : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public static JsonElement? Field(this JsonElement record, string name) =>
        record.TryGetProperty(name, out var field) && field.ValueKind != JsonValueKind.Null ? field : null;

    /// <summary>A string; a number or boolean as its text. Null when absent, empty or structured.</summary>
    public static string? Text(this JsonElement record, string name) => Text(record.Field(name));

    public static string? Text(JsonElement? field) => field?.ValueKind switch
    {
        JsonValueKind.String => field.Value.GetString() is { Length: > 0 } text ? text : null,
        JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => field.Value.GetRawText().ToLowerInvariant(),
        _ => null,
    };

    public static bool? Bool(this JsonElement record, string name) => Text(record.Field(name))?.ToLowerInvariant() switch
    {
        "true" or "on" or "yes" or "1" => true,
        "false" or "off" or "no" or "0" => false,
        _ => null,
    };

    public static long? Integer(JsonElement? field) =>
        long.TryParse(Text(field), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value : null;

    public static int Integer(this JsonElement record, string name, int otherwise) =>
        Integer(record.Field(name)) is { } value and >= int.MinValue and <= int.MaxValue ? (int)value : otherwise;

    public static Lsn Lsn(JsonElement? field) => Integer(field) is { } value and > 0 ? new((ulong)value) : Core.Model.Lsn.Unknown;

    public static Lsn Lsn(this JsonElement record, string name) => Lsn(record.Field(name));

    public static Timeline Timeline(JsonElement? field) =>
        Integer(field) is { } value and > 0 and <= uint.MaxValue ? new((uint)value) : Core.Model.Timeline.Unknown;

    /// <summary>A structure, or a string that holds one as JSON.</summary>
    public static JsonElement? Structure(this JsonElement record, string name, JsonValueKind wanted) => record.Field(name) switch
    {
        { ValueKind: JsonValueKind.String } text => Parse(text.GetString() ?? "", wanted),
        { } field when field.ValueKind == wanted => field,
        _ => null,
    };
}
