using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace HaAgent.Ctl.Sql;

/// <summary>A value's text as a JSON value, where JSON has one for its type; otherwise the text.</summary>
internal static class SqlValue
{
    /// <param name="type">OID of the type (PostgreSQL, <c>pg_type.dat</c>).</param>
    public static JsonNode Parse(uint type, string text)
    {
        switch (type)
        {
            case 16: // bool
                return text == "t";
            case 20 or 21 or 23 or 26: // int8, int2, int4, oid
                return long.Parse(text, CultureInfo.InvariantCulture);
            case 700 or 701 when double.TryParse(text, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number): // float4, float8
                return Json(text) ?? text;
            case 114 or 3802: // json, jsonb
                return Json(text) ?? text;
            default:
                return text;
        }
    }

    /// <summary>Numbers keep the text they were written with.</summary>
    private static JsonNode? Json(string text)
    {
        try
        {
            return JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            return null; // one that .NET does not take, such as a nesting of hundreds
        }
    }
}
