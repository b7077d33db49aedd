using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using HaAgent.Core.Contracts.Records;
using HaAgent.Configuration.Options;
using HaAgent.Core.Contracts;
using HaAgent.Core.Settings;
using HaAgent.Core.Snapshot;

namespace HaAgent.Ctl.Rest;

/// <summary>Calls to members' REST servers (cli.md 8).</summary>
internal sealed class MemberApi(CtlOptions settings, TimeProvider clock) : IDisposable
{
    /// <summary>For calls that the member answers at once.</summary>
    public static readonly TimeSpan Promptly = TimeSpan.FromSeconds(30);

    /// <summary>For calls that last as long as a restart of PostgreSQL: its shutdown checkpoint and its recovery may take very long.</summary>
    public static readonly TimeSpan Patiently = TimeSpan.FromHours(6);

    private const int ConnectAttempts = 4;
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan BetweenAttempts = TimeSpan.FromMilliseconds(200);

    private readonly HttpClient _http = new(Handler(settings)) { Timeout = Timeout.InfiniteTimeSpan };

    /// <param name="endpoint">Takes the place of the path in the member's <c>api_url</c>, e.g. <c>config</c>.</param>
    /// <param name="patience">How long the member may work on it.</param>
    public async Task<ApiAnswer> SendAsync(
        HttpMethod method, Member member, string endpoint, JsonObject? body, TimeSpan patience, CancellationToken stop)
    {
        if (Url(member, endpoint) is not { } url)
        {
            return new ApiAnswer.Unreachable(member.ApiUrl is null
                ? $"{member.Name} has published no api_url"
                : $"{member.Name} has published an api_url that is not a URL: {member.ApiUrl}");
        }

        using var deadline = new CancellationTokenSource(patience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, deadline.Token);
        for (var attempt = 1; ; attempt++)
        {
            using var request = Request(method, url, body);
            try
            {
                using var response = await _http.SendAsync(request, either.Token).ConfigureAwait(false);
                var text = await response.Content.ReadAsStringAsync(either.Token).ConfigureAwait(false);
                return new ApiAnswer.Answered((int)response.StatusCode, text);
            }
            catch (Exception failure)
                when (failure is SocketException or HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError } && attempt < ConnectAttempts)
            {
                // Nothing was sent yet, so asking again cannot do it twice. An agent that restarts is back in a moment.
                await Task.Delay(BetweenAttempts, clock, stop).ConfigureAwait(false);
            }
            catch (Exception failure) when (failure is SocketException or HttpRequestException)
            {
                return new ApiAnswer.Unreachable(Reason(failure));
            }
            catch (OperationCanceledException) when (deadline.IsCancellationRequested && !stop.IsCancellationRequested)
            {
                return new ApiAnswer.Silent(patience);
            }
            catch (OperationCanceledException) when (!stop.IsCancellationRequested)
            {
                return new ApiAnswer.Unreachable(
                    FormattableString.Invariant($"no connection to {url.Authority} within {ConnectTimeout.TotalSeconds:0} seconds"));
            }
        }
    }

    public void Dispose() => _http.Dispose();

    private HttpRequestMessage Request(HttpMethod method, Uri url, JsonObject? body)
    {
        var request = new HttpRequestMessage(method, url);
        request.Headers.UserAgent.Add(new("haagentctl", ProductVersion.Own));
        if (settings.Authentication is { } who)
        {
            request.Headers.TryAddWithoutValidation("Authorization", who.ToHeader());
        }

        if (body is not null)
        {
            request.Content = new StringContent(JsonText.Compact(body), Encoding.UTF8, "application/json");
        }

        return request;
    }

    private static Uri? Url(Member member, string endpoint) =>
        Uri.TryCreate(member.ApiUrl, UriKind.Absolute, out var published) && published.Scheme is "http" or "https"
            ? new UriBuilder(published.Scheme, published.Host, published.Port, endpoint).Uri
            : null;

    private static string Reason(Exception failure) =>
        failure.InnerException is { } cause && !failure.Message.Contains(cause.Message, StringComparison.Ordinal)
            ? $"{failure.Message} {cause.Message}"
            : failure.Message;

    private static SocketsHttpHandler Handler(CtlOptions settings) => new()
    {
        UseProxy = false, // members are neighbours; the peer asks no proxy either
        UseCookies = false,
        AllowAutoRedirect = false,
        ConnectTimeout = ConnectTimeout,
        SslOptions = RestTls.Options(settings),
    };
}
