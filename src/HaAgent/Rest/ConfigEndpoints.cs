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
            return JsonNode.Parse(json, documentOptions: RequestBody.Strict) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
