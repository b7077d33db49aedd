using HaAgent.Core.Ports;
using HaAgent.Tests.Given;

namespace HaAgent.Tests.Rest;

public class Configuration
{
    private const string Stored = "{\"ttl\":30,\"loop_wait\":10,\"postgresql\":{\"use_slots\":true,\"parameters\":{\"a\":1,\"b\":2}},\"ümlaut\":1.50}";

    [Fact]
    public async Task Is_shown_as_stored()
    {
        await using var api = await StartAsync();
        Assert.Equal(
            "{\"ttl\": 30, \"loop_wait\": 10, \"postgresql\": {\"use_slots\": true, \"parameters\": {\"a\": 1, \"b\": 2}}, \"\\u00fcmlaut\": 1.50}",
            (await api.AskAsync("GET", "/config")).Body);
        api.Store.Cluster = api.Store.Cluster with { Config = null };
        Assert.Equal(502, (await api.AskAsync("GET", "/config")).Code);
        api.Store.IsSilent = true;
        Assert.Equal(503, (await api.AskAsync("GET", "/config")).Code);
    }

    [Fact]
    public async Task Is_merged_by_a_patch_and_written_over_the_version_that_was_read()
    {
        await using var api = await StartAsync();
        var version = api.Store.Cluster.Config!.Version;
        var answer = await api.SendBodyAsync(
            "PATCH", "/config", "{\"loop_wait\": null, \"postgresql\": {\"parameters\": {\"a\": null, \"c\": [1]}}, \"pause\": true, \"new\": {\"x\": null}}");
        Assert.Equal(200, answer.Code);
        Assert.Equal(
            "{\"ttl\": 30, \"postgresql\": {\"use_slots\": true, \"parameters\": {\"b\": 2, \"c\": [1]}}, \"\\u00fcmlaut\": 1.50, \"pause\": true, \"new\": {\"x\": null}}",
            answer.Body);
        var write = Assert.Single(api.Store.Writes);
        Assert.Equal(
            (DcsRecord.Config,
             "{\"ttl\":30,\"postgresql\":{\"use_slots\":true,\"parameters\":{\"b\":2,\"c\":[1]}},\"\\u00fcmlaut\":1.50,\"pause\":true,\"new\":{\"x\":null}}",
             version),
            (write.Record, write.Value, write.Expected));
    }

    [Theory]
    [InlineData("{\"ttl\": \"30\"}")]
    [InlineData("{\"absent\": null}")]
    [InlineData("{\"postgresql\": {\"use_slots\": \"True\"}}")]
    public async Task Is_not_written_when_the_text_stays_the_same(string patch)
    {
        await using var api = await StartAsync();
        Assert.Equal(200, (await api.SendBodyAsync("PATCH", "/config", patch)).Code);
        Assert.Empty(api.Store.Writes);
    }

    [Fact]
    public async Task Is_refused_when_it_changed_underneath_or_nobody_answers()
    {
        await using var api = await StartAsync();
        api.Store.ChangesUnderneath = true;
        Assert.Equal(409, (await api.SendBodyAsync("PATCH", "/config", "{\"ttl\": 40}")).Code);
        Assert.Equal(502, (await api.SendBodyAsync("PUT", "/config", "{\"ttl\": 40}")).Code);
        api.Store.SwallowsWrites = true;
        Assert.Equal(503, (await api.SendBodyAsync("PATCH", "/config", "{\"ttl\": 40}")).Code);
        api.Store.IsSilent = true;
        var silent = await api.SendBodyAsync("PATCH", "/config", "{\"ttl\": 40}");
        Assert.Equal((503, "The configuration store did not answer within 10 seconds"), (silent.Code, silent.Body));
    }

    [Fact]
    public async Task Is_replaced_by_a_put_whatever_version_is_there()
    {
        await using var api = await StartAsync();
        var answer = await api.SendBodyAsync("PUT", "/config", "{\"ttl\":20}");
        Assert.Equal((200, "{\"ttl\": 20}"), (answer.Code, answer.Body));
        Assert.Equal((DcsRecord.Config, "{\"ttl\":20}", null), Assert.Single(api.Store.Writes));
        await api.SendBodyAsync("PUT", "/config", "{ \"ttl\" : 20 }");
        Assert.Single(api.Store.Writes);
    }

    [Theory]
    [InlineData("PATCH", "/config")]
    [InlineData("PUT", "/config")]
    [InlineData("POST", "/switchover")]
    [InlineData("POST", "/failover")]
    public async Task And_other_bodies_are_refused_when_they_hold_nothing_to_do(string method, string target)
    {
        await using var api = await StartAsync();
        Assert.Equal(411, (await api.AskAsync(method, target)).Code);
        foreach (var body in (string[])["", "{", "[]", "5", "\"a\"", "{}", "{\"a\":1,\"a\":2}", "{\"a\":\"\u00ff"])
        {
            Assert.Equal(400, (await api.SendBodyAsync(method, target, body)).Code);
        }

        Assert.Equal(400, (await api.SendRawAsync($"{method} {target} HTTP/1.0\r\nContent-Length: 3\r\n\r\n\u00ff\u00fe\u00fd")).Code);
        Assert.Equal(413, (await api.SendRawAsync($"{method} {target} HTTP/1.0\r\nContent-Length: 99999999\r\n\r\n{{")).Code);
        Assert.Empty(api.Store.Writes);
    }

    [Fact]
    public async Task Comes_after_the_server_said_continue_when_the_client_waits_for_that()
    {
        await using var api = await StartAsync();
        using var socket = await api.ConnectAsync();
        await socket.SendAsync("PUT /config HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 10\r\nConnection: close\r\n\r\n"u8.ToArray());
        var buffer = new byte[25];
        await socket.ReceiveAsync(buffer, TestContext.Current.CancellationToken);
        Assert.Equal("HTTP/1.1 100 Continue\r\n\r\n", System.Text.Encoding.ASCII.GetString(buffer));
        await socket.SendAsync("{\"ttl\":22}"u8.ToArray());
        Assert.Equal("{\"ttl\": 22}", (await RunningApi.ReadToEndAsync(socket)).Body);
    }

    private static async Task<RunningApi> StartAsync()
    {
        var api = await RunningApi.StartAsync(Nodes.Primary(RunningApi.Clock));
        api.Store.HoldConfig(Stored);
        return api;
    }
}
