using System.Buffers;
using System.Text;

namespace HaAgent.Rest.Http;

/// <summary>Reads the head of an HTTP/1 request as leniently as existing health checks need.</summary>
/// <remarks>
/// Not Kestrel's own parser, because that one refuses what this port must answer: HTTP/1.1 without <c>Host</c>, and
/// targets without a leading slash. Refusals are status codes: 400, 414 (request line too long), 431 (too many or too
/// long headers), 505.
/// </remarks>
internal struct HeadParser
{
    public const int MaxRequestLine = 65536;
    public const int MaxHeaderBytes = 32768;
    public const int MaxHeaders = 100;

    private long _examined;
    private long _lineStart;
    private int _lines;

    /// <summary>
    /// Looks for the end of the head in <paramref name="buffer"/>, continuing where the last call stopped.
    /// </summary>
    /// <param name="length">Bytes of the head with its final empty line; 0 when not complete.</param>
    /// <returns>0, or the status code of the refusal.</returns>
    public int FindEnd(in ReadOnlySequence<byte> buffer, out long length)
    {
        length = 0;
        var reader = new SequenceReader<byte>(buffer);
        reader.Advance(_examined);
        while (reader.TryAdvanceTo((byte)'\n', advancePastDelimiter: true))
        {
            var line = buffer.Slice(_lineStart, reader.Consumed - _lineStart);
            if (IsEmpty(line) && _lines > 0)
            {
                length = reader.Consumed;
                return 0;
            }

            // Empty lines before the request line are skipped, as HTTP/1 asks of servers; they still count as bytes.
            _lines += IsEmpty(line) ? 0 : 1;
            _lineStart = reader.Consumed;
            if (Refusal(_lineStart) is var refusal and not 0)
            {
                return refusal;
            }
        }

        _examined = buffer.Length;
        return Refusal(_examined);
    }

    /// <summary>Parses a complete head.</summary>
    /// <returns>0, or the status code of the refusal.</returns>
    public static int Parse(ReadOnlySpan<byte> bytes, out HttpHead? head)
    {
        head = null;
        var text = bytes.TrimStart("\r\n"u8);
        var line = NextLine(ref text);
        if (ParseRequestLine(line, out var method, out var target, out var isHttp11) is var refusal and not 0)
        {
            return refusal;
        }

        var fields = new Fields();
        while (text.Length > 0)
        {
            line = NextLine(ref text);
            if (line.Length == 0)
            {
                break;
            }

            var colon = line.IndexOf((byte)':');
            if (colon < 1 || line[0] is (byte)' ' or (byte)'\t')
            {
                return 400;
            }

            if (!fields.Take(line[..colon], line[(colon + 1)..].Trim(" \t"u8)))
            {
                return 400;
            }
        }

        head = new()
        {
            Method = method,
            Target = RequestTarget.Parse(target),
            IsHttp11 = isHttp11,
            KeepAlive = isHttp11 && !fields.Close && !fields.TransferEncoding,
            ContentLength = fields.TransferEncoding ? null : fields.ContentLength,
            Authorization = fields.Authorization,
            ExpectsContinue = isHttp11 && fields.ExpectsContinue,
        };
        return 0;
    }

    private readonly int Refusal(long seen) => _lines switch
    {
        0 when seen > MaxRequestLine => 414,
        1 when _lineStart > MaxRequestLine => 414,
        > MaxHeaders + 1 => 431,
        _ when seen > MaxRequestLine + MaxHeaderBytes => 431,
        _ => 0,
    };

    private static bool IsEmpty(in ReadOnlySequence<byte> line) =>
        line.Length == 1 || (line.Length == 2 && line.FirstSpan[0] == (byte)'\r');

    private static ReadOnlySpan<byte> NextLine(ref ReadOnlySpan<byte> text)
    {
        var end = text.IndexOf((byte)'\n');
        var line = end < 0 ? text : text[..end];
        text = end < 0 ? default : text[(end + 1)..];
        return line.EndsWith("\r"u8) ? line[..^1] : line;
    }

    private static int ParseRequestLine(
        ReadOnlySpan<byte> line, out string method, out string target, out bool isHttp11)
    {
        (method, target, isHttp11) = ("", "", false);
        var first = line.IndexOf((byte)' ');
        var last = line.LastIndexOf((byte)' ');
        if (first < 1 || last <= first + 1 || line[first..last].TrimStart((byte)' ').Contains((byte)' '))
        {
            return 400;
        }

        var version = line[(last + 1)..];
        if (!version.StartsWith("HTTP/"u8) || Version(version[5..]) is not var (major, minor))
        {
            return 400;
        }

        if (major >= 2)
        {
            return 505;
        }

        var verb = line[..first];
        if (verb.ContainsAnyExceptInRange((byte)0x21, (byte)0x7e)
            || line[first..last].IndexOfAnyInRange((byte)0, (byte)0x1f) >= 0)
        {
            return 400;
        }

        method = KnownMethod(verb);
        target = Encoding.Latin1.GetString(line[first..last].Trim((byte)' '));
        isHttp11 = major == 1 && minor >= 1;
        return 0;
    }

    private static (int Major, int Minor)? Version(ReadOnlySpan<byte> digits)
    {
        var dot = digits.IndexOf((byte)'.');
        return dot > 0 && Number(digits[..dot]) is { } major && Number(digits[(dot + 1)..]) is { } minor
            ? ((int)Math.Min(major, 99), (int)Math.Min(minor, 99))
            : null;
    }

    private static long? Number(ReadOnlySpan<byte> digits) =>
        digits.Length is > 0 and <= 18
        && !digits.ContainsAnyExceptInRange((byte)'0', (byte)'9')
        && System.Buffers.Text.Utf8Parser.TryParse(digits, out long value, out _)
            ? value
            : null;

    private static string KnownMethod(ReadOnlySpan<byte> verb) => verb switch
    {
        _ when verb.SequenceEqual("GET"u8) => "GET",
        _ when verb.SequenceEqual("HEAD"u8) => "HEAD",
        _ when verb.SequenceEqual("OPTIONS"u8) => "OPTIONS",
        _ => Encoding.ASCII.GetString(verb),
    };

    /// <summary>The header fields that matter here.</summary>
    private struct Fields
    {
        public long? ContentLength;
        public string? Authorization;
        public bool Close;
        public bool TransferEncoding;
        public bool ExpectsContinue;

        /// <returns>False: the field makes the request malformed.</returns>
        public bool Take(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
        {
            if (Ascii.EqualsIgnoreCase(name, "content-length"u8))
            {
                // Two lengths that differ are how requests get smuggled past a proxy.
                var length = Number(value);
                var agrees = length is not null && (ContentLength is null || ContentLength == length);
                ContentLength = length;
                return agrees;
            }

            if (Ascii.EqualsIgnoreCase(name, "authorization"u8))
            {
                Authorization ??= Encoding.Latin1.GetString(value);
            }
            else if (Ascii.EqualsIgnoreCase(name, "connection"u8))
            {
                Close |= Mentions(value, "close"u8);
            }
            else if (Ascii.EqualsIgnoreCase(name, "transfer-encoding"u8))
            {
                TransferEncoding = true;
            }
            else if (Ascii.EqualsIgnoreCase(name, "expect"u8))
            {
                ExpectsContinue |= Ascii.EqualsIgnoreCase(value, "100-continue"u8);
            }

            return true;
        }

        private static bool Mentions(ReadOnlySpan<byte> list, ReadOnlySpan<byte> token)
        {
            foreach (var item in list.Split((byte)','))
            {
                if (Ascii.EqualsIgnoreCase(list[item].Trim(" \t"u8), token))
                {
                    return true;
                }
            }

            return false;
        }
    }
}
