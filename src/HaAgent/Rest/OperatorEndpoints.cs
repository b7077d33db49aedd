using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Requests;
using HaAgent.Core.Snapshot;
using HaAgent.Rest.Http;

namespace HaAgent.Rest;

/// <summary>What operators ask for. The core judges and acts; here a ticket is left, and its outcome told.</summary>
internal sealed class OperatorEndpoints(
    RequestDesk desk, IDcs dcs, StatusAnswers answers, StatusEndpoints status, TimeProvider clock, ILogger logger)
{
    public HttpReply Reload() =>
        desk.Leave(new OperatorRequest.Reload()) ? HttpReply.Text(202, "reload scheduled") : RequestDesk.TooMany();

    /// <summary>
    /// <c>POST /switchover</c> and <c>POST /failover</c>. A client that leaves does not cancel what was admitted.
    /// </summary>
    public async ValueTask<HttpReply> SwitchoverAsync(RestRequest request, bool isFailover)
    {
        var (body, refusal) = await RequestBody.ReadAsync(request).ConfigureAwait(false);
        if (body is null)
        {
            return refusal!; // the one or the other
        }

        using (body)
        {
            var isPaused = answers.Latest()?.Facts.Status.IsPaused == true;
            var judged = SwitchoverBody.Parse(isFailover, body.RootElement, isPaused, clock.GetUtcNow());
            if (judged.IsRenamedFailover)
            {
                RestLog.FailoverWithLeader(logger);
            }

            return judged.Request is null
                ? HttpReply.Text(judged.Code, judged.Text)
                : await AwaitOutcomeAsync(judged.Request, request.Stop).ConfigureAwait(false);
        }
    }

    /// <summary><c>DELETE /switchover</c>: only a scheduled one counts.</summary>
    public async ValueTask<HttpReply> CancelSwitchoverAsync(CancellationToken stop)
    {
        var notAfter = Instant.Now(clock) + status.RetryTimeout;
        var reading = await dcs.ReadFreshAsync(notAfter, stop).ConfigureAwait(false);
        if (reading is not DcsReading.Answered { Cluster: var cluster })
        {
            return status.StoreIsSilent();
        }

        if (!cluster.Failover.IsScheduled)
        {
            return HttpReply.Text(404, "no switchover is scheduled");
        }

        // Emptied rather than deleted, as the peer does: its watchers wait for a change of the value.
        var written = await dcs.WriteAsync(
            DcsRecord.Failover, "{}", cluster.Failover.Version, notAfter, stop).ConfigureAwait(false);
        return written switch
        {
            WriteOutcome.Written => HttpReply.Text(200, "scheduled switchover deleted"),
            WriteOutcome.Refused => HttpReply.ErrorPage(409),
            _ => HttpReply.Text(
                503, "The configuration store did not confirm the change: look at GET /cluster before repeating it"),
        };
    }

    private ValueTask<HttpReply> AwaitOutcomeAsync(OperatorRequest request, CancellationToken stop)
    {
        var loopWait = (answers.Latest()?.Facts.Status.Settings ?? HaSettings.Default).LoopWait;
        var patience = TimeSpan.FromSeconds(Math.Max(10, Math.Floor(loopWait.TotalSeconds)) * 2);
        return desk.AwaitEndAsync(request, (patience, IsUnknown(request, patience)), stop);
    }

    private static string IsUnknown(OperatorRequest request, TimeSpan patience) => string.Create(
        System.Globalization.CultureInfo.InvariantCulture,
        $"{Title(request)} status unknown after {patience.TotalSeconds:0} seconds; operation may still be in progress");

    private static string Title(OperatorRequest request) =>
        request is OperatorRequest.Failover ? "Failover" : "Switchover";
}
