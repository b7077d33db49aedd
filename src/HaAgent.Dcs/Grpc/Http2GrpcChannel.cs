using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using Google.Protobuf;

namespace HaAgent.Dcs.Grpc;

/// <summary>gRPC over the platform's own HTTP/2 client: prior knowledge on <c>http</c>, ALPN on <c>https</c>.</summary>
internal sealed class Http2GrpcChannel(Uri server, HttpMessageHandler handler, TimeProvider clock) : IGrpcChannel
{
    private static readonly MediaTypeHeaderValue GrpcContent = new("application/grpc");

    private readonly HttpMessageInvoker _http = new(handler, disposeHandler: true);
    private readonly CancellationTokenSource _disposed = new();

    public async Task<GrpcReply<TResponse>> UnaryAsync<TRequest, TResponse>(
        GrpcMethod<TRequest, TResponse> method, TRequest request, GrpcCall call, CancellationToken stop)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse>
    {
        using var deadline = new CancellationTokenSource(Positive(call.Timeout), clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, deadline.Token, _disposed.Token);
        using var message = Request(method.Path, new ByteArrayContent(GrpcFrame.Encode(request)), call);
        try
        {
            using var response = await _http.SendAsync(message, either.Token).ConfigureAwait(false);
            if (GrpcResponse.StatusInHeaders(response) is { } early)
            {
                return GrpcReply<TResponse>.Failed(early);
            }

            var body = await response.Content.ReadAsStreamAsync(either.Token).ConfigureAwait(false);
            var answer = await GrpcFrame.ReadAsync(body, method.Parser, either.Token).ConfigureAwait(false);
            // The trailers come with the end of the body, so it must be read to its end before they can be looked at.
            await body.CopyToAsync(Stream.Null, either.Token).ConfigureAwait(false);

            var status = GrpcResponse.StatusInTrailers(response);
            return status.IsOk && answer is not null
                ? GrpcReply<TResponse>.Of(answer)
                : GrpcReply<TResponse>.Failed(status.IsOk ? GrpcStatus.Broken($"no message from {server}") : status);
        }
        catch (Exception e) when (IsExpected(e, stop))
        {
            await Task.Yield(); // off the stack of whoever cancelled: what follows disposes tokens
            return GrpcReply<TResponse>.Failed(Meaning(e, deadline.IsCancellationRequested, call.Timeout));
        }
    }

    public async Task<GrpcReply<IGrpcStream<TRequest, TResponse>>> OpenAsync<TRequest, TResponse>(
        GrpcMethod<TRequest, TResponse> method, TRequest first, GrpcCall call, CancellationToken stop)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse>
    {
        var content = new OpenRequestContent();
        var stream = new Http2GrpcStream<TRequest, TResponse>(
            Request(method.Path, content, call with { Timeout = Timeout.InfiniteTimeSpan }), content, method.Parser, clock, _disposed.Token);
        var opened = false;
        try
        {
            var status = await stream.StartAsync(_http, first, Positive(call.Timeout), stop).ConfigureAwait(false);
            opened = status.IsOk;
            return opened
                ? GrpcReply<IGrpcStream<TRequest, TResponse>>.Of(stream)
                : GrpcReply<IGrpcStream<TRequest, TResponse>>.Failed(status);
        }
        finally
        {
            if (!opened)
            {
                await stream.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    public void Dispose()
    {
        if (!_disposed.IsCancellationRequested)
        {
            _disposed.Cancel();
            _http.Dispose();
        }
    }

    /// <summary>Failures that a peer or a network can cause at any time; all others are our own mistakes and must surface.</summary>
    internal static bool IsExpected(Exception e, CancellationToken stop) => e switch
    {
        OperationCanceledException => !stop.IsCancellationRequested,
        HttpRequestException or SocketException or IOException or InvalidDataException or InvalidProtocolBufferException => true,
        ObjectDisposedException => true,
        _ => false,
    };

    internal static GrpcStatus Meaning(Exception e, bool timedOut, TimeSpan timeout) => timedOut
        ? GrpcStatus.TimedOut(string.Create(CultureInfo.InvariantCulture, $"no answer within {timeout.TotalSeconds:0.0##} s"))
        : GrpcStatus.Broken(e is OperationCanceledException or ObjectDisposedException ? "the connection was closed" : Cause(e));

    // The innermost message says what is wrong (refused, a certificate); but not when it is our own tearing down of it.
    private static string Cause(Exception e) =>
        e.InnerException is { } inner and not ObjectDisposedException ? Cause(inner) : e.Message;

    // A timer of zero would be legal and a negative one an error; a call that comes too late simply times out.
    private static TimeSpan Positive(TimeSpan timeout) =>
        timeout > TimeSpan.FromMilliseconds(1) ? timeout : TimeSpan.FromMilliseconds(1);

    private HttpRequestMessage Request(string path, HttpContent content, GrpcCall call)
    {
        var message = new HttpRequestMessage(HttpMethod.Post, new Uri(server, path))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };
        content.Headers.ContentType = GrpcContent;
        message.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        if (call.Timeout > TimeSpan.Zero)
        {
            // The server gives up with us, so that a late effect of a call that we gave up on is less likely.
            message.Headers.TryAddWithoutValidation(
                "grpc-timeout", string.Create(CultureInfo.InvariantCulture, $"{(long)Math.Ceiling(call.Timeout.TotalMilliseconds)}m"));
        }

        if (call.Token is { } token)
        {
            message.Headers.TryAddWithoutValidation("token", token);
        }

        return message;
    }
}
