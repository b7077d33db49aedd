using HaAgent.Core.Requests;
using HaAgent.Rest.Http;

namespace HaAgent.Rest;

/// <summary>Where a request of an operator is left for the loop, and its ticket waited for.</summary>
/// <remarks>A client that leaves cancels its own waiting and nothing else.</remarks>
internal sealed class RequestDesk(Mailbox mailbox, TimeProvider clock)
{
    /// <summary>How long the loop may take to look at a request.</summary>
    private static readonly TimeSpan LoopPatience = TimeSpan.FromSeconds(5);

    /// <returns>False when too many wait.</returns>
    public bool Leave(OperatorRequest request) => mailbox.Post(request) is not null;

    /// <param name="patience">How long to wait for the end of what was admitted, and what to say then; null: as long as it takes.</param>
    public async ValueTask<HttpReply> AwaitEndAsync(OperatorRequest request, (TimeSpan Limit, string Text)? patience, CancellationToken stop)
    {
        if (mailbox.Post(request) is not { } ticket)
        {
            return TooMany();
        }

        if (await WithinAsync(ticket.Judged, LoopPatience, stop).ConfigureAwait(false) is not { } judged)
        {
            return HttpReply.Text(
                503, "The HA loop is busy and has not looked at the request within 5 seconds; it may still be carried out");
        }

        if (judged is TicketState.Refused refused)
        {
            return HttpReply.Text(refused.Code, refused.Text);
        }

        return await WithinAsync(ticket.Finished, patience?.Limit ?? Timeout.InfiniteTimeSpan, stop).ConfigureAwait(false) switch
        {
            TicketState.Finished finished => HttpReply.Text(finished.Code, finished.Text),
            TicketState.Refused late => HttpReply.Text(late.Code, late.Text),
            _ => HttpReply.Text(503, patience!.Value.Text), // only what has a limit ends so
        };
    }

    public static HttpReply TooMany() =>
        HttpReply.Text(503, "Too many requests wait for the HA loop; try again when they are answered");

    /// <returns>Null when the time is up.</returns>
    private async Task<TicketState?> WithinAsync(Task<TicketState> state, TimeSpan patience, CancellationToken stop)
    {
        try
        {
            return await state.WaitAsync(patience, clock, stop).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            return null;
        }
    }
}
