using HaAgent.Tests.Given;

namespace HaAgent.Tests.Rest;

public class Routing
{
    [Theory]
    [InlineData("GET", "//primary", 200)]
    [InlineData("GET", "//", 200)]
    [InlineData("GET", "/primary/", 200)]
    [InlineData("GET", "/foo/primary", 200)]
    [InlineData("GET", "/leader/x", 200)]
    [InlineData("GET", "/healthz", 200)]
    [InlineData("GET", "/read-only/", 200)]
    [InlineData("GET", "/read-only-sync/", 503)]
    [InlineData("GET", "/Primary", 503)]
    [InlineData("GET", "/%70rimary", 503)]
    [InlineData("GET", "primary", 200)]
    [InlineData("OPTIONS", "*", 503)]
    [InlineData("GET", "http://10.0.0.1:8008/primary?x=y#z", 200)]
    [InlineData("GET", "/primary;v=1?lag=", 200)]
    [InlineData("GET", "/primary#anything", 200)]
    [InlineData("GET", "/foo", 503)]
    [InlineData("GET", "/switchover", 503)]
    [InlineData("GET", "/restart", 503)]
    [InlineData("HEAD", "/liveness", 503)]
    [InlineData("OPTIONS", "/patroni", 503)]
    [InlineData("HEAD", "/metrics", 503)]
    [InlineData("HEAD", "/config", 503)]
    [InlineData("GET", "/config/anything", 200)]
    [InlineData("GET", "//config", 200)]
    [InlineData("GET", "/patroni/x", 200)]
    [InlineData("GET", "/history", 200)]
    [InlineData("GET", "/failsafe", 502)]
    [InlineData("PUT", "/primary", 501)]
    [InlineData("POST", "/", 501)]
    [InlineData("BREW", "/coffee", 501)]
    [InlineData("PATCH", "/switchover", 501)]
    [InlineData("DELETE", "/config", 501)]
    public async Task Follows_the_peers_rules(string method, string target, int expected)
    {
        await using var api = await RunningApi.StartAsync(Nodes.Primary(RunningApi.Clock));
        Assert.Equal(expected, (await api.AskAsync(method, target)).Code);
    }

    [Theory]
    [InlineData("BREW", "/coffee")]
    [InlineData("POST", "/citus")]
    [InlineData("POST", "/mpp")]
    public async Task Says_in_the_words_of_the_cli_what_is_not_supported(string method, string target)
    {
        await using var api = await RunningApi.StartAsync(Nodes.Primary(RunningApi.Clock));
        var answer = await api.AskAsync(method, target);
        Assert.Equal(501, answer.Code);
        Assert.Contains($"Unsupported method ('{method}')", answer.Body, StringComparison.Ordinal);
        Assert.Contains("Server does not support this operation", answer.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("POST", "/sigterm", 202, "shutdown scheduled")]
    [InlineData("POST", "/reload", 202, "reload scheduled")]
    [InlineData("DELETE", "/switchover", 404, "no switchover is scheduled")]
    public async Task Answers_actions_with_a_bare_sentence(string method, string target, int code, string text)
    {
        await using var api = await RunningApi.StartAsync(Nodes.Primary(RunningApi.Clock));
        var answer = await api.AskAsync(method, target);
        Assert.Equal((code, text, "text/html"), (answer.Code, answer.Body, answer.Header("Content-Type")));
    }

    [Fact]
    public async Task Reads_each_parameter_once_and_decoded()
    {
        var node = Nodes.Replica(RunningApi.Clock).InDatacenter("\"dc 1/ä\"");
        await using var api = await RunningApi.StartAsync(node);
        Assert.Equal(200, (await api.AskAsync("GET", "/replica?tag_dc=dc+1%2F%C3%A4&tag_dc=other&tag_empty=")).Code);
        Assert.Equal(503, (await api.AskAsync("GET", "/replica?tag_dc=other&tag_dc=dc+1%2F%C3%A4")).Code);
    }
}
