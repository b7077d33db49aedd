using System.Text;
using HaAgent.Configuration.Options;
using HaAgent.Core.Snapshot;
using HaAgent.Rest;
using HaAgent.Testing;
using HaAgent.Tests.Given;

namespace HaAgent.Tests.Rest;

public class Access
{
    private static readonly RestApiOptions WithPassword =
        RunningApi.Options with { Authentication = new("admin", "p:ss wörd") };

    private static readonly string Right = "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes("admin:p:ss wörd"));

    [Theory]
    [InlineData("PATCH", "/config")]
    [InlineData("PUT", "/config")]
    [InlineData("POST", "/reload")]
    [InlineData("POST", "/restart")]
    [InlineData("DELETE", "/restart")]
    [InlineData("DELETE", "/switchover")]
    [InlineData("POST", "/reinitialize")]
    [InlineData("POST", "/switchover")]
    [InlineData("POST", "/failover")]
    [InlineData("POST", "/failsafe")]
    [InlineData("POST", "/sigterm")]
    [InlineData("POST", "/citus")]
    [InlineData("POST", "/mpp")]
    public async Task To_what_changes_something_needs_the_password_before_the_body_is_looked_at(string method, string target)
    {
        await using var api = await RunningApi.StartAsync(Nodes.Primary(RunningApi.Clock), WithPassword);
        var answer = await api.SendBodyAsync(method, target, "{broken");
        Assert.Equal((401, "no auth header received"), (answer.Code, answer.Body));
        Assert.Equal("Basic realm=\"Patroni\"", answer.Header("WWW-Authenticate"));
        Assert.Empty(api.Store.Writes);
    }

    [Fact]
    public async Task Is_free_to_all_that_only_looks()
    {
        await using var api = await RunningApi.StartAsync(Nodes.Primary(RunningApi.Clock), WithPassword);
        foreach (var target in (string[])["/", "/patroni", "/cluster", "/config", "/history", "/metrics", "/liveness"])
        {
            Assert.Equal(200, (await api.AskAsync("GET", target)).Code);
        }
    }

    [Theory]
    [InlineData("", 200)]
    [InlineData("=", 401)]
    [InlineData("x", 401)]
    public async Task Compares_the_header_exactly(string suffix, int expected)
    {
        await using var api = await RunningApi.StartAsync(Nodes.Primary(RunningApi.Clock), WithPassword);
        var answer = await api.SendBodyAsync("PATCH", "/config", "{\"ttl\":30}", $"Authorization: {Right}{suffix}\r\n");
        Assert.Equal(expected, answer.Code);
        var wrongCase = await api.SendBodyAsync("PATCH", "/config", "{\"ttl\":30}", $"Authorization: {Right.Replace("Basic ", "basic ", StringComparison.Ordinal)}\r\n");
        Assert.Equal((401, "not authenticated"), (wrongCase.Code, wrongCase.Body));
    }

    [Fact]
    public async Task Does_not_hide_that_a_route_is_unknown()
    {
        await using var api = await RunningApi.StartAsync(Nodes.Primary(RunningApi.Clock), WithPassword);
        Assert.Equal(501, (await api.AskAsync("POST", "/unknown")).Code);
    }

    [Theory]
    [InlineData("127.0.0.1", 202)]
    [InlineData("127.5.5.5/8", 202)]
    [InlineData("localhost", 202)]
    [InlineData("10.0.0.0/8", 403)]
    [InlineData("10.0.0.7,127.0.0.0/8", 202)]
    [InlineData("10.0.0.0/99", 202)]
    public async Task Is_denied_to_addresses_outside_the_list(string list, int expected)
    {
        var options = RunningApi.Options with { Allowlist = [.. list.Split(',')] };
        await using var api = await RunningApi.StartAsync(Nodes.Primary(RunningApi.Clock), options);
        var answer = await api.AskAsync("POST", "/reload");
        Assert.Equal(expected, answer.Code);
        Assert.Equal(expected == 403 ? "Access is denied" : "reload scheduled", answer.Body);
        Assert.Equal(200, (await api.AskAsync("GET", "/patroni")).Code);
    }

    [Fact]
    public async Task Can_be_left_to_the_members()
    {
        var options = RunningApi.Options with { AllowlistIncludeMembers = true };
        await using var api = await RunningApi.StartAsync(Nodes.Primary(RunningApi.Clock), options);
        Assert.Equal(403, (await api.AskAsync("POST", "/reload")).Code);
        Assert.Equal(502, (await api.AskAsync("POST", "/failsafe")).Code);
        api.Store.Cluster = api.Store.Cluster with
        {
            Members = [new Member { Name = Nodes.Other, ApiUrl = "http://127.0.0.1:8008/patroni" }],
        };
        Assert.Equal(202, (await api.AskAsync("POST", "/reload")).Code);
    }

    [Fact]
    public async Task Follows_changed_settings_without_a_restart()
    {
        await using var api = await RunningApi.StartAsync(Nodes.Primary(RunningApi.Clock));
        Assert.Equal(202, (await api.AskAsync("POST", "/reload")).Code);
        await api.Api.ApplyAsync(WithPassword with { ServerTokens = ServerTokens.ProductOnly }, TestContext.Current.CancellationToken);
        var answer = await api.AskAsync("POST", "/reload");
        Assert.Equal((401, "Patroni"), (answer.Code, answer.Header("Server")));
    }

    [Fact]
    public async Task Moves_with_the_address_it_listens_on_and_stays_when_that_is_taken()
    {
        await using var other = await RunningApi.StartAsync();
        await using var api = await RunningApi.StartAsync(Nodes.Primary(RunningApi.Clock));
        await api.Api.ApplyAsync(
            RunningApi.Options with { ListenPort = other.Port }, TestContext.Current.CancellationToken);
        Assert.NotEqual(other.Port, api.Port);
        Assert.Equal(200, (await api.AskAsync("GET", "/")).Code);
        var before = api.Port;
        var moved = RunningApi.Options with { ListenHost = "localhost", ListenPort = Ports.Lease() };
        await api.Api.ApplyAsync(moved, TestContext.Current.CancellationToken);
        Assert.NotEqual(before, api.Port);
        Assert.Equal(200, (await api.AskAsync("GET", "/")).Code);
    }

    [Fact]
    public async Task Needs_a_port_that_is_free_and_says_which_setting_to_look_at()
    {
        await using var other = await RunningApi.StartAsync();
        var error = await Assert.ThrowsAsync<HaAgent.Core.Settings.ConfigurationException>(
            () => RunningApi.StartAsync(null, RunningApi.Options with { ListenPort = other.Port }));
        Assert.StartsWith(
            $"Couldn't start a service on '127.0.0.1:{other.Port}', please check your `restapi.listen` configuration", error.Message, StringComparison.Ordinal);
    }
}
