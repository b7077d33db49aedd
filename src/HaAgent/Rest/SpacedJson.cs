using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text.Json;

namespace HaAgent.Rest;

/// <summary>
/// JSON as the peer prints it: <c>", "</c> and <c>": "</c> as separators, everything outside ASCII escaped.
/// </summary>
/// <remarks>
/// Compact (<c>","</c> and <c>":"</c>) for values written to the store. Members are written in the order of the
/// calls.
/// </remarks>
internal sealed class SpacedJson(bool compact = false)
{
    private readonly ArrayBufferWriter<byte> _out = new(1024);
    private bool _isFirst = true;

    public ReadOnlySpan<byte> Written => _out.WrittenSpan;

    public byte[] ToArray() => _out.WrittenSpan.ToArray();

    public override string ToString() => System.Text.Encoding.ASCII.GetString(_out.WrittenSpan);

    /// <summary>
    /// Prints any JSON value again with these separators; numbers keep their text, members their order.
    /// </summary>
    public static byte[] Render(JsonElement element, bool compact = false)
    {
        var json = new SpacedJson(compact);
        json.Value(element);
        return json.ToArray();
    }

    public SpacedJson BeginObject() => Open((byte)'{');

    public SpacedJson EndObject() => Close((byte)'}');

    public SpacedJson BeginArray() => Open((byte)'[');

    public SpacedJson EndArray() => Close((byte)']');

    public SpacedJson Name(string name)
    {
        Separate();
        Quote(name);
        _out.Write(compact ? ":"u8 : ": "u8);
        _isFirst = true;
        return this;
    }

    public SpacedJson Value(string? text)
    {
        if (text is null)
        {
            return Raw("null"u8);
        }

        Separate();
        Quote(text);
        _isFirst = false;
        return this;
    }

    public SpacedJson Value(bool value) => Raw(value ? "true"u8 : "false"u8);

    public SpacedJson Value(long value)
    {
        Span<byte> digits = stackalloc byte[20];
        Utf8Formatter.TryFormat(value, digits, out var length);
        return Raw(digits[..length]);
    }

    public SpacedJson Value(ulong value)
    {
        Span<byte> digits = stackalloc byte[20];
        Utf8Formatter.TryFormat(value, digits, out var length);
        return Raw(digits[..length]);
    }

    public SpacedJson Value(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                BeginObject();
                foreach (var member in element.EnumerateObject())
                {
                    Name(member.Name).Value(member.Value);
                }

                return EndObject();
            case JsonValueKind.Array:
                BeginArray();
                foreach (var item in element.EnumerateArray())
                {
                    Value(item);
                }

                return EndArray();
            case JsonValueKind.String:
                return Value(element.GetString());
            default:
                Separate();
                WriteAscii(element.GetRawText());
                _isFirst = false;
                return this;
        }
    }

    /// <summary>A value that is JSON already.</summary>
    public SpacedJson Raw(ReadOnlySpan<byte> json)
    {
        Separate();
        _out.Write(json);
        _isFirst = false;
        return this;
    }

    private SpacedJson Open(byte bracket)
    {
        Separate();
        Write(bracket);
        _isFirst = true;
        return this;
    }

    private SpacedJson Close(byte bracket)
    {
        Write(bracket);
        _isFirst = false;
        return this;
    }

    private void Separate()
    {
        if (!_isFirst)
        {
            _out.Write(compact ? ","u8 : ", "u8);
        }
    }

    private void Quote(string text)
    {
        Write((byte)'"');
        foreach (var c in text)
        {
            switch (c)
            {
                case '"':
                    _out.Write("\\\""u8);
                    break;
                case '\\':
                    _out.Write("\\\\"u8);
                    break;
                case '\n':
                    _out.Write("\\n"u8);
                    break;
                case '\r':
                    _out.Write("\\r"u8);
                    break;
                case '\t':
                    _out.Write("\\t"u8);
                    break;
                case '\b':
                    _out.Write("\\b"u8);
                    break;
                case '\f':
                    _out.Write("\\f"u8);
                    break;
                case < ' ' or > '\u007f':
                    WriteAscii(string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"));
                    break;
                default:
                    Write((byte)c);
                    break;
            }
        }

        Write((byte)'"');
    }

    private void Write(byte one)
    {
        _out.GetSpan(1)[0] = one;
        _out.Advance(1);
    }

    private void WriteAscii(string text)
    {
        var span = _out.GetSpan(text.Length);
        System.Text.Encoding.ASCII.GetBytes(text, span);
        _out.Advance(text.Length);
    }
}
