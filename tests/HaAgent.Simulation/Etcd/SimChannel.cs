using Google.Protobuf;
using HaAgent.Dcs.Grpc;
using HaAgent.Simulation.Kernel;

namespace HaAgent.Simulation.Etcd;

/// <summary>A process's connection to one member. What is lost on the way is sent again, as TCP does.</summary>
internal sealed class SimChannel(SimEtcd cluster, SimProcess caller, SimMember member) : IGrpcChannel
{
    private static readonly GrpcStatus Closed = GrpcStatus.Broken("the connection was closed");

    private readonly List<SimCall> _open = [];
    private bool _disposed;

    public Task<GrpcReply<TResponse>> UnaryAsync<TRequest, TResponse>(
        GrpcMethod<TRequest, TResponse> method, TRequest request, GrpcCall call, CancellationToken stop)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse>
    {
        if (stop.IsCancellationRequested)
        {
            return Task.FromCanceled<GrpcReply<TResponse>>(stop);
        }

        var made = new SimUnaryCall<TResponse>(this, caller, method.Path, request, call.Token);
        _open.Add(made);
        var answer = made.Begin(call.Timeout, stop);
        Send(made);
        return answer;
    }

    public Task<GrpcReply<IGrpcStream<TRequest, TResponse>>> OpenAsync<TRequest, TResponse>(
        GrpcMethod<TRequest, TResponse> method, TRequest first, GrpcCall call, CancellationToken stop)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse>
    {
        if (stop.IsCancellationRequested)
        {
            return Task.FromCanceled<GrpcReply<IGrpcStream<TRequest, TResponse>>>(stop);
        }

        var made = new SimStream<TRequest, TResponse>(this, caller, method.Path, first, call.Token);
        _open.Add(made);
        var opened = made.Begin(call.Timeout, stop);
        Send(made);
        return opened;
    }

    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        foreach (var call in _open.ToArray())
        {
            Close(call);
        }
    }

    /// <summary>The call is over.</summary>
    public void Forget(SimCall call) => _open.Remove(call);

    private void Send(SimCall call)
    {
        if (_disposed)
        {
            Close(call);
            return;
        }

        cluster.Wire.Send(caller.Host, member.Host, () => member.Server.Arrive(call), () => cluster.IsWorthSending(call));
    }

    // Off the stack of whoever disposes.
    private void Close(SimCall call) => caller.After(TimeSpan.Zero, () => call.Arrive(0, Closed, null));
}
