using Google.Protobuf;
using HaAgent.Dcs.Grpc;
using HaAgent.Simulation.Kernel;

namespace HaAgent.Simulation.Etcd;

/// <summary>One call on its way: who made it, what it asks, whether anybody still waits for it.</summary>
internal abstract class SimCall(SimProcess caller, string path, IMessage request, string? token)
{
    public SimProcess Caller { get; } = caller;

    /// <summary>Of the method.</summary>
    public string Path { get; } = path;
    public IMessage Request { get; } = request;
    public string? Token { get; } = token;

    /// <summary>What it is a part of.</summary>
    public Errand? Errand { get; } = Errand.Current;

    /// <summary>Its caller waits no more.</summary>
    public bool IsOver { get; protected set; }

    /// <summary>Its server has answered, or has lost it.</summary>
    public bool IsSettled { get; set; }

    /// <summary>At its server.</summary>
    public TimeSpan ArrivedAt { get; set; }

    /// <summary>What has come back reaches the caller, who runs now.</summary>
    public abstract void Arrive(int sequence, GrpcStatus status, IMessage? message);
}

/// <summary>One request, one answer.</summary>
internal sealed class SimUnaryCall<TResponse>(SimChannel channel, SimProcess caller, string path, IMessage request, string? token)
    : SimCall(caller, path, request, token)
    where TResponse : class, IMessage<TResponse>
{
    // Continuations go to the caller's pump by the context that they have captured.
    private readonly TaskCompletionSource<GrpcReply<TResponse>> _answer = new();
    private Scheduled? _deadline;
    private CancellationTokenRegistration _stopping;

    public Task<GrpcReply<TResponse>> Begin(TimeSpan timeout, CancellationToken stop)
    {
        _deadline = SimDeadline.Start(Caller, timeout, status => Arrive(0, status, null));
        if (stop.CanBeCanceled)
        {
            _stopping = stop.UnsafeRegister(
                static (call, token) => ((SimUnaryCall<TResponse>)call!).Stop(token), this);
        }

        return _answer.Task;
    }

    public override void Arrive(int sequence, GrpcStatus status, IMessage? message)
    {
        if (End())
        {
            _answer.TrySetResult(message is TResponse answer ? GrpcReply<TResponse>.Of(answer) : GrpcReply<TResponse>.Failed(status));
        }
    }

    // Off the stack of whoever cancels, as with a real connection.
    private void Stop(CancellationToken stop) => Caller.After(TimeSpan.Zero, () =>
    {
        if (End())
        {
            _answer.TrySetCanceled(stop);
        }
    });

    private bool End()
    {
        if (IsOver)
        {
            return false;
        }

        IsOver = true;
        _deadline?.Cancel();
        _stopping.Unregister();
        channel.Forget(this);
        return true;
    }
}

/// <summary>How long a caller waits, by the clock of its host.</summary>
internal static class SimDeadline
{
    private static readonly TimeSpan Smallest = TimeSpan.FromMilliseconds(1);

    public static Scheduled Start(SimProcess caller, TimeSpan timeout, Action<GrpcStatus> passed)
    {
        var span = timeout > Smallest ? timeout : Smallest;
        return caller.After(
            caller.Host.ToRun(span) + TimeSpan.FromTicks(1),
            () => passed(GrpcStatus.TimedOut(string.Create(
                System.Globalization.CultureInfo.InvariantCulture, $"no answer within {span.TotalSeconds:0.0##} s"))));
    }
}
