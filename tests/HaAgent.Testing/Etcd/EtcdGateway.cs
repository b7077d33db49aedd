using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace HaAgent.Testing.Etcd;

/// <summary>etcd's JSON gateway: a way to look at the store that shares nothing with the agent's client. Not with TLS.</summary>
internal sealed class EtcdGateway : IDisposable
{
    private const string Administrator = "root"; // etcd demands a user of this name
    private const string AdministratorPassword = "of the tests alone";

    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(3) };

    private bool _wantsLogin;

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

    /// <summary>Writes a key that hangs on no lease.</summary>
    public Task WriteAsync(EtcdServer member, string key, string value) =>
        PostAsync(member, "/v3/kv/put", new() { ["key"] = Base64(key), ["value"] = Base64(value) });

    /// <summary>Whole seconds; negative when the lease has ended.</summary>
    public async Task<TimeSpan> LeaseLeftAsync(EtcdServer member, long lease) =>
        TimeSpan.FromSeconds(Number(await PostAsync(member, "/v3/lease/timetolive", Named(lease)).ConfigureAwait(false), "TTL"));

    public Task EndLeaseAsync(EtcdServer member, long lease) => PostAsync(member, "/v3/lease/revoke", Named(lease));

    public async Task<bool> IsLeaderAsync(EtcdServer member)
    {
        var status = await PostAsync(member, "/v3/maintenance/status", []).ConfigureAwait(false);
        return (string?)status["leader"] == (string?)status["header"]?["member_id"];
    }

    /// <summary>Grows with every change of any key.</summary>
    public async Task<long> RevisionAsync(EtcdServer member)
    {
        var answer = await PostAsync(member, "/v3/kv/range", new() { ["key"] = Base64("/") }).ConfigureAwait(false);
        return Number(answer["header"]!.AsObject(), "revision"); // every answer has one
    }

    /// <summary>From now on etcd lets in only who has a password. This user may do everything below <c>/service/</c>.</summary>
    public async Task RequireLoginAsync(EtcdServer member, string user, string password)
    {
        const string Role = "agents";
        var everything = new JsonObject { ["key"] = Base64("/service/"), ["range_end"] = Base64("/service0"), ["permType"] = "READWRITE" };
        (string Path, JsonObject Request)[] steps =
        [
            ("user/add", new() { ["name"] = Administrator, ["password"] = AdministratorPassword }),
            ("role/add", new() { ["name"] = Administrator }),
            ("user/grant", new() { ["user"] = Administrator, ["role"] = Administrator }),
            ("user/add", new() { ["name"] = user, ["password"] = password }),
            ("role/add", new() { ["name"] = Role }),
            ("role/grant", new() { ["name"] = Role, ["perm"] = everything }),
            ("user/grant", new() { ["user"] = user, ["role"] = Role }),
            ("enable", []),
        ];
        foreach (var (path, request) in steps)
        {
            await PostAsync(member, "/v3/auth/" + path, request).ConfigureAwait(false);
        }

        _wantsLogin = true;
    }

    /// <summary>What was given out under the old password is void at once.</summary>
    public Task ChangePasswordAsync(EtcdServer member, string user, string password) =>
        PostAsync(member, "/v3/auth/user/changepw", new() { ["name"] = user, ["password"] = password });

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

    private async Task<JsonObject> PostAsync(EtcdServer member, string path, JsonObject body)
    {
        string? token = null;
        if (_wantsLogin)
        {
            var login = new JsonObject { ["name"] = Administrator, ["password"] = AdministratorPassword };
            token = (string?)(await PostAsync(member, "/v3/auth/authenticate", login, null).ConfigureAwait(false))["token"];
        }

        return await PostAsync(member, path, body, token).ConfigureAwait(false);
    }

    private async Task<JsonObject> PostAsync(EtcdServer member, string path, JsonObject body, string? token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(member.ClientUrl + path))
        {
            Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json"),
        };
        if (token is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", token);
        }

        using var response = await _http.SendAsync(request).ConfigureAwait(false);
        response.EnsureSuccessStatusCode();
        return JsonNode.Parse(await response.Content.ReadAsStringAsync().ConfigureAwait(false))!.AsObject();
    }
}

/// <param name="ModRevision">Grows with every write of any key.</param>
/// <param name="Lease">0: none.</param>
public sealed record StoredValue(string Value, long CreateRevision, long ModRevision, long Lease);
