using System.Globalization;
using System.Numerics;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using HaAgent.Core.Settings;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace HaAgent.Configuration.Yaml;

/// <summary>What a plain text stands for in YAML 1.1.</summary>
internal enum YamlScalarKind { NotScalar, Text, Null, Bool, Integer, Real, Timestamp, Merge, Value }

/// <summary>The scalars of YAML 1.1's safe schema (yaml.org/type), as PyYAML reads them.</summary>
internal static partial class YamlScalars
{
    /// <summary>The type of a plain (unquoted) scalar.</summary>
    public static YamlScalarKind KindOf(string plain)
    {
        switch (plain)
        {
            case "" or "~" or "null" or "Null" or "NULL":
                return YamlScalarKind.Null;
            case "<<":
                return YamlScalarKind.Merge;
            case "=":
                return YamlScalarKind.Value;
            case "yes" or "Yes" or "YES" or "true" or "True" or "TRUE" or "on" or "On" or "ON":
            case "no" or "No" or "NO" or "false" or "False" or "FALSE" or "off" or "Off" or "OFF":
                return YamlScalarKind.Bool;
        }

        return !char.IsAsciiDigit(plain[0]) && plain[0] is not ('+' or '-' or '.') ? YamlScalarKind.Text
            : RealForm().IsMatch(plain) ? YamlScalarKind.Real
            : IntegerForm().IsMatch(plain) ? YamlScalarKind.Integer
            : TimestampForm().IsMatch(plain) ? YamlScalarKind.Timestamp
            : YamlScalarKind.Text;
    }

    public static (JsonNode? Node, YamlScalarKind Kind) Read(Scalar scalar)
    {
        var isPlain = scalar.Tag.IsEmpty ? scalar.Style is ScalarStyle.Plain or ScalarStyle.Any : false;
        var kind = isPlain ? KindOf(scalar.Value) : YamlTags.KindOf(scalar);
        try
        {
            return (ToJson(scalar.Value, kind), kind);
        }
        catch (Exception bad) when (bad is FormatException or OverflowException)
        {
            throw new SemanticErrorException(scalar.Start, scalar.End, $"'{scalar.Value}' is not of the type that "
                + "its tag names.");
        }
    }

    /// <summary>A key as JSON spells it: <c>true</c>, <c>null</c>, <c>1</c>.</summary>
    public static string KeyText(JsonNode? key) => key is null ? "null" : ValueParsers.Text(key) ?? "";

    private static JsonNode? ToJson(string text, YamlScalarKind kind) => kind switch
    {
        YamlScalarKind.Null => null,
        YamlScalarKind.Bool => JsonValue.Create(text.ToLowerInvariant() switch
        {
            "yes" or "true" or "on" => true,
            "no" or "false" or "off" => false,
            _ => throw new FormatException(),
        }),
        YamlScalarKind.Integer => JsonNode.Parse(Integer(text).ToString(CultureInfo.InvariantCulture)),
        YamlScalarKind.Real => Real(text),
        _ => JsonValue.Create(text),
    };

    private static BigInteger Integer(string text)
    {
        var digits = text.Replace("_", "", StringComparison.Ordinal);
        var negative = digits.StartsWith('-');
        digits = digits.TrimStart('+', '-');
        var value = digits switch
        {
            "0" => BigInteger.Zero,
            _ when digits.StartsWith("0b", StringComparison.Ordinal) => InBase(digits[2..], 2),
            _ when digits.StartsWith("0x", StringComparison.Ordinal) => InBase(digits[2..], 16),
            _ when digits.StartsWith('0') => InBase(digits[1..], 8),
            _ when digits.Contains(':', StringComparison.Ordinal) => digits.Split(':')
                .Aggregate(BigInteger.Zero, (total, part) => (total * 60) + InBase(part, 10)),
            _ => InBase(digits, 10),
        };
        return negative ? -value : value;
    }

    private static BigInteger InBase(string digits, int numberBase)
    {
        if (digits.Length == 0)
        {
            throw new FormatException();
        }

        return digits.Aggregate(BigInteger.Zero, (total, digit) => Digit(digit) is var value && value < numberBase
            ? (total * numberBase) + value
            : throw new FormatException());
    }

    private static int Digit(char digit) => char.IsAsciiHexDigit(digit)
        ? int.Parse([digit], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture)
        : int.MaxValue;

    private static JsonNode Real(string text)
    {
        var digits = text.Replace("_", "", StringComparison.Ordinal);
        var unsigned = digits.TrimStart('+', '-');
        if (unsigned.ToLowerInvariant() is ".inf" or ".nan")
        {
            return JsonValue.Create(text);
        }

        var value = unsigned.Split(':').Aggregate(0.0, (total, part) => (total * 60) + double.Parse(
            part, NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture));
        value = digits.StartsWith('-') ? -value : value;
        return double.IsFinite(value) ? JsonNode.Parse(TextualForm.OfReal(value))! : JsonValue.Create(text);
    }

    [GeneratedRegex(
        @"^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?"
        + @"|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\z",
        RegexOptions.CultureInvariant)]
    private static partial Regex RealForm();

    [GeneratedRegex(
        @"^(?:[-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+"
        + @"|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+)\z",
        RegexOptions.CultureInvariant)]
    private static partial Regex IntegerForm();

    [GeneratedRegex(
        @"^(?:[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}"
        + @"(?:[Tt]|[ \t]+)[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]*)?"
        + @"(?:[ \t]*(?:Z|[-+][0-9]{1,2}(?::[0-9]{2})?))?)\z",
        RegexOptions.CultureInvariant)]
    private static partial Regex TimestampForm();
}
