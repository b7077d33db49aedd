using System.Collections.Immutable;
using System.Text;

namespace HaAgent.Rest.Http;

/// <summary>What shape an answer has on the wire.</summary>
internal enum ReplyShape
{
    /// <summary>The status line only: health checks by HEAD and OPTIONS, and the probes.</summary>
    StatusOnly,

    /// <summary>Headers, the configured extra headers, and a body.</summary>
    Full,

    /// <summary>An HTML page of the protocol layer; the configured extra headers are not added.</summary>
    ErrorPage,
}

/// <summary>One answer, before it is put on the wire.</summary>
internal sealed record HttpReply(int Code, ReplyShape Shape, string ContentType, ReadOnlyMemory<byte> Body)
{
    private static readonly ImmutableDictionary<int, HttpReply> StatusReplies =
        new[] { 200, 503 }.ToImmutableDictionary(
            code => code, code => new HttpReply(code, ReplyShape.StatusOnly, "", default));

    /// <summary>A header of this answer alone, such as <c>WWW-Authenticate: ...</c>; null for none.</summary>
    public string? Header { get; init; }

    /// <summary>The connection is closed after it.</summary>
    public bool Closes { get; init; }

    /// <summary>Status line only: 200 or 503.</summary>
    public static HttpReply Status(int code) => StatusReplies[code];

    public static HttpReply Json(int code, ReadOnlyMemory<byte> body) =>
        new(code, ReplyShape.Full, "application/json", body);

    /// <summary>A bare sentence, as the action endpoints answer.</summary>
    public static HttpReply Text(int code, string text) =>
        new(code, ReplyShape.Full, "text/html", Encoding.UTF8.GetBytes(text));

    public static HttpReply ErrorPage(int code) => ErrorPages.For(code);

    /// <summary>501 with the words that the CLI looks for.</summary>
    public static HttpReply Unsupported(string method) => ErrorPages.Unsupported(method);
}
