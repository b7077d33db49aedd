using Google.Protobuf;
using HaAgent.Dcs.Grpc;
using HaAgent.Simulation.Kernel;

namespace HaAgent.Simulation.Etcd;

/// <summary>A stream of messages, as its server sees it.</summary>
internal abstract class SimStreamCall(SimProcess caller, string path, IMessage request, string? token)
    : SimCall(caller, path, request, token)
{
    /// <summary>How many messages its server has sent.</summary>
    public int Sent { get; set; }
}

/// <summary>The caller's end of it: messages come out in the order in which they were sent.</summary>
internal sealed class SimStream<TRequest, TResponse>(SimChannel channel, SimProcess caller, string path, TRequest first, string? token)
    : SimStreamCall(caller, path, first, token), IGrpcStream<TRequest, TResponse>
    where TRequest : class, IMessage<TRequest>
    where TResponse : class, IMessage<TResponse>
{
    private readonly TaskCompletionSource<GrpcReply<IGrpcStream<TRequest, TResponse>>> _opening = new();
    private readonly Queue<TResponse> _inbox = new();
    private readonly Dictionary<int, TResponse> _early = [];
    private int _expected;
    private GrpcStatus? _ended;
    private Scheduled? _deadline;
    private CancellationTokenRegistration _stopping;
    private TaskCompletionSource<GrpcReply<TResponse>>? _reading;

    public Task<GrpcReply<IGrpcStream<TRequest, TResponse>>> Begin(TimeSpan timeout, CancellationToken stop)
    {
        _deadline = SimDeadline.Start(Caller, timeout, End);
        _stopping = stop.UnsafeRegister(
            static (stream, token) => ((SimStream<TRequest, TResponse>)stream!).StopOpening(token), this);
        return _opening.Task;
    }

    public override void Arrive(int sequence, GrpcStatus status, IMessage? message)
    {
        if (IsOver)
        {
            return;
        }

        if (message is not TResponse response)
        {
            End(status);
            return;
        }

        _early[sequence] = response;
        while (_early.Remove(_expected, out var next))
        {
            _expected++;
            _inbox.Enqueue(next);
        }

        if (_expected > 0 && _opening.TrySetResult(GrpcReply<IGrpcStream<TRequest, TResponse>>.Of(this)))
        {
            _deadline?.Cancel();
            _stopping.Unregister();
        }

        HandOut();
    }

    public Task<bool> WriteAsync(TRequest message, TimeSpan timeout, CancellationToken stop) =>
        throw new NotSupportedException("nothing but the first message is ever sent on a stream");

    public async Task<GrpcReply<TResponse>> ReadAsync(CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        if (_inbox.TryDequeue(out var waiting))
        {
            return GrpcReply<TResponse>.Of(waiting);
        }

        if (_ended is { } ended)
        {
            return GrpcReply<TResponse>.Failed(ended);
        }

        var reading = new TaskCompletionSource<GrpcReply<TResponse>>();
        _reading = reading;
        using var stopping = stop.UnsafeRegister(
            (_, token) => Caller.After(TimeSpan.Zero, () => reading.TrySetCanceled(token)), null);
        return await reading.Task;
    }

    public ValueTask DisposeAsync()
    {
        End(GrpcStatus.Broken("the connection was closed"));
        return ValueTask.CompletedTask;
    }

    /// <summary>Ends it for its caller.</summary>
    private void End(GrpcStatus status)
    {
        if (IsOver)
        {
            return;
        }

        IsOver = true;
        _ended = status;
        _deadline?.Cancel();
        _stopping.Unregister();
        channel.Forget(this);
        _opening.TrySetResult(GrpcReply<IGrpcStream<TRequest, TResponse>>.Failed(status));
        HandOut();
    }

    private void StopOpening(CancellationToken stop) => Caller.After(TimeSpan.Zero, () =>
    {
        _opening.TrySetCanceled(stop);
        End(GrpcStatus.Broken("the connection was closed"));
    });

    private void HandOut()
    {
        if (_reading is not { } reading)
        {
            return;
        }

        if (reading.Task.IsCompleted)
        {
            _reading = null;
        }
        else if (_inbox.TryDequeue(out var next))
        {
            _reading = null;
            reading.TrySetResult(GrpcReply<TResponse>.Of(next));
        }
        else if (_ended is { } ended)
        {
            _reading = null;
            reading.TrySetResult(GrpcReply<TResponse>.Failed(ended));
        }
    }
}
