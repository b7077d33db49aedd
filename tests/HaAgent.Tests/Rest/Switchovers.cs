using System.Text.Json;
using HaAgent.Core.Model;
using HaAgent.Core.Requests;
using HaAgent.Rest;
using HaAgent.Testing;
using HaAgent.Tests.Given;

namespace HaAgent.Tests.Rest;

public class Switchovers
{
    private static readonly DateTimeOffset Now = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("failover", false, "{\"x\":1}", 400, "Failover could be performed only to a specific candidate")]
    [InlineData("switchover", false, "{\"candidate\":\"b\"}", 400, "Switchover could be performed only from a specific leader")]
    [InlineData("failover", false, "{\"candidate\":\"b\",\"scheduled_at\":\"2099-01-01T00:00+00\"}", 400, "Failover can't be scheduled")]
    [InlineData("switchover", true, "{\"leader\":\"a\",\"scheduled_at\":\"2099-01-01T00:00+00\"}", 400, "Can't schedule switchover in the paused state")]
    [InlineData("switchover", false, "{\"leader\":\"a\",\"scheduled_at\":\"2099-01-01T00:00\"}", 400, "Timezone information is mandatory for the scheduled switchover")]
    [InlineData("switchover", false, "{\"leader\":\"a\",\"scheduled_at\":\"2019-09-24T12:00+00\"}", 422, "Cannot schedule switchover in the past")]
    [InlineData("switchover", false, "{\"leader\":\"a\",\"scheduled_at\":\"soon\"}", 422, "Unable to parse scheduled timestamp. It should be in an unambiguous format, e.g. ISO 8601")]
    [InlineData("switchover", true, "{\"leader\":\"a\"}", 400, "Switchover is possible only to a specific candidate in a paused state")]
    [InlineData("switchover", false, "{\"leader\":\"a\",\"candidate\":\"a\"}", 400, "Switchover target and source are the same")]
    [InlineData("switchover", false, "{\"leader\":\"a\",\"member\":\"a\",\"scheduled_at\":\"2099-01-01T00:00Z\"}", 400, "Switchover target and source are the same")]
    [InlineData("switchover", false, "{\"leader\":null,\"candidate\":\"b\"}", 400, "Switchover could be performed only from a specific leader")]
    public void Are_refused_by_what_the_body_says(string action, bool paused, string body, int code, string text)
    {
        var judged = SwitchoverBody.Parse(action == "failover", JsonDocument.Parse(body).RootElement, paused, Now);
        Assert.Equal((null, code, text), (judged.Request, judged.Code, judged.Text));
    }

    [Theory]
    [InlineData("2099-01-01T00:00+00", true)]
    [InlineData("2099-01-01 10:00:00.5+02:00", true)]
    [InlineData("2099-01-01T10:00:00Z", true)]
    [InlineData("2099-01-01T10:00:00.123456789+0530", true)]
    [InlineData("Thu, 01 Jan 2099 10:00:00 +0000", true)]
    [InlineData("01 Jan 2099 10:00:00 GMT", true)]
    [InlineData("2099-13-01T10:00:00Z", false)]
    [InlineData("tomorrow", false)]
    public void Understand_the_timestamps_that_operators_type(string text, bool understood)
    {
        Assert.Equal(understood ? TimestampReading.Understood : TimestampReading.Unparsable, LenientTimestamp.TryParse(text, out var at));
        Assert.True(!understood || at.Year == 2099);
    }

    [Fact]
    public void Reach_the_core_with_the_names_that_were_given()
    {
        Assert.Equal(
            new OperatorRequest.Switchover(new("a"), new("b")),
            SwitchoverBody.Parse(false, JsonDocument.Parse("{\"leader\":\"a\",\"member\":\"b\"}").RootElement, false, Now).Request);
        Assert.Equal(
            new OperatorRequest.Failover(new("b")),
            SwitchoverBody.Parse(true, JsonDocument.Parse("{\"candidate\":\"b\"}").RootElement, true, Now).Request);
        Assert.Equal(
            new OperatorRequest.Switchover(new("a"), NodeName.Nobody, new DateTimeOffset(2099, 1, 1, 0, 0, 0, TimeSpan.Zero)),
            SwitchoverBody.Parse(false, JsonDocument.Parse("{\"leader\":\"a\",\"scheduled_at\":\"2099-01-01T00:00Z\"}").RootElement, false, Now).Request);
        var renamed = SwitchoverBody.Parse(true, JsonDocument.Parse("{\"leader\":\"a\",\"candidate\":\"b\"}").RootElement, false, Now);
        Assert.Equal((new OperatorRequest.Switchover(new("a"), new("b")), true), (renamed.Request, renamed.IsRenamedFailover));
    }

    [Fact]
    public async Task Answer_with_the_outcome_that_the_loop_tells()
    {
        await using var api = await RunningApi.StartAsync(Nodes.Primary(RunningApi.Clock));
        var asked = api.SendBodyAsync("POST", "/switchover", "{\"leader\":\"n1\",\"candidate\":\"n2\"}");
        var ticket = await api.TicketAsync();
        ticket.Admit();
        ticket.Finish(200, "Successfully switched over to \"n2\"");
        var answer = await asked;
        Assert.Equal((200, "Successfully switched over to \"n2\""), (answer.Code, answer.Body));
    }

    [Fact]
    public async Task Answer_with_the_refusal_that_the_core_gives()
    {
        await using var api = await RunningApi.StartAsync(Nodes.Primary(RunningApi.Clock));
        var asked = api.SendBodyAsync("POST", "/failover", "{\"candidate\":\"n9\"}");
        (await api.TicketAsync()).Refuse(412, "candidate does not exists");
        var answer = await asked;
        Assert.Equal((412, "candidate does not exists"), (answer.Code, answer.Body));
    }

    [Fact]
    public async Task Do_not_wait_for_a_loop_that_is_busy_and_are_bounded_in_number()
    {
        await using var api = await RunningApi.StartAsync(Nodes.Primary(RunningApi.Clock));
        var asked = Enumerable.Range(0, Mailbox.Capacity + 4)
            .Select(i => api.SendBodyAsync("POST", "/switchover", $"{{\"leader\":\"n1\",\"candidate\":\"c{i}\"}}")).ToList();
        var answers = await Task.WhenAll(asked);
        Assert.All(answers, a => Assert.Equal(503, a.Code));
        Assert.Equal(4, answers.Count(a => a.Body.StartsWith("Too many requests", StringComparison.Ordinal)));
        Assert.Equal(Mailbox.Capacity, answers.Count(a => a.Body.StartsWith("The HA loop is busy", StringComparison.Ordinal)));
        Assert.Equal(200, (await api.AskAsync("GET", "/primary")).Code);
    }

    [Fact]
    public async Task Say_that_the_outcome_is_not_known_when_time_is_up()
    {
        await using var api = await RunningApi.StartAsync(Nodes.Primary(RunningApi.Clock).WithSettings(s => s with { LoopWait = TimeSpan.FromSeconds(1) }));
        var asked = api.SendBodyAsync("POST", "/switchover", "{\"leader\":\"n1\"}");
        (await api.TicketAsync()).Admit();
        Assert.Equal("Switchover status unknown after 20 seconds; operation may still be in progress", (await asked).Body);
    }

    [Fact]
    public async Task Go_on_when_the_client_leaves()
    {
        await using var api = await RunningApi.StartAsync(Nodes.Primary(RunningApi.Clock));
        using (var socket = await api.ConnectAsync())
        {
            await socket.SendAsync("POST /switchover HTTP/1.0\r\nContent-Length: 15\r\n\r\n{\"leader\":\"n1\"}"u8.ToArray());
            await api.TicketAsync();
        }

        var ticket = await api.TicketAsync();
        ticket.Admit();
        Assert.True(ticket.IsAdmitted);
        ticket.Finish(200, "done");
        await Eventually.HoldsAsync("the connection to be forgotten", TimeSpan.FromSeconds(20), () => api.Api.ConnectionCount == 0, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task That_are_scheduled_can_be_taken_back()
    {
        await using var api = await RunningApi.StartAsync(Nodes.Primary(RunningApi.Clock));
        api.Store.Cluster = api.Store.Cluster with { Failover = new(Nodes.Self, Nodes.Other, Now, new(12)) };
        var answer = await api.AskAsync("DELETE", "/switchover");
        Assert.Equal((200, "scheduled switchover deleted"), (answer.Code, answer.Body));
        Assert.Equal((HaAgent.Core.Ports.DcsRecord.Failover, "{}", new(12)), Assert.Single(api.Store.Writes));
        api.Store.Cluster = api.Store.Cluster with { Failover = new(Nodes.Self, Nodes.Other, Now, new(13)) };
        api.Store.ChangesUnderneath = true;
        Assert.Equal(409, (await api.AskAsync("DELETE", "/switchover")).Code);
    }

    [Fact]
    public async Task Reload_is_left_for_the_loop()
    {
        await using var api = await RunningApi.StartAsync(Nodes.Primary(RunningApi.Clock));
        await api.AskAsync("POST", "/reload");
        Assert.IsType<OperatorRequest.Reload>((await api.TicketAsync()).Request);
    }
}
