using System.Text;

namespace HaAgent.Rest.Http;

/// <summary>The HTML pages for errors that have no text of their own, and the reason phrases.</summary>
internal static class ErrorPages
{
    public static HttpReply For(int code) => Page(code, Reason(code), Explanation(code));

    public static HttpReply Unsupported(string method) =>
        Page(501, $"Unsupported method ('{method}')", Explanation(501));

    /// <summary>The standard phrase of a status line.</summary>
    public static string Reason(int code) => code switch
    {
        200 => "OK",
        202 => "Accepted",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        408 => "Request Timeout",
        409 => "Conflict",
        411 => "Length Required",
        412 => "Precondition Failed",
        413 => "Content Too Large",
        414 => "URI Too Long",
        422 => "Unprocessable Entity",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        505 => "HTTP Version Not Supported",
        _ => "Unknown",
    };

    private static string Explanation(int code) => code switch
    {
        400 => "The request is malformed or its body is not what this endpoint takes",
        409 => "The stored value was changed by somebody else meanwhile; repeat the request",
        411 => "The request needs a Content-Length header",
        413 => "The body is larger than this endpoint takes",
        414 => "The request line is too long",
        431 => "There are too many header fields, or they are too long",
        501 => "Server does not support this operation",
        502 => "What was asked for is not there, or could not be written",
        503 => "What was asked for cannot be had at present",
        505 => "This server speaks HTTP/1",
        _ => Reason(code),
    };

    private static HttpReply Page(int code, string message, string explanation)
    {
        var html = $"""
            <!DOCTYPE HTML>
            <html lang="en">
                <head>
                    <meta charset="utf-8">
                    <title>Error response</title>
                </head>
                <body>
                    <h1>Error response</h1>
                    <p>Error code: {code}</p>
                    <p>Message: {WithoutMarkup(message)}.</p>
                    <p>Error code explanation: {code} - {explanation}.</p>
                </body>
            </html>

            """;
        return new(code, ReplyShape.ErrorPage, "text/html;charset=utf-8", Encoding.UTF8.GetBytes(html)) { Closes = true };
    }

    // Quotes stay as they are: the CLI looks for them.
    private static string WithoutMarkup(string text) =>
        text.Replace("&", "&amp;", StringComparison.Ordinal)
            .Replace("<", "&lt;", StringComparison.Ordinal)
            .Replace(">", "&gt;", StringComparison.Ordinal);
}
