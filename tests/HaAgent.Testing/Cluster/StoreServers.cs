using System.Globalization;
using System.Net.Http;
using System.Text;
using System.Text.Json.Nodes;
using HaAgent.Testing.Processes;

namespace HaAgent.Testing.Cluster;

/// <summary>A real etcd of one or three members for a cluster of agents, and a look at its keys with a client that is not ours.</summary>
public sealed class StoreServers : IAsyncDisposable
{
    private readonly List<Member> _members = [];
    private const string Administrator = "root"; // etcd demands a user of this name
    private const string AdministratorPassword = "of the tests alone";

    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(3) };

    private bool _wantsLogin;

    private StoreServers()
    {
    }

    /// <summary>host:port of every member, for a configuration file.</summary>
    public IReadOnlyList<string> Hosts => [.. _members.Select(m => $"127.0.0.1:{m.ClientPort}")];

    public int Count => _members.Count;

    /// <param name="firstPort">Preferred client port of the first member.</param>
    public static async Task<StoreServers> StartAsync(string folder, int members, int? firstPort = null)
    {
        var store = new StoreServers();
        try
        {
            for (var i = 0; i < members; i++)
            {
                store._members.Add(new Member($"etcd{i}", ServiceUser.CreateFolder(
                    Path.Combine(folder, $"etcd{i}"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute))
                {
                    ClientPort = Ports.Lease(i == 0 ? firstPort : null),
                    PeerPort = Ports.Lease(),
                });
            }

            store.StartAll();
            await store.WaitUntilHealthyAsync().ConfigureAwait(false);
            return store;
        }
        catch
        {
            await store.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Starts every member that does not run, on its old data.</summary>
    public void StartAll()
    {
        var all = string.Join(',', _members.Select(m => $"{m.Name}=http://127.0.0.1:{m.PeerPort}"));
        foreach (var member in _members.Where(m => m.Process is null or { HasExited: true }))
        {
            member.Process = Start(member, all);
        }
    }

    /// <summary>Waits until a linearizable read is answered by every running member.</summary>
    public async Task WaitUntilHealthyAsync()
    {
        foreach (var member in _members.Where(m => m.Process is { HasExited: false }))
        {
            await Eventually.HoldsAsync(
                $"etcd member {member.Name} answers a linearizable read (log: {member.LogFile})",
                TimeSpan.FromSeconds(20),
                async () => await RangeAsync(member, "/").ConfigureAwait(false) is not null).ConfigureAwait(false);
        }
    }

    /// <summary>The value of a key, read linearizably; null when it does not exist.</summary>
    public async Task<StoredValue?> ReadAsync(string key)
    {
        var running = _members.FirstOrDefault(m => m.Process is { HasExited: false })
            ?? throw new InvalidOperationException("No etcd member runs.");
        return await RangeAsync(running, key).ConfigureAwait(false) is { Count: > 0 } found ? found[0] : null;
    }

    /// <summary>Grows with every change of any key: the same before and after means that nothing was written.</summary>
    public async Task<long> RevisionAsync()
    {
        var running = _members.First(m => m.Process is { HasExited: false });
        var answer = await PostAsync(running, "/v3/kv/range", KeyOf("/")).ConfigureAwait(false);
        return Number(answer["header"]!.AsObject(), "revision");
    }

    /// <summary>From now on etcd lets in only who has a password. This user may do everything below <c>/service/</c>.</summary>
    public async Task RequireLoginAsync(string user, string password)
    {
        const string Role = "agents";
        var permission = KeyOf("/service/");
        permission["range_end"] = Convert.ToBase64String("/service0"u8);
        permission["permType"] = "READWRITE";
        await AdministerAsync("user/add", new() { ["name"] = Administrator, ["password"] = AdministratorPassword }).ConfigureAwait(false);
        await AdministerAsync("role/add", new() { ["name"] = Administrator }).ConfigureAwait(false);
        await AdministerAsync("user/grant", new() { ["user"] = Administrator, ["role"] = Administrator }).ConfigureAwait(false);
        await AdministerAsync("user/add", new() { ["name"] = user, ["password"] = password }).ConfigureAwait(false);
        await AdministerAsync("role/add", new() { ["name"] = Role }).ConfigureAwait(false);
        await AdministerAsync("role/grant", new() { ["name"] = Role, ["perm"] = permission }).ConfigureAwait(false);
        await AdministerAsync("user/grant", new() { ["user"] = user, ["role"] = Role }).ConfigureAwait(false);
        await AdministerAsync("enable", []).ConfigureAwait(false);
        _wantsLogin = true;
    }

    /// <summary>What was given out under the old password is void at once.</summary>
    public Task ChangePasswordAsync(string user, string password) =>
        AdministerAsync("user/changepw", new() { ["name"] = user, ["password"] = password });

    /// <summary>How long the lease of a key still runs, in whole seconds as the store tells it.</summary>
    public async Task<TimeSpan> LeaseLeftAsync(StoredValue value)
    {
        var running = _members.First(m => m.Process is { HasExited: false });
        var request = new JsonObject { ["ID"] = value.Lease.ToString(CultureInfo.InvariantCulture) };
        var answer = await PostAsync(running, "/v3/lease/timetolive", request).ConfigureAwait(false);
        return TimeSpan.FromSeconds(Number(answer, "TTL"));
    }

    /// <summary>All members stop at once, as when the store's network is gone; <see cref="StartAll"/> brings them back.</summary>
    public async Task KillAllAsync()
    {
        foreach (var member in _members)
        {
            await member.Process!.KillAsync().ConfigureAwait(false);
        }
    }

    public Task KillAsync(int index) => _members[index].Process!.KillAsync();

    public void Freeze(int index) => _members[index].Process!.Freeze();

    public void Thaw(int index) => _members[index].Process!.Thaw();

    /// <summary>The member that leads the store's own consensus.</summary>
    public async Task<int> LeaderIndexAsync()
    {
        for (var i = 0; i < _members.Count; i++)
        {
            var status = await PostAsync(_members[i], "/v3/maintenance/status", []).ConfigureAwait(false);
            if ((string?)status["leader"] == (string?)status["header"]?["member_id"])
            {
                return i;
            }
        }

        throw new InvalidOperationException("No etcd member leads.");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var member in _members)
        {
            if (member.Process is { } process)
            {
                await process.DisposeAsync().ConfigureAwait(false);
            }

            Ports.Release(member.ClientPort);
            Ports.Release(member.PeerPort);
        }

        _http.Dispose();
    }

    private static ChildProcess Start(Member member, string all) => ChildProcess.Start(new ChildProcessSpec(
        "etcd",
        [
            "--name", member.Name,
            "--data-dir", Path.Combine(member.Folder, "data"),
            "--listen-client-urls", $"http://127.0.0.1:{member.ClientPort}",
            "--advertise-client-urls", $"http://127.0.0.1:{member.ClientPort}",
            "--listen-peer-urls", $"http://127.0.0.1:{member.PeerPort}",
            "--initial-advertise-peer-urls", $"http://127.0.0.1:{member.PeerPort}",
            "--initial-cluster", all,
            "--initial-cluster-state", "new",
            "--initial-cluster-token", "haagent-tests",
            "--heartbeat-interval", "100",
            "--election-timeout", "1000",
            "--logger", "zap",
            "--log-level", "warn",
        ])
    { LogFile = member.LogFile, WorkingFolder = member.Folder });

    private async Task<IReadOnlyList<StoredValue>> RangeAsync(Member member, string key)
    {
        var answer = await PostAsync(member, "/v3/kv/range", KeyOf(key)).ConfigureAwait(false);
        return answer["kvs"] is JsonArray found ? [.. found.Select(kv => Stored(kv!.AsObject()))] : [];
    }

    /// <remarks>The gateway's JSON leaves out what is empty, and writes 64-bit numbers as text.</remarks>
    private static StoredValue Stored(JsonObject kv) => new(
        Encoding.UTF8.GetString(Convert.FromBase64String((string?)kv["value"] ?? "")),
        Number(kv, "create_revision"),
        Number(kv, "mod_revision"),
        Number(kv, "lease"));

    private static long Number(JsonObject document, string field) =>
        long.Parse((string?)document[field] ?? "0", CultureInfo.InvariantCulture);

    private static JsonObject KeyOf(string key) => new() { ["key"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(key)) };

    private Task<JsonObject> AdministerAsync(string what, JsonObject request) =>
        PostAsync(_members.First(m => m.Process is { HasExited: false }), "/v3/auth/" + what, request);

    private async Task<JsonObject> PostAsync(Member member, string path, JsonObject request)
    {
        string? token = null;
        if (_wantsLogin)
        {
            var login = new JsonObject { ["name"] = Administrator, ["password"] = AdministratorPassword };
            token = (string?)(await PostAsync(member, "/v3/auth/authenticate", login, null).ConfigureAwait(false))["token"];
        }

        return await PostAsync(member, path, request, token).ConfigureAwait(false);
    }

    private async Task<JsonObject> PostAsync(Member member, string path, JsonObject body, string? token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri($"http://127.0.0.1:{member.ClientPort}{path}"))
        {
            Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json"),
        };
        if (token is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", token);
        }

        using var response = await _http.SendAsync(request).ConfigureAwait(false);
        response.EnsureSuccessStatusCode();
        var text = await response.Content.ReadAsStringAsync().ConfigureAwait(false);
        return JsonNode.Parse(text)!.AsObject();
    }

    private sealed class Member(string name, string folder)
    {
        public string Name { get; } = name;
        public string Folder { get; } = folder;
        public string LogFile { get; } = Path.Combine(folder, "etcd.log");
        public required int ClientPort { get; init; }
        public required int PeerPort { get; init; }
        public ChildProcess? Process { get; set; }
    }
}

/// <param name="ModRevision">Grows with every write of any key.</param>
/// <param name="Lease">0: none.</param>
public sealed record StoredValue(string Value, long CreateRevision, long ModRevision, long Lease);
