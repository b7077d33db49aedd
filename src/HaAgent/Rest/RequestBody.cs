using System.Text.Json;
using HaAgent.Rest.Http;

namespace HaAgent.Rest;

/// <summary>The JSON object that a request carries (rest-api 1.1).</summary>
internal static class RequestBody
{
    /// <summary>What this API takes for JSON, in bodies and in the store.</summary>
    public static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    /// <summary>An object that holds something.</summary>
    /// <returns>The document, which the caller disposes of; or the refusal.</returns>
    public static async ValueTask<(JsonDocument? Body, HttpReply? Refusal)> ReadAsync(RestRequest request)
    {
        if (request.Head.ContentLength is not { } length)
        {
            return (null, HttpReply.ErrorPage(411));
        }

        var (body, refusal) = await ReadObjectAsync(request, length).ConfigureAwait(false);
        if (body is null || body.RootElement.EnumerateObject().Any())
        {
            return (body, refusal);
        }

        body.Dispose();
        return (null, HttpReply.ErrorPage(400));
    }

    /// <summary>Where none need be: nothing, or an object.</summary>
    /// <returns>Both null: there is none.</returns>
    public static async ValueTask<(JsonDocument? Body, HttpReply? Refusal)> ReadOptionalAsync(RestRequest request) =>
        request.Head.ContentLength is { } length and not 0 ? await ReadObjectAsync(request, length).ConfigureAwait(false) : (null, null);

    private static async ValueTask<(JsonDocument? Body, HttpReply? Refusal)> ReadObjectAsync(RestRequest request, long length)
    {
        if (await request.ReadBodyAsync().ConfigureAwait(false) is not { } bytes)
        {
            return (null, HttpReply.ErrorPage(length > HttpConnection.MaxBody ? 413 : 400));
        }

        try
        {
            var document = JsonDocument.Parse(bytes, Strict);
            if (document.RootElement.ValueKind == JsonValueKind.Object)
            {
                return (document, null);
            }

            document.Dispose();
        }
        catch (JsonException)
        {
            // Not JSON, or not UTF-8: the same mistake as JSON that is no object.
        }

        return (null, HttpReply.ErrorPage(400));
    }
}
