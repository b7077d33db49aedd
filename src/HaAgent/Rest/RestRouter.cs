using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;
using HaAgent.Rest.Http;

namespace HaAgent.Rest;

/// <summary>
/// Method and first path segment select the handler; what selects none is a health check, or not supported.
/// </summary>
internal sealed class RestRouter(
    StatusEndpoints status,
    ConfigEndpoints config,
    OperatorEndpoints operators,
    RestartEndpoints restarts,
    StatusAnswers answers,
    IDcs dcs,
    ILogger logger)
    : IRequestHandler
{
    private volatile AccessRules? _access;

    /// <summary>
    /// The rules in force; swapped as a whole on reload. Nothing unsafe is answered before there are some.
    /// </summary>
    public void Use(AccessRules access) => _access = access;

    public ValueTask<HttpReply> AnswerAsync(RestRequest request)
    {
        var head = request.Head;
        return head.Method switch
        {
            "HEAD" or "OPTIONS" => new(HttpReply.Status(status.Check(head.Target))),
            "GET" => GetAsync(head.Target, request.Stop),
            _ => UnsafeAsync(request),
        };
    }

    private ValueTask<HttpReply> GetAsync(RequestTarget target, CancellationToken stop) => target.FirstSegment switch
    {
        "liveness" => new(status.Liveness()),
        "readiness" => new(status.Readiness(target)),
        "patroni" => status.BallotAsync(),
        "cluster" => status.ClusterAsync(stop),
        "history" => status.HistoryAsync(stop),
        "config" => status.ConfigAsync(stop),
        "metrics" => new(status.Metrics()),
        "failsafe" => new(status.Failsafe()),
        _ => new(status.CheckWithDocument(target)),
    };

    private async ValueTask<HttpReply> UnsafeAsync(RestRequest request)
    {
        var (method, endpoint) = (request.Head.Method, request.Head.Target.FirstSegment);
        var isKnown = (method, endpoint) switch
        {
            ("PUT" or "PATCH", "config") => true,
            ("DELETE", "restart" or "switchover") => true,
            ("POST", "reload" or "restart" or "reinitialize" or "switchover" or "failover") => true,
            ("POST", "failsafe" or "sigterm" or "citus" or "mpp") => true,
            _ => false,
        };
        if (!isKnown || _access is not { } access)
        {
            return HttpReply.Unsupported(method);
        }

        // POST /failsafe must work while the store, and with it the list of members, is away.
        var cluster = (dcs.Latest as DcsReading.Answered)?.Cluster ?? answers.Latest()?.Facts.Status.Cluster;
        var refusal = await access.RefusalAsync(
            request, cluster, askMembers: endpoint != "failsafe", request.Stop).ConfigureAwait(false);
        var reply = refusal ?? await ActAsync(request, method, endpoint).ConfigureAwait(false);
        var text = reply.ContentType == "text/html" ? System.Text.Encoding.UTF8.GetString(reply.Body.Span) : "";
        RestLog.Action(logger, method, endpoint, request.RemoteAddress?.ToString() ?? "", reply.Code, text);
        return reply;
    }

    private async ValueTask<HttpReply> ActAsync(RestRequest request, string method, string endpoint) =>
        (method, endpoint) switch
        {
            ("PATCH", _) => await WithBodyAsync(request, config.PatchAsync).ConfigureAwait(false),
            ("PUT", _) => await WithBodyAsync(request, config.PutAsync).ConfigureAwait(false),
            ("DELETE", "switchover") => await operators.CancelSwitchoverAsync(request.Stop).ConfigureAwait(false),
            ("DELETE", "restart") => await restarts.CancelAsync(request.Stop).ConfigureAwait(false),
            (_, "restart") => await restarts.RestartAsync(request).ConfigureAwait(false),
            (_, "reinitialize") => await restarts.ReinitializeAsync(request).ConfigureAwait(false),
            (_, "switchover") => await operators.SwitchoverAsync(request, isFailover: false).ConfigureAwait(false),
            (_, "failover") => await operators.SwitchoverAsync(request, isFailover: true).ConfigureAwait(false),
            (_, "reload") => operators.Reload(),
            (_, "sigterm") => HttpReply.Text(202, "shutdown scheduled"), // and nothing else, as everywhere but on Windows
            (_, "failsafe") => HttpReply.ErrorPage(502), // no consent: this version does not know the mode
            _ => HttpReply.Unsupported(method),
        };

    private static async ValueTask<HttpReply> WithBodyAsync(
        RestRequest request, Func<System.Text.Json.JsonElement, CancellationToken, ValueTask<HttpReply>> act)
    {
        var (body, refusal) = await RequestBody.ReadAsync(request).ConfigureAwait(false);
        if (body is null)
        {
            return refusal!; // the one or the other
        }

        using (body)
        {
            return await act(body.RootElement, request.Stop).ConfigureAwait(false);
        }
    }
}
