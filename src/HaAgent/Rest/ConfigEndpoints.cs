using System.Text.Json;
using System.Text.Json.Nodes;
using HaAgent.Core.Contracts.Records;
using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Settings;
using HaAgent.Core.Snapshot;
using HaAgent.Rest.Http;

namespace HaAgent.Rest;

/// <summary>
/// <c>PATCH /config</c> and <c>PUT /config</c>: the dynamic configuration, written beside the loop, which sees it by
/// its watch.
/// </summary>
internal sealed class ConfigEndpoints(IDcs dcs, TimeProvider clock, StatusEndpoints status)
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    /// <summary>Merges, and writes only what changed and only over the version that was read.</summary>
    public async ValueTask<HttpReply> PatchAsync(JsonElement body, CancellationToken stop)
    {
        var notAfter = Instant.Now(clock) + status.RetryTimeout;
        var reading = await dcs.ReadFreshAsync(notAfter, stop).ConfigureAwait(false);
        if (reading is not DcsReading.Answered { Cluster: var cluster })
        {
            return status.StoreIsSilent();
        }

        if (cluster.Config is not { } stored || AsObject(stored.Json) is not { } merged)
        {
            return HttpReply.ErrorPage(503);
        }

        if (JsonObject.Create(body) is { } patch && MergePatch.Apply(merged, patch))
        {
            var written = await dcs.WriteAsync(
                DcsRecord.Config, JsonText.Compact(merged), stored.Version, notAfter, stop).ConfigureAwait(false);
            if (written == WriteOutcome.Refused)
            {
                return HttpReply.ErrorPage(409);
            }

            if (written == WriteOutcome.Unknown)
            {
                return OutcomeIsUnknown();
            }
        }

        return HttpReply.Json(200, JsonText.SpacedBytes(merged));
    }

    /// <summary>Replaces the whole, whatever version is there.</summary>
    public async ValueTask<HttpReply> PutAsync(JsonElement body, CancellationToken stop)
    {
        var notAfter = Instant.Now(clock) + status.RetryTimeout;
        var reading = await dcs.ReadFreshAsync(notAfter, stop).ConfigureAwait(false);
        if (reading is not DcsReading.Answered { Cluster: var cluster })
        {
            return status.StoreIsSilent();
        }

        var stored = cluster.Config is { } config ? AsObject(config.Json) : null;
        var given = JsonObject.Create(body);
        if (stored is null || !JsonNode.DeepEquals(stored, given))
        {
            var written = await dcs.WriteAsync(
                DcsRecord.Config, JsonText.Compact(given), expected: null, notAfter, stop).ConfigureAwait(false);
            if (written != WriteOutcome.Written)
            {
                return HttpReply.ErrorPage(502);
            }
        }

        return HttpReply.Json(200, JsonText.SpacedBytes(given));
    }

    /// <summary>The request's body, which must be a JSON object that holds something.</summary>
    /// <returns>The document, which the caller disposes of; or the refusal.</returns>
    public static async ValueTask<(JsonDocument? Body, HttpReply? Refusal)> ReadObjectAsync(RestRequest request)
    {
        if (request.Head.ContentLength is not { } length)
        {
            return (null, HttpReply.ErrorPage(411));
        }

        if (await request.ReadBodyAsync().ConfigureAwait(false) is not { } bytes)
        {
            return (null, HttpReply.ErrorPage(length > HttpConnection.MaxBody ? 413 : 400));
        }

        try
        {
            var document = JsonDocument.Parse(bytes, Strict);
            if (document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.EnumerateObject().Any())
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

    /// <summary>The request's body where none need be: nothing, or an object.</summary>
    /// <returns>Both null: there is none, or it says nothing.</returns>
    public static async ValueTask<(JsonDocument? Body, HttpReply? Refusal)> ReadOptionalObjectAsync(RestRequest request)
    {
        if (request.Head.ContentLength is null or 0)
        {
            return (null, null);
        }

        if (await request.ReadBodyAsync().ConfigureAwait(false) is not { } bytes)
        {
            return (null, HttpReply.ErrorPage(request.Head.ContentLength > HttpConnection.MaxBody ? 413 : 400));
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

    /// <summary>The stored configuration; an error when it is not a JSON object.</summary>
    public static HttpReply Show(ConfigDocument config) => AsObject(config.Json) is { } stored
        ? HttpReply.Json(200, JsonText.SpacedBytes(stored))
        : HttpReply.ErrorPage(502);

    private static HttpReply OutcomeIsUnknown() => HttpReply.Text(
        503, "The configuration store did not confirm the change: look at GET /config before repeating it");

    private static JsonObject? AsObject(string json)
    {
        try
        {
            return JsonNode.Parse(json, documentOptions: Strict) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
