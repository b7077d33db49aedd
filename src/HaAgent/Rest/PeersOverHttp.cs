using System.Collections.Immutable;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text.Json;
using HaAgent.Configuration.Options;
using HaAgent.Core.Contracts;
using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;

namespace HaAgent.Rest;

/// <summary>The other members, asked over HTTP, all at once.</summary>
/// <remarks>
/// Nothing is learnt from silence (S6): only a refused connection proves that no agent listens there.
/// </remarks>
internal sealed class PeersOverHttp : IPeers, IDisposable
{
    private static readonly TimeSpan WarmUpPatience = TimeSpan.FromSeconds(2);

    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly HttpClient _client;
    private readonly CancellationTokenSource _stop = new();
    private volatile BasicCredentials? _credentials;

    /// <param name="credentials">See <see cref="Use"/>.</param>
    public PeersOverHttp(TimeProvider clock, ILoggerFactory logs, BasicCredentials? credentials)
    {
        _clock = clock;
        _logger = logs.CreateLogger("HaAgent.Peers");
        _credentials = credentials;
        var handler = new SocketsHttpHandler
        {
            UseProxy = false, // a proxy set in the environment is for the outside, not for the member next door
            UseCookies = false,
            AllowAutoRedirect = false,
            ActivityHeadersPropagator = null,
            ConnectTimeout = TimeSpan.FromSeconds(2),
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(60), // below the server's own patience
            PooledConnectionLifetime = TimeSpan.FromMinutes(5), // names are looked up again
            MaxConnectionsPerServer = 4,
        };
        _client = new(handler) { Timeout = Timeout.InfiniteTimeSpan, MaxResponseContentBufferSize = 1 << 20 };
        _client.DefaultRequestHeaders.TryAddWithoutValidation(
            "User-Agent",
            $"HaAgent/{ProductVersion.Own} .NET/{Environment.Version} {RuntimeInformation.RuntimeIdentifier}");
    }

    /// <summary>What the next request shows to the other members.</summary>
    /// <param name="credentials">
    /// Of <c>ctl.authentication</c>, else <c>restapi.authentication</c>; null for none.
    /// </param>
    public void Use(BasicCredentials? credentials) => _credentials = credentials;

    public async Task<ImmutableArray<PeerReading>> AskAsync(
        ImmutableArray<PeerAddress> peers, TimeSpan timeout, CancellationToken stop)
    {
        using var deadline = new CancellationTokenSource(timeout, _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, deadline.Token);
        var readings = await Task.WhenAll(peers.Select(peer => AskOneAsync(peer, either.Token))).ConfigureAwait(false);
        stop.ThrowIfCancellationRequested();
        return [.. readings];
    }

    public void WarmUp(ImmutableArray<PeerAddress> peers)
    {
        foreach (var peer in peers)
        {
            // Its outcome is looked at in there: a peer that cannot be reached now is no failure of ours.
            _ = OpenAsync(peer);
        }
    }

    public void Dispose()
    {
        _stop.Cancel();
        _client.Dispose();
        _stop.Dispose();
    }

    private async Task<PeerReading> AskOneAsync(PeerAddress peer, CancellationToken either)
    {
        var askedAt = Instant.Now(_clock);
        if (!Uri.TryCreate(peer.ApiUrl, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
        {
            PeersLog.UnusableUrl(_logger, peer.Name.Value, peer.ApiUrl);
            return new(peer.Name, askedAt, new PeerAnswer.Unreachable(PeerSilence.TimedOut));
        }

        var answer = await FetchAsync(peer, url, either).ConfigureAwait(false);
        return new(peer.Name, askedAt, answer);
    }

    private async Task<PeerAnswer> FetchAsync(PeerAddress peer, Uri url, CancellationToken either)
    {
        try
        {
            using var request = Request(HttpMethod.Get, url);
            using var response = await _client.SendAsync(
                request, HttpCompletionOption.ResponseContentRead, either).ConfigureAwait(false);
            var body = await response.Content.ReadAsByteArrayAsync(either).ConfigureAwait(false);
            return BallotReader.Read(body);
        }
        catch (HttpRequestException e)
            when (e.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionRefused })
        {
            return new PeerAnswer.Unreachable(PeerSilence.Refused);
        }
        catch (Exception e) when (e is HttpRequestException or SocketException or IOException or OperationCanceledException)
        {
            // A socket's own exception: the peer had reset the connection before the client asked whom it is with.
            // The deadline of the whole round, a reset, no route, a name that does not resolve: nothing is known.
            PeersLog.NoAnswer(_logger, peer.Name.Value, e.Message);
            return new PeerAnswer.Unreachable(PeerSilence.TimedOut);
        }
    }

    private HttpRequestMessage Request(HttpMethod method, Uri url)
    {
        var request = new HttpRequestMessage(method, url);
        if (_credentials is { } credentials)
        {
            request.Headers.TryAddWithoutValidation("Authorization", credentials.ToHeader());
        }

        return request;
    }

    private async Task OpenAsync(PeerAddress peer)
    {
        if (!Uri.TryCreate(peer.ApiUrl, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
        {
            return;
        }

        try
        {
            using var deadline = new CancellationTokenSource(WarmUpPatience, _clock);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token, deadline.Token);
            using var request = Request(HttpMethod.Options, new Uri(url, "/"));
            using var response = await _client.SendAsync(request, either.Token).ConfigureAwait(false);
        }
        catch (Exception e)
            when (e is HttpRequestException or SocketException or IOException or OperationCanceledException or ObjectDisposedException)
        {
            PeersLog.NoAnswer(_logger, peer.Name.Value, e.Message);
        }
    }
}

/// <summary>Reads the status document of a peer as a ballot.</summary>
internal static class BallotReader
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    public static PeerAnswer Read(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var document = JsonDocument.Parse(body, Strict);
            return document.RootElement.ValueKind == JsonValueKind.Object
                && Position(document.RootElement) is { } position
                ? Ballot(document.RootElement, position)
                : new PeerAnswer.Unreachable(PeerSilence.NoPosition);
        }
        catch (JsonException)
        {
            return new PeerAnswer.Unreachable(PeerSilence.NoPosition);
        }
    }

    private static PeerAnswer.Answered Ballot(JsonElement root, JsonElement position)
    {
        var role = Text(root, "role");
        var inRecovery = !position.TryGetProperty("location", out _) && role is not ("primary" or "master");
        return new(
            inRecovery,
            inRecovery
                ? Lsn.Max(Location(position, "received_location"), Location(position, "replayed_location"))
                : Location(position, "location"),
            new(root.TryGetProperty("timeline", out var timeline) && timeline.TryAsUInt32() is { } number ? number : 0),
            root.TryGetProperty("tags", out var tags) ? TagsReader.ReadPublished(tags) : Tags.None,
            WatchdogFailed: root.TryGetProperty("watchdog_failed", out var failed) && IsTruthy(failed),
            Text(root, "state"),
            role);
    }

    private static JsonElement? Position(JsonElement root) =>
        root.TryGetProperty("xlog", out var xlog) && xlog.ValueKind == JsonValueKind.Object ? xlog
        : root.TryGetProperty("wal", out var wal) && wal.ValueKind == JsonValueKind.Object ? wal
        : null;

    private static Lsn Location(JsonElement position, string name) =>
        position.TryGetProperty(name, out var value)
        && value.ValueKind == JsonValueKind.Number
        && value.TryGetUInt64(out var lsn)
            ? new(lsn)
            : Lsn.Unknown;

    private static string Text(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString() ?? ""
            : "";

    private static uint? TryAsUInt32(this JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetUInt32(out var number) ? number : null;

    private static bool IsTruthy(JsonElement value) =>
        value.ValueKind is not (JsonValueKind.False or JsonValueKind.Null or JsonValueKind.Undefined);
}

/// <summary>What is logged about peers.</summary>
internal static partial class PeersLog
{
    [LoggerMessage(EventId = 5110, Level = LogLevel.Warning,
        Message = "Member {Peer} publishes an api_url that cannot be used: {Url}")]
    public static partial void UnusableUrl(ILogger logger, string peer, string url);

    [LoggerMessage(EventId = 5111, Level = LogLevel.Debug, Message = "Member {Peer} gave no answer: {Detail}")]
    public static partial void NoAnswer(ILogger logger, string peer, string detail);
}
