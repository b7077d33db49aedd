using Google.Protobuf;
using HaAgent.Dcs.Grpc;
using HaAgent.Dcs.Protos;

namespace HaAgent.Dcs.Tests;

/// <summary>Makes a real member's answers look as if it had missed an election.</summary>
internal sealed class LaggingMember
{
    private volatile Uri? _lagging;
    private volatile bool _everywhere;

    public bool OnlyKeepAlives { get; init; }

    public void Lag(Uri address) => _lagging = address;

    public void LagEverywhere() => _everywhere = true;

    public IGrpcChannel Wrap(Uri address, IGrpcChannel channel) => new Channel(this, address, channel);

    private sealed class Channel(LaggingMember member, Uri address, IGrpcChannel inner) : IGrpcChannel
    {
        public async Task<GrpcReply<TResponse>> UnaryAsync<TRequest, TResponse>(
            GrpcMethod<TRequest, TResponse> method, TRequest request, GrpcCall call, CancellationToken stop)
            where TRequest : class, IMessage<TRequest>
            where TResponse : class, IMessage<TResponse>
        {
            var reply = await inner.UnaryAsync(method, request, call, stop);
            var applies = !member.OnlyKeepAlives || reply.Message is LeaseKeepAliveResponse;
            if (applies && (member._everywhere || address == member._lagging) && (reply.Message as IEtcdAnswer)?.Header is { } header)
            {
                header.RaftTerm--;
            }

            return reply;
        }

        public Task<GrpcReply<IGrpcStream<TRequest, TResponse>>> OpenAsync<TRequest, TResponse>(
            GrpcMethod<TRequest, TResponse> method, TRequest first, GrpcCall call, CancellationToken stop)
            where TRequest : class, IMessage<TRequest>
            where TResponse : class, IMessage<TResponse> => inner.OpenAsync(method, first, call, stop);

        public void Dispose() => inner.Dispose();
    }
}
