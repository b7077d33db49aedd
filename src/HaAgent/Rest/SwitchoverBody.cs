using System.Text.Json;
using HaAgent.Core.Model;
using HaAgent.Core.Requests;

namespace HaAgent.Rest;

/// <summary>
/// The body of <c>POST /switchover</c> and <c>POST /failover</c>: what can be judged without looking at the cluster.
/// Pure.
/// </summary>
internal static class SwitchoverBody
{
    /// <param name="Request">What is asked of the core; null when refused.</param>
    /// <param name="Code">HTTP status of the refusal.</param>
    /// <param name="Text">The sentence of the refusal, as tools know it.</param>
    /// <param name="IsRenamedFailover">A failover that names a leader: it is taken for a switchover.</param>
    public sealed record Judgement(OperatorRequest? Request, int Code, string Text, bool IsRenamedFailover = false);

    public const string Unparsable = "Unable to parse scheduled timestamp. It should be in an unambiguous format, e.g. ISO 8601";

    /// <param name="isFailover">Sent to <c>/failover</c>.</param>
    public static Judgement Parse(bool isFailover, JsonElement body, bool isPaused, DateTimeOffset now)
    {
        var leader = Text(body, "leader");
        var candidate = Text(body, "candidate");
        if (candidate.Length == 0)
        {
            candidate = Text(body, "member");
        }

        var scheduledAt = Text(body, "scheduled_at");
        var isRenamed = isFailover && leader.Length > 0;
        var isSwitchover = !isFailover || isRenamed;
        if (Refusal(isSwitchover, leader, candidate, scheduledAt, isPaused, now) is var (code, text))
        {
            return new(null, code, text, isRenamed);
        }

        DateTimeOffset? at = scheduledAt.Length > 0 && LenientTimestamp.TryParse(scheduledAt, out var read) == TimestampReading.Understood ? read : null;
        return new(
                isSwitchover
                    ? new OperatorRequest.Switchover(new(leader), new(candidate), at)
                    : new OperatorRequest.Failover(new(candidate)),
                0, "", isRenamed);
    }

    private static (int Code, string Text)? Refusal(
        bool isSwitchover, string leader, string candidate, string scheduledAt, bool isPaused, DateTimeOffset now)
    {
        if (!isSwitchover && candidate.Length == 0)
        {
            return (400, "Failover could be performed only to a specific candidate");
        }

        if (isSwitchover && leader.Length == 0)
        {
            return (400, "Switchover could be performed only from a specific leader");
        }

        if (scheduledAt.Length > 0 && ScheduleRefusal(isSwitchover, scheduledAt, isPaused, now) is { } schedule)
        {
            return schedule;
        }

        if (isPaused && candidate.Length == 0)
        {
            return (400, "Switchover is possible only to a specific candidate in a paused state");
        }

        if (leader == candidate)
        {
            return (400, "Switchover target and source are the same");
        }

        return null;
    }

    private static (int Code, string Text)? ScheduleRefusal(
        bool isSwitchover, string scheduledAt, bool isPaused, DateTimeOffset now)
    {
        if (!isSwitchover)
        {
            return (400, "Failover can't be scheduled");
        }

        if (isPaused)
        {
            return (400, "Can't schedule switchover in the paused state");
        }

        return LenientTimestamp.TryParse(scheduledAt, out var at) switch
        {
            TimestampReading.WithoutZone => (400, "Timezone information is mandatory for the scheduled switchover"),
            TimestampReading.Understood => at < now ? (422, "Cannot schedule switchover in the past") : null,
            _ => (422, Unparsable),
        };
    }

    /// <summary>Empty for what the peer takes for "not given": missing, null, false, zero and empty values.</summary>
    private static string Text(JsonElement body, string name) =>
        !body.TryGetProperty(name, out var value) ? "" : value.ValueKind switch
        {
            JsonValueKind.String => value.GetString() ?? "",
            JsonValueKind.Number when value.GetRawText() != "0" => value.GetRawText(),
            JsonValueKind.True => "True",
            _ => "",
        };
}
