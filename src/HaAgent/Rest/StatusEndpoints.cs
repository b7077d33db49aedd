using System.Text;
using HaAgent.Core.Contracts;
using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;
using HaAgent.Rest.Http;

namespace HaAgent.Rest;

/// <summary>
/// The answers that change nothing: health checks, probes, the ballot, metrics, and what the store holds.
/// </summary>
/// <remarks>
/// Health checks, probes and metrics come from the published status and the clock alone; only the ballot waits for
/// PostgreSQL and only what shows the store waits for the store, each with a deadline.
/// </remarks>
internal sealed class StatusEndpoints(
    NodeName name, string scope, StatusAnswers answers, IDcs dcs, BallotProbe ballots, Func<long> logRecordsLost)
{
    private readonly byte[] _unborn = StatusDocument.RenderUnborn(scope, name.Value);

    /// <summary>Any path: 200 or 503.</summary>
    public int Check(RequestTarget target) =>
        answers.Latest() is { } latest ? HealthRules.Check(latest.Facts, answers.Now, target) : 503;

    /// <summary>The same with the status document.</summary>
    public HttpReply CheckWithDocument(RequestTarget target) =>
        answers.Latest() is { } latest
            ? HttpReply.Json(HealthRules.Check(latest.Facts, answers.Now, target), answers.Document(latest))
            : HttpReply.Json(503, _unborn);

    /// <summary>An agent that has not begun is alive: it may wait long for the store.</summary>
    public HttpReply Liveness() =>
        HttpReply.Status(
            answers.Latest() is not { } latest || HealthRules.IsAlive(latest.Facts, answers.Now) ? 200 : 503);

    public HttpReply Readiness(RequestTarget target) =>
        HttpReply.Status(
            answers.Latest() is { } latest && HealthRules.IsReady(latest.Facts, answers.Now, target) ? 200 : 503);

    public async ValueTask<HttpReply> BallotAsync()
    {
        if (answers.Latest() is null)
        {
            return HttpReply.Json(200, _unborn);
        }

        var measured = await ballots.MeasureAsync().ConfigureAwait(false);
        return answers.Latest() is { } latest
            ? HttpReply.Json(200, answers.Ballot(latest, measured))
            : HttpReply.Json(200, _unborn);
    }

    public HttpReply Metrics()
    {
        var latest = answers.Latest();
        var facts = latest?.Facts.Status.IsStale(answers.Now) == true ? latest.StaleFacts : latest?.Facts;
        var text = MetricsDocument.Render(facts, scope, name.Value, logRecordsLost());
        return new(200, ReplyShape.Full, "text/plain", Encoding.UTF8.GetBytes(text));
    }

    public async ValueTask<HttpReply> ClusterAsync(CancellationToken stop)
    {
        var reading = await dcs.ReadFreshAsync(answers.Now + RetryTimeout, stop).ConfigureAwait(false);
        return reading is DcsReading.Answered answered
            ? HttpReply.Json(200, ClusterDocument.Render(answered.Cluster, scope))
            : StoreIsSilent();
    }

    public async ValueTask<HttpReply> HistoryAsync(CancellationToken stop) =>
        await ViewAsync(stop).ConfigureAwait(false) is { } cluster
            ? HttpReply.Json(200, ClusterDocument.RenderHistory(cluster))
            : StoreIsSilent();

    public async ValueTask<HttpReply> ConfigAsync(CancellationToken stop)
    {
        if (await ViewAsync(stop).ConfigureAwait(false) is not { } cluster)
        {
            return StoreIsSilent();
        }

        return cluster.Config is { } config
            ? HttpReply.Json(200, ConfigEndpoints.Spaced(config.Json))
            : HttpReply.ErrorPage(502);
    }

    /// <summary>The failsafe members as last known, also while the store is silent.</summary>
    public HttpReply Failsafe()
    {
        var cluster = (dcs.Latest as DcsReading.Answered)?.Cluster ?? answers.Latest()?.Facts.Status.Cluster;
        return cluster?.Failsafe is { } members
            ? HttpReply.Json(200, ClusterDocument.RenderFailsafe(members))
            : HttpReply.ErrorPage(502);
    }

    public TimeSpan RetryTimeout => (answers.Latest()?.Facts.Status.Settings ?? HaSettings.Default).RetryTimeout;

    public HttpReply StoreIsSilent() => HttpReply.Text(503, FormattableString.Invariant(
        $"The configuration store did not answer within {RetryTimeout.TotalSeconds:0.#} seconds"));

    private async ValueTask<ClusterState?> ViewAsync(CancellationToken stop)
    {
        var reading = dcs.Latest is DcsReading.Answered cached
            ? cached
            : await dcs.ReadFreshAsync(answers.Now + RetryTimeout, stop).ConfigureAwait(false);
        return (reading as DcsReading.Answered)?.Cluster;
    }
}
