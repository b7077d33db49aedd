using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace HaAgent.Testing.Etcd;

/// <summary>etcd's JSON gateway: a way to look at the store that shares nothing with the agent's client. Not with TLS.</summary>
internal sealed class EtcdGateway : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(3) };

    /// <summary>Keys and values, read linearizably.</summary>
    /// <param name="end">The first key that does not belong to them; null: this one key.</param>
    public async Task<IReadOnlyList<KeyValuePair<string, StoredValue>>> RangeAsync(EtcdServer member, string key, string? end = null)
    {
        var request = new JsonObject { ["key"] = Base64(key) };
        if (end is not null)
        {
            request["range_end"] = Base64(end);
        }

        var answer = await PostAsync(member, "/v3/kv/range", request).ConfigureAwait(false);
        return answer["kvs"] is JsonArray found ? [.. found.Select(kv => Stored(kv!.AsObject()))] : [];
    }

    /// <summary>Whole seconds; negative when the lease has ended.</summary>
    public async Task<TimeSpan> LeaseLeftAsync(EtcdServer member, long lease) =>
        TimeSpan.FromSeconds(Number(await PostAsync(member, "/v3/lease/timetolive", Named(lease)).ConfigureAwait(false), "TTL"));

    public Task EndLeaseAsync(EtcdServer member, long lease) => PostAsync(member, "/v3/lease/revoke", Named(lease));

    public async Task<bool> IsLeaderAsync(EtcdServer member)
    {
        var status = await PostAsync(member, "/v3/maintenance/status", []).ConfigureAwait(false);
        return (string?)status["leader"] == (string?)status["header"]?["member_id"];
    }

    public void Dispose() => _http.Dispose();

    /// <remarks>The gateway's JSON leaves out what is empty, and writes 64-bit numbers as text.</remarks>
    private static KeyValuePair<string, StoredValue> Stored(JsonObject kv) => new(
        Plain(kv, "key"),
        new StoredValue(Plain(kv, "value"), Number(kv, "create_revision"), Number(kv, "mod_revision"), Number(kv, "lease")));

    private static string Plain(JsonObject document, string field) =>
        Encoding.UTF8.GetString(Convert.FromBase64String((string?)document[field] ?? ""));

    private static JsonObject Named(long lease) => new() { ["ID"] = lease.ToString(CultureInfo.InvariantCulture) };

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private static long Number(JsonObject document, string field) =>
        long.Parse((string?)document[field] ?? "0", CultureInfo.InvariantCulture);

    private async Task<JsonObject> PostAsync(EtcdServer member, string path, JsonObject request)
    {
        using var content = new StringContent(request.ToJsonString(), Encoding.UTF8, "application/json");
        using var response = await _http.PostAsync(new Uri(member.ClientUrl + path), content).ConfigureAwait(false);
        response.EnsureSuccessStatusCode();
        return JsonNode.Parse(await response.Content.ReadAsStringAsync().ConfigureAwait(false))!.AsObject();
    }
}

/// <param name="ModRevision">Grows with every write of any key.</param>
/// <param name="Lease">0: none.</param>
public sealed record StoredValue(string Value, long CreateRevision, long ModRevision, long Lease);
