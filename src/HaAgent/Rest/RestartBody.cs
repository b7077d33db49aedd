using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using HaAgent.Core.Contracts.Records;
using HaAgent.Core.Model;
using HaAgent.Core.Requests;
using HaAgent.Core.Settings;

namespace HaAgent.Rest;

/// <summary>The body of <c>POST /restart</c>: what can be judged without looking at the server. Pure.</summary>
/// <remarks>Its keys are examined in the order given, and the first bad one decides (rest-api 10.3).</remarks>
internal static class RestartBody
{
    /// <param name="Request">What is asked of the core; null when refused.</param>
    /// <param name="Code">HTTP status of the refusal.</param>
    /// <param name="Text">The sentence of the refusal, as tools know it.</param>
    public sealed record Judgement(OperatorRequest? Request, int Code, string Text);

    private static readonly (string Text, PostgresRole Role)[] Roles =
        [("primary", PostgresRole.Primary), ("standby_leader", PostgresRole.StandbyLeader), ("replica", PostgresRole.Replica)];

    /// <param name="body">An object; null: none was sent.</param>
    public static Judgement Parse(JsonElement? body, bool isPaused, DateTimeOffset now)
    {
        if (body is not { } given)
        {
            return new(new OperatorRequest.Restart(default, null), 0, "");
        }

        if (isPaused && given.TryGetProperty("schedule", out _))
        {
            return new(null, 500, "Can't schedule restart in the paused state");
        }

        var (filter, timeout, at, published) = (default(RestartFilter), (TimeSpan?)null, (DateTimeOffset?)null, new JsonObject());
        foreach (var field in given.EnumerateObject())
        {
            var value = JsonNode.Parse(field.Value.GetRawText());
            var text = ValueParsers.Text(value) ?? "";
            published[field.Name] = value;
            switch (field.Name)
            {
                case "schedule":
                    switch (LenientTimestamp.TryParse(text, out var schedule))
                    {
                        case TimestampReading.WithoutZone:
                            return new(null, 400, "Timezone information is mandatory for the scheduled restart");
                        case TimestampReading.Unparsable:
                            return new(null, 422, SwitchoverBody.Unparsable);
                        case TimestampReading.Understood when schedule < now:
                            return new(null, 422, "Cannot schedule restart in the past");
                    }

                    at = schedule;
                    published[field.Name] = IsoTime.Text(schedule);
                    break;
                case "role":
                    if (Array.Find(Roles, role => role.Text == text) is not { Text: not null } known)
                    {
                        return new(null, 400, "PostgreSQL role should be either primary, standby_leader, or replica");
                    }

                    filter = filter with { Role = known.Role };
                    break;
                case "postgres_version":
                    var (version, problem) = Version(text);
                    if (problem is not null)
                    {
                        return new(null, 400, $"{problem}: {text}");
                    }

                    filter = filter with { OlderThan = version };
                    break;
                case "timeout":
                    if (ValueParsers.Integer(text, "s") is not ({ } seconds and > 0 and <= int.MaxValue))
                    {
                        return new(null, 400, "Timeout should be a positive number of seconds");
                    }

                    timeout = TimeSpan.FromSeconds(seconds);
                    published[field.Name] = seconds;
                    break;
                case "restart_pending":
                    filter = filter with { Pending = true }; // whatever its value, as the peers take it
                    break;
                default:
                    return new(null, 400, $"Unknown filter for the scheduled restart: {field.Name}");
            }
        }

        return new(
            at is { } when
                ? new OperatorRequest.ScheduleRestart(new(when, filter, timeout, JsonText.Compact(published)))
                : new OperatorRequest.Restart(filter, timeout),
            0, "");
    }

    /// <summary>As PostgreSQL numbers its releases: 15.4 is 150004, 9.6.24 is 90624.</summary>
    private static (int Number, string? Problem) Version(string text)
    {
        var parts = text.Split('.');
        var numbers = new int[parts.Length];
        for (var i = 0; i < parts.Length; i++)
        {
            if (!int.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out numbers[i]) || numbers[i] > (i == 0 ? 1000 : 99))
            {
                return (0, "Invalid PostgreSQL version");
            }
        }

        return (numbers.Length, numbers[0]) switch
        {
            (2, >= 10) => ((numbers[0] * 10000) + numbers[1], null),
            (3, < 10) => ((numbers[0] * 10000) + (numbers[1] * 100) + numbers[2], null),
            _ => (0, "Invalid PostgreSQL version format: X.Y or X.Y.Z is accepted"),
        };
    }
}
