using Google.Protobuf;

namespace HaAgent.Dcs.Grpc;

/// <summary>One method of a gRPC service.</summary>
/// <param name="Path"><c>/package.Service/Method</c>.</param>
internal sealed record GrpcMethod<TRequest, TResponse>(string Path, MessageParser<TResponse> Parser)
    where TRequest : class, IMessage<TRequest>
    where TResponse : class, IMessage<TResponse>;

/// <summary>What a call carries besides its message.</summary>
/// <param name="Timeout">From now; when it passes, the HTTP/2 stream is reset and the status is our own deadline's.</param>
/// <param name="Token">etcd's auth token; null for none.</param>
internal readonly record struct GrpcCall(TimeSpan Timeout, string? Token);

/// <summary>The seam to whatever carries gRPC: one connection to one server. Grpc.Net.Client could stand behind it.</summary>
/// <remarks>
/// Statuses are values, a broken connection and a passed deadline among them. <see cref="OperationCanceledException"/> means
/// that <c>stop</c> was signalled. Disposing ends every call and closes the connection.
/// </remarks>
internal interface IGrpcChannel : IDisposable
{
    /// <summary>One message there, the first message back.</summary>
    /// <remarks>
    /// A method that streams both ways may be called so too: the request side ends after one message, and what is
    /// awaited is the one answer of a stream that nobody else uses.
    /// </remarks>
    Task<GrpcReply<TResponse>> UnaryAsync<TRequest, TResponse>(
        GrpcMethod<TRequest, TResponse> method, TRequest request, GrpcCall call, CancellationToken stop)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse>;

    /// <summary>Opens a stream both ways, sends the first message and waits for the first answer, at most the call's time.</summary>
    /// <remarks>etcd sends even the headers of a stream only with its first message.</remarks>
    Task<GrpcReply<IGrpcStream<TRequest, TResponse>>> OpenAsync<TRequest, TResponse>(
        GrpcMethod<TRequest, TResponse> method, TRequest first, GrpcCall call, CancellationToken stop)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse>;
}

/// <summary>An open stream. One reader and one writer at a time.</summary>
internal interface IGrpcStream<TRequest, TResponse> : IAsyncDisposable
    where TRequest : class, IMessage<TRequest>
    where TResponse : class, IMessage<TResponse>
{
    /// <summary>Sends one message; false when the stream is broken or the time has passed (it must be disposed then).</summary>
    Task<bool> WriteAsync(TRequest message, TimeSpan timeout, CancellationToken stop);

    /// <summary>The next message, without any deadline; a status when the stream has ended.</summary>
    Task<GrpcReply<TResponse>> ReadAsync(CancellationToken stop);
}
