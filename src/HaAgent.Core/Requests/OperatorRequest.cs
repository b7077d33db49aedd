using HaAgent.Core.Model;

namespace HaAgent.Core.Requests;

/// <summary>What an operator asks of this node: a value that the core judges.</summary>
public abstract record OperatorRequest
{
    private OperatorRequest()
    {
    }

    /// <summary>POST /switchover, or /failover with a leader named. Empty names: not given.</summary>
    /// <param name="At">Null: now.</param>
    public sealed record Switchover(NodeName Leader, NodeName Candidate, DateTimeOffset? At = null) : OperatorRequest;

    /// <summary>POST /failover to a candidate.</summary>
    public sealed record Failover(NodeName Candidate) : OperatorRequest;

    /// <summary>POST /restart.</summary>
    /// <param name="Timeout">How long the start may take; null: <c>primary_start_timeout</c>.</param>
    public sealed record Restart(RestartFilter Filter, TimeSpan? Timeout) : OperatorRequest;

    /// <summary>POST /restart with a schedule.</summary>
    public sealed record ScheduleRestart(ScheduledRestart Plan) : OperatorRequest;

    /// <summary>DELETE /restart: forget the scheduled one.</summary>
    public sealed record CancelRestart : OperatorRequest;

    /// <summary>POST /reinitialize.</summary>
    /// <param name="Force">Call off what runs, if it may be called off.</param>
    /// <param name="FromLeader">Copy from the leader and from nobody else.</param>
    public sealed record Reinitialize(bool Force, bool FromLeader) : OperatorRequest;

    /// <summary>SIGHUP or POST /reload: read the local configuration again.</summary>
    public sealed record Reload : OperatorRequest;
}

/// <summary>How the core answered a request, in order: one admission or refusal, and for an admitted one its end.</summary>
public abstract record TicketState
{
    private TicketState()
    {
    }

    public sealed record Waiting : TicketState;

    public sealed record Admitted : TicketState;

    /// <param name="Code">HTTP status of the refusal, e.g. 412.</param>
    /// <param name="Text">The sentence, exactly as tools know it.</param>
    public sealed record Refused(int Code, string Text) : TicketState;

    /// <param name="Code">HTTP status of the outcome, e.g. 200.</param>
    public sealed record Finished(int Code, string Text) : TicketState;
}

/// <summary>The claim check of one request. Completed by the loop; awaited by the handler with its own deadline.</summary>
public sealed class Ticket(long id, OperatorRequest request, Instant askedAt)
{
    private readonly TaskCompletionSource<TicketState> _judged = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<TicketState> _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public long Id { get; } = id;
    public OperatorRequest Request { get; } = request;
    public Instant AskedAt { get; } = askedAt;

    /// <summary>Completes with <see cref="TicketState.Admitted"/> or <see cref="TicketState.Refused"/>.</summary>
    public Task<TicketState> Judged => _judged.Task;

    /// <summary>Completes with <see cref="TicketState.Refused"/> or <see cref="TicketState.Finished"/>.</summary>
    public Task<TicketState> Finished => _finished.Task;

    public bool IsAdmitted => _judged.Task is { IsCompletedSuccessfully: true, Result: TicketState.Admitted };

    internal void Admit() => _judged.TrySetResult(new TicketState.Admitted());

    internal void Refuse(int code, string text)
    {
        var refused = new TicketState.Refused(code, text);
        _judged.TrySetResult(refused);
        _finished.TrySetResult(refused);
    }

    internal void Finish(int code, string text)
    {
        _judged.TrySetResult(new TicketState.Admitted());
        _finished.TrySetResult(new TicketState.Finished(code, text));
    }
}

/// <summary>The bounded mailbox between request handlers and the loop.</summary>
public sealed class Mailbox(TimeProvider clock)
{
    /// <summary>More than this many unanswered requests are refused at the door.</summary>
    public const int Capacity = 16;

    private readonly Lock _gate = new();
    private readonly List<Ticket> _open = [];
    private long _lastId;

    /// <summary>Raised on the caller's thread after a request was left.</summary>
    public event Action? Posted;

    /// <returns>The ticket; null when the box is full.</returns>
    public Ticket? Post(OperatorRequest request)
    {
        Ticket ticket;
        lock (_gate)
        {
            _open.RemoveAll(t => t.Finished.IsCompleted);
            if (_open.Count >= Capacity)
            {
                return null;
            }

            ticket = new(++_lastId, request, Instant.Now(clock));
            _open.Add(ticket);
        }

        Posted?.Invoke();
        return ticket;
    }

    /// <summary>Requests not finished yet, oldest first.</summary>
    internal Ticket[] Open()
    {
        lock (_gate)
        {
            _open.RemoveAll(t => t.Finished.IsCompleted);
            return [.. _open];
        }
    }
}
