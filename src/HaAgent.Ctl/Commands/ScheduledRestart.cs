using System.Text.Json.Nodes;
using HaAgent.Core.Snapshot;
using HaAgent.Ctl.Rest;
using HaAgent.Ctl.Store;

namespace HaAgent.Ctl.Commands;

/// <summary>The restart that a member has been told to do later, as it publishes it.</summary>
internal static class ScheduledRestart
{
    private const string Action = "flush scheduled restart";

    public static bool IsOn(Member member) => StoredJson.Object(member.Raw)["scheduled_restart"] is JsonObject { Count: > 0 };

    /// <param name="silent">Says nothing about a success.</param>
    public static async Task DeleteAsync(CtlContext ctl, ActionReport report, Member member, bool silent, CancellationToken stop)
    {
        var answer = await ctl.Api.SendAsync(HttpMethod.Delete, member, "restart", body: null, MemberApi.Promptly, stop)
            .ConfigureAwait(false);
        report.Tell(member, Action, answer, silent);
    }
}
