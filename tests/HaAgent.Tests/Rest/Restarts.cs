using System.Text.Json;
using HaAgent.Core.Model;
using HaAgent.Core.Requests;
using HaAgent.Rest;
using HaAgent.Testing;
using HaAgent.Tests.Given;

namespace HaAgent.Tests.Rest;

public class Restarts
{
    private static readonly DateTimeOffset Now = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(true, "{\"role\":\"x\",\"schedule\":\"2099-01-01T00:00Z\"}", 500, "Can't schedule restart in the paused state")]
    [InlineData(false, "{\"schedule\":\"2099-01-01T00:00\"}", 400, "Timezone information is mandatory for the scheduled restart")]
    [InlineData(false, "{\"schedule\":\"2019-01-01T00:00Z\"}", 422, "Cannot schedule restart in the past")]
    [InlineData(false, "{\"schedule\":\"soon\"}", 422, "Unable to parse scheduled timestamp. It should be in an unambiguous format, e.g. ISO 8601")]
    [InlineData(false, "{\"schedule\":null}", 422, "Unable to parse scheduled timestamp. It should be in an unambiguous format, e.g. ISO 8601")]
    [InlineData(false, "{\"role\":\"leader\"}", 400, "PostgreSQL role should be either primary, standby_leader, or replica")]
    [InlineData(false, "{\"role\":[\"replica\"]}", 400, "PostgreSQL role should be either primary, standby_leader, or replica")]
    [InlineData(false, "{\"postgres_version\":\"sixteen\"}", 400, "Invalid PostgreSQL version: sixteen")]
    [InlineData(false, "{\"postgres_version\":\"16\"}", 400, "Invalid PostgreSQL version format: X.Y or X.Y.Z is accepted: 16")]
    [InlineData(false, "{\"postgres_version\":\"16.1.2\"}", 400, "Invalid PostgreSQL version format: X.Y or X.Y.Z is accepted: 16.1.2")]
    [InlineData(false, "{\"postgres_version\":\"9.6\"}", 400, "Invalid PostgreSQL version format: X.Y or X.Y.Z is accepted: 9.6")]
    [InlineData(false, "{\"timeout\":0}", 400, "Timeout should be a positive number of seconds")]
    [InlineData(false, "{\"timeout\":\"1 week\"}", 400, "Timeout should be a positive number of seconds")]
    [InlineData(false, "{\"timeout\":99999999999}", 400, "Timeout should be a positive number of seconds")]
    [InlineData(false, "{\"force\":true}", 400, "Unknown filter for the scheduled restart: force")]
    [InlineData(false, "{\"timeout\":-1,\"role\":\"x\"}", 400, "Timeout should be a positive number of seconds")] // the first bad one decides
    public void Are_refused_by_what_the_body_says(bool paused, string body, int code, string text)
    {
        var judged = RestartBody.Parse(JsonDocument.Parse(body).RootElement, paused, Now);
        Assert.Equal((null, code, text), (judged.Request, judged.Code, judged.Text));
    }

    [Theory]
    [InlineData("{}", null, 0, false, null)]
    [InlineData("{\"role\":\"replica\"}", PostgresRole.Replica, 0, false, null)]
    [InlineData("{\"role\":\"standby_leader\",\"restart_pending\":false}", PostgresRole.StandbyLeader, 0, true, null)] // its presence alone counts
    [InlineData("{\"postgres_version\":\"16.4\"}", null, 160004, false, null)]
    [InlineData("{\"postgres_version\":\"9.6.24\",\"timeout\":\"1min\"}", null, 90624, false, 60)]
    public void Reach_the_core_with_their_conditions(string body, PostgresRole? role, int olderThan, bool pending, int? timeout) => Assert.Equal(
        new OperatorRequest.Restart(new(role, olderThan, pending), timeout is { } seconds ? TimeSpan.FromSeconds(seconds) : null),
        RestartBody.Parse(JsonDocument.Parse(body).RootElement, isPaused: true, Now).Request);

    [Fact]
    public void That_are_scheduled_keep_what_was_asked_in_its_order()
    {
        const string Body = "{\"timeout\":\"90s\",\"schedule\":\"2099-01-01 00:00+00\",\"restart_pending\":\"x\",\"role\":\"replica\"}";
        var plan = Assert.IsType<OperatorRequest.ScheduleRestart>(RestartBody.Parse(JsonDocument.Parse(Body).RootElement, false, Now).Request).Plan;
        Assert.Equal((new DateTimeOffset(2099, 1, 1, 0, 0, 0, TimeSpan.Zero), TimeSpan.FromSeconds(90)), (plan.At, plan.Timeout));
        Assert.Equal("{\"timeout\":90,\"schedule\":\"2099-01-01T00:00:00+00:00\",\"restart_pending\":\"x\",\"role\":\"replica\"}", plan.Published);
    }

    [Theory]
    [InlineData("POST", "/restart", null, typeof(OperatorRequest.Restart))]
    [InlineData("POST", "/restart", "", typeof(OperatorRequest.Restart))]
    [InlineData("POST", "/restart", "{}", typeof(OperatorRequest.Restart))]
    [InlineData("POST", "/restart", "{\"schedule\":\"2099-01-01T00:00Z\"}", typeof(OperatorRequest.ScheduleRestart))]
    [InlineData("DELETE", "/restart", null, typeof(OperatorRequest.CancelRestart))]
    [InlineData("POST", "/reinitialize", null, typeof(OperatorRequest.Reinitialize))]
    public async Task Answer_with_the_end_that_the_loop_tells(string method, string path, string? body, Type request)
    {
        await using var api = await RunningApi.StartAsync(Nodes.Primary(RunningApi.Clock));
        var asked = body is null ? api.AskAsync(method, path) : api.SendBodyAsync(method, path, body);
        var ticket = await api.TicketAsync();
        Assert.IsType(request, ticket.Request);
        ticket.Admit();
        ticket.Finish(200, "done");
        var answer = await asked;
        Assert.Equal((200, "done"), (answer.Code, answer.Body));
    }

    [Theory]
    [InlineData("{\"force\":true}", true, false)]
    [InlineData("{\"force\":\"yes\",\"from_leader\":1}", true, true)]
    [InlineData("{\"force\":\"no\",\"from_leader\":\"on\",\"other\":3}", false, true)]
    public async Task And_new_copies_take_their_options_leniently(string body, bool force, bool fromLeader)
    {
        await using var api = await RunningApi.StartAsync(Nodes.Primary(RunningApi.Clock));
        var asked = api.SendBodyAsync("POST", "/reinitialize", body);
        var ticket = await api.TicketAsync();
        Assert.Equal(new OperatorRequest.Reinitialize(force, fromLeader), ticket.Request);
        ticket.Refuse(503, "I am the leader, can not reinitialize");
        var answer = await asked;
        Assert.Equal((503, "I am the leader, can not reinitialize"), (answer.Code, answer.Body));
    }

    [Theory]
    [InlineData("/restart", "[1]")]
    [InlineData("/restart", "{")]
    [InlineData("/reinitialize", "nonsense")]
    public async Task Are_not_begun_by_a_body_that_is_no_object(string path, string body)
    {
        await using var api = await RunningApi.StartAsync(Nodes.Primary(RunningApi.Clock));
        Assert.Equal(400, (await api.SendBodyAsync("POST", path, body)).Code);
        Assert.Empty(api.Mailbox.Open());
    }
}
