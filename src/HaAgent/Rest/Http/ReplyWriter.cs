using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace HaAgent.Rest.Http;

/// <summary>Puts answers on the wire, in the header order that the peer has.</summary>
/// <remarks>
/// Status-only answers to HTTP/1.0 are the bare status line; to HTTP/1.1 the length goes with it, so that the
/// connection can stay open.
/// </remarks>
internal sealed class ReplyWriter
{
    private static readonly byte[] BareOk = "HTTP/1.0 200 OK\r\n\r\n"u8.ToArray();
    private static readonly byte[] BareUnavailable = "HTTP/1.0 503 Service Unavailable\r\n\r\n"u8.ToArray();
    private static readonly byte[] OpenOk = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"u8.ToArray();
    private static readonly byte[] OpenUnavailable =
        "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"u8.ToArray();

    private readonly TimeProvider _clock;
    private volatile Decor _decor;
    private volatile DatedText _date = new(0, []);

    public ReplyWriter(TimeProvider clock, string server, IEnumerable<KeyValuePair<string, string>> extraHeaders)
    {
        _clock = clock;
        _decor = Decor.From(server, extraHeaders);
    }

    /// <summary>Other server tokens and extra headers, from the next answer on.</summary>
    public void Redecorate(string server, IEnumerable<KeyValuePair<string, string>> extraHeaders) =>
        _decor = Decor.From(server, extraHeaders);

    /// <param name="head">The request; null when it could not be understood.</param>
    /// <param name="keepOpen">Another request may follow on the connection.</param>
    public void Write(IBufferWriter<byte> output, HttpReply reply, HttpHead? head, bool keepOpen)
    {
        var isHttp11 = head?.IsHttp11 ?? false;
        if (reply.Shape == ReplyShape.StatusOnly)
        {
            WriteStatusOnly(output, reply.Code, isHttp11, keepOpen);
            return;
        }

        WriteStatusLine(output, reply.Code, isHttp11);
        var decor = _decor;
        output.Write(decor.Server);
        output.Write(Date());
        var isErrorPage = reply.Shape == ReplyShape.ErrorPage;
        if (reply.Header is not null)
        {
            WriteAscii(output, reply.Header);
            output.Write("\r\n"u8);
        }

        if (isErrorPage)
        {
            output.Write("Connection: close\r\n"u8);
        }

        output.Write("Content-Type: "u8);
        WriteAscii(output, reply.ContentType);
        output.Write("\r\n"u8);
        if (!isErrorPage)
        {
            output.Write(decor.ExtraHeaders);
        }

        output.Write("Content-Length: "u8);
        var digits = output.GetSpan(20);
        Utf8Formatter.TryFormat(reply.Body.Length, digits, out var length);
        output.Advance(length);
        output.Write(keepOpen || isErrorPage ? "\r\n\r\n"u8 : "\r\nConnection: close\r\n\r\n"u8);
        output.Write(reply.Body.Span);
    }

    private static void WriteStatusOnly(IBufferWriter<byte> output, int code, bool isHttp11, bool keepOpen)
    {
        var isOk = code == 200;
        if (!isHttp11)
        {
            output.Write(isOk ? BareOk : BareUnavailable);
        }
        else if (keepOpen)
        {
            output.Write(isOk ? OpenOk : OpenUnavailable);
        }
        else
        {
            WriteStatusLine(output, code, isHttp11: true);
            output.Write("Content-Length: 0\r\nConnection: close\r\n\r\n"u8);
        }
    }

    private static void WriteStatusLine(IBufferWriter<byte> output, int code, bool isHttp11)
    {
        output.Write(isHttp11 ? "HTTP/1.1 "u8 : "HTTP/1.0 "u8);
        var digits = output.GetSpan(3);
        Utf8Formatter.TryFormat(code, digits, out var length);
        output.Advance(length);
        output.Write(" "u8);
        WriteAscii(output, ErrorPages.Reason(code));
        output.Write("\r\n"u8);
    }

    private static void WriteAscii(IBufferWriter<byte> output, string text)
    {
        var span = output.GetSpan(text.Length);
        output.Advance(Encoding.ASCII.GetBytes(text, span));
    }

    private byte[] Date()
    {
        var now = _clock.GetUtcNow();
        var second = now.ToUnixTimeSeconds();
        var dated = _date;
        if (dated.Second != second)
        {
            var line = string.Create(CultureInfo.InvariantCulture, $"Date: {now:R}\r\n");
            _date = dated = new(second, Encoding.ASCII.GetBytes(line));
        }

        return dated.Line;
    }

    private sealed record DatedText(long Second, byte[] Line);

    private sealed record Decor(byte[] Server, byte[] ExtraHeaders)
    {
        public static Decor From(string server, IEnumerable<KeyValuePair<string, string>> extraHeaders)
        {
            var lines = new StringBuilder();
            foreach (var (name, value) in extraHeaders)
            {
                // A line break in a value would start a header, or an answer, of its own.
                if (!name.AsSpan().ContainsAny("\r\n: ") && name.Length > 0 && !value.AsSpan().ContainsAny("\r\n"))
                {
                    lines.Append(name).Append(": ").Append(value).Append("\r\n");
                }
            }

            return new(Encoding.UTF8.GetBytes($"Server: {server}\r\n"), Encoding.UTF8.GetBytes(lines.ToString()));
        }
    }
}
