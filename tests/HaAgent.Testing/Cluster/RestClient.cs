using System.Net.Http;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace HaAgent.Testing.Cluster;

/// <param name="Code">0: nobody answered.</param>
public sealed record RestAnswer(int Code, string Body)
{
    public JsonNode Json => JsonNode.Parse(Body) ?? throw new InvalidOperationException($"Not a document: {Body}");
}

/// <summary>One agent's REST API, as a load balancer or an operator sees it.</summary>
public sealed class RestClient : IDisposable
{
    public const string Username = "operator";
    public const string Password = "rest secret: \"it's\" 100%";

    private readonly HttpClient _http;

    public RestClient(int port) => _http = new HttpClient(new SocketsHttpHandler { UseProxy = false })
    {
        BaseAddress = new Uri($"http://127.0.0.1:{port}"),
        Timeout = TimeSpan.FromSeconds(60),
    };

    /// <summary>A health check: OPTIONS, short deadline, only the code. 0 when nobody answers.</summary>
    public async Task<int> CheckAsync(string path)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        return (await SendAsync(HttpMethod.Options, path, null, deadline.Token).ConfigureAwait(false)).Code;
    }

    public async Task<RestAnswer> GetAsync(string path)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(12));
        return await SendAsync(HttpMethod.Get, path, null, deadline.Token).ConfigureAwait(false);
    }

    /// <summary>The node's status document; null when nobody answers.</summary>
    public async Task<JsonObject?> StatusAsync()
    {
        var answer = await GetAsync("/patroni").ConfigureAwait(false);
        return answer.Code == 0 ? null : answer.Json.AsObject();
    }

    /// <summary>An operator's request, with credentials.</summary>
    public Task<RestAnswer> PostAsync(string path, JsonObject body) => SendAsync(HttpMethod.Post, path, body, default);

    public Task<RestAnswer> DeleteAsync(string path) => SendAsync(HttpMethod.Delete, path, [], default);

    public Task<RestAnswer> PatchConfigAsync(JsonObject change) => SendAsync(HttpMethod.Patch, "/config", change, default);

    public void Dispose() => _http.Dispose();

    private async Task<RestAnswer> SendAsync(HttpMethod method, string path, JsonObject? body, CancellationToken stop)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
        {
            request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
            request.Headers.Authorization = new AuthenticationHeaderValue(
                "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{Username}:{Password}")));
        }

        try
        {
            using var response = await _http.SendAsync(request, stop).ConfigureAwait(false);
            return new RestAnswer((int)response.StatusCode, await response.Content.ReadAsStringAsync(stop).ConfigureAwait(false));
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or IOException)
        {
            return new RestAnswer(0, e.Message);
        }
    }
}
