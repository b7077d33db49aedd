using System.Text.Json;
using System.Text.Json.Nodes;
using HaAgent.Core.Requests;
using HaAgent.Core.Settings;
using HaAgent.Rest.Http;

namespace HaAgent.Rest;

/// <summary>What operators ask of the local server: restart it, now or later; make its copy anew.</summary>
internal sealed class RestartEndpoints(RequestDesk desk, StatusAnswers answers, TimeProvider clock)
{
    /// <summary><c>POST /restart</c>. The answer to an immediate one comes with its end, however long that takes.</summary>
    public async ValueTask<HttpReply> RestartAsync(RestRequest request)
    {
        var (body, refusal) = await RequestBody.ReadOptionalAsync(request).ConfigureAwait(false);
        using (body)
        {
            if (refusal is not null)
            {
                return refusal;
            }

            var isPaused = answers.Latest()?.Facts.Status.IsPaused == true;
            var judged = RestartBody.Parse(body?.RootElement, isPaused, clock.GetUtcNow());
            return judged.Request is null
                ? HttpReply.Text(judged.Code, judged.Text)
                : await desk.AwaitEndAsync(judged.Request, patience: null, request.Stop).ConfigureAwait(false);
        }
    }

    /// <summary><c>DELETE /restart</c>.</summary>
    public ValueTask<HttpReply> CancelAsync(CancellationToken stop) =>
        desk.AwaitEndAsync(new OperatorRequest.CancelRestart(), patience: null, stop);

    /// <summary><c>POST /reinitialize</c>: the answer says that it was begun.</summary>
    public async ValueTask<HttpReply> ReinitializeAsync(RestRequest request)
    {
        var (body, refusal) = await RequestBody.ReadOptionalAsync(request).ConfigureAwait(false);
        using (body)
        {
            return refusal ?? await desk.AwaitEndAsync(
                new OperatorRequest.Reinitialize(IsSet(body, "force"), IsSet(body, "from_leader")), patience: null, request.Stop).ConfigureAwait(false);
        }
    }

    private static bool IsSet(JsonDocument? body, string name) =>
        body is not null && body.RootElement.TryGetProperty(name, out var value) && ValueParsers.Bool(JsonNode.Parse(value.GetRawText())) == true;
}
