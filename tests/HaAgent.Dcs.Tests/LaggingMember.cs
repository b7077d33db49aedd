using Google.Protobuf;
using HaAgent.Dcs.Grpc;
using HaAgent.Dcs.Protos;

namespace HaAgent.Dcs.Tests;

/// <summary>Makes a real member's answers look as if they came from before or after an election.</summary>
internal sealed class LaggingMember
{
    /// <summary>How many raft terms to add to an answer of an address.</summary>
    public Func<Uri, IEtcdAnswer, long> Shift { get; set; } = (_, _) => 0;

    public IGrpcChannel Wrap(Uri address, IGrpcChannel channel) => new Channel(this, address, channel);

    private sealed class Channel(LaggingMember member, Uri address, IGrpcChannel inner) : IGrpcChannel
    {
        public async Task<GrpcReply<TResponse>> UnaryAsync<TRequest, TResponse>(
            GrpcMethod<TRequest, TResponse> method, TRequest request, GrpcCall call, CancellationToken stop)
            where TRequest : class, IMessage<TRequest>
            where TResponse : class, IMessage<TResponse>
        {
            var reply = await inner.UnaryAsync(method, request, call, stop);
            if (reply.Message is IEtcdAnswer { Header: { } header } answer)
            {
                header.RaftTerm = (ulong)((long)header.RaftTerm + member.Shift(address, answer));
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
