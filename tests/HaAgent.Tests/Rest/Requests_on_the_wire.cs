using System.Text;
using System.Text.Json.Nodes;
using HaAgent.Configuration.Options;
using HaAgent.Tests.Given;

namespace HaAgent.Tests.Rest;

public class Requests_on_the_wire
{
    [Theory]
    [InlineData("OPTIONS / HTTP/1.0\r\n\r\n", "HTTP/1.0 200 OK\r\n\r\n")]
    [InlineData("HEAD /primary HTTP/1.0\r\n\r\n", "HTTP/1.0 200 OK\r\n\r\n")]
    [InlineData("OPTIONS /replica HTTP/1.0\r\n\r\n", "HTTP/1.0 503 Service Unavailable\r\n\r\n")]
    [InlineData("GET /liveness HTTP/1.0\r\n\r\n", "HTTP/1.0 200 OK\r\n\r\n")]
    [InlineData("OPTIONS /primary HTTP/1.1\r\nConnection: close\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")]
    [InlineData("\r\nOPTIONS / HTTP/1.0\n\n", "HTTP/1.0 200 OK\r\n\r\n")]
    public async Task Get_the_bare_status_for_a_health_check_without_host(string request, string expected)
    {
        await using var api = await RunningApi.StartAsync(Nodes.Primary(RunningApi.Clock));
        using var socket = await api.ConnectAsync();
        await socket.SendAsync(Encoding.ASCII.GetBytes(request));
        Assert.Equal(expected, await ReadAllAsync(socket));
    }

    [Fact]
    public async Task Share_a_connection_when_the_client_keeps_it()
    {
        await using var api = await RunningApi.StartAsync(Nodes.Primary(RunningApi.Clock));
        using var socket = await api.ConnectAsync();
        const string ok = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
        await socket.SendAsync("OPTIONS / HTTP/1.1\r\nHost: a\r\n\r\n"u8.ToArray());
        Assert.Equal(ok, await ReadAsync(socket, ok.Length));
        await socket.SendAsync("OPTIONS / HTTP/1.1\r\nHost: a\r\n\r\n"u8.ToArray());
        Assert.Equal(ok, await ReadAsync(socket, ok.Length));
        await socket.SendAsync("HEAD /replica HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nGET /never HTTP/1.1\r\n\r\n"u8.ToArray());
        Assert.Equal("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", await ReadAllAsync(socket));
    }

    [Fact]
    public async Task May_be_pipelined_and_come_in_pieces()
    {
        await using var api = await RunningApi.StartAsync(Nodes.Primary(RunningApi.Clock));
        using var socket = await api.ConnectAsync();
        foreach (var piece in (string[])["OPTIO", "NS / HT", "TP/1.1\r\nHo", "st: a\r", "\n\r\nHEAD /repl", "ica HTTP/1.0\r\n\r", "\n"])
        {
            await socket.SendAsync(Encoding.ASCII.GetBytes(piece));
        }

        Assert.Equal("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.0 503 Service Unavailable\r\n\r\n", await ReadAllAsync(socket));
    }

    [Theory]
    [InlineData("GET /primary", 400)]
    [InlineData("GET", 400)]
    [InlineData("GET / HTTP/x", 400)]
    [InlineData("GET / HTTP/2.0", 505)]
    [InlineData("GET / HTTP/1.1\r\nno colon here", 400)]
    [InlineData("POST /switchover HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2", 400)]
    [InlineData("POST /switchover HTTP/1.1\r\nContent-Length: -1", 400)]
    public async Task Are_refused_with_a_page_when_malformed(string head, int expected)
    {
        await using var api = await RunningApi.StartAsync(Nodes.Primary(RunningApi.Clock));
        var answer = await api.SendRawAsync(head + "\r\n\r\n");
        Assert.Equal(expected, answer.Code);
        Assert.Contains($"Error code: {expected}", answer.Body, StringComparison.Ordinal);
        Assert.Equal(["Server", "Date", "Connection", "Content-Type", "Content-Length"], answer.HeaderNames);
    }

    [Fact]
    public async Task Are_refused_when_too_long_or_with_too_many_headers()
    {
        await using var api = await RunningApi.StartAsync(Nodes.Primary(RunningApi.Clock));
        Assert.Equal(414, (await api.AskAsync("GET", "/" + new string('a', 70_000))).Code);
        var headers = string.Concat(Enumerable.Range(0, 101).Select(i => $"X-{i}: 1\r\n"));
        Assert.Equal(431, (await api.SendRawAsync($"GET / HTTP/1.1\r\n{headers}\r\n")).Code);
        Assert.Equal(431, (await api.SendRawAsync($"GET / HTTP/1.1\r\nX: {new string('a', 200_000)}\r\n\r\n")).Code);
        Assert.Equal(503, (await api.AskAsync("GET", "/" + new string('a', 60_000))).Code);
    }

    [Fact]
    public async Task Get_headers_in_the_peers_order()
    {
        var options = RunningApi.Options with
        {
            HttpExtraHeaders = [new("X-Frame-Options", "DENY"), new("X-Bad", "a\r\nInjected: yes")],
        };
        await using var api = await RunningApi.StartAsync(Nodes.Primary(RunningApi.Clock), options);
        var document = await api.AskAsync("GET", "/primary");
        Assert.Equal(["Server", "Date", "Content-Type", "X-Frame-Options", "Content-Length", "Connection"], document.HeaderNames);
        Assert.Equal("application/json", document.Header("Content-Type"));
        Assert.Equal("HaAgent/0.1.0", document.Header("Server"));
        Assert.Equal("text/plain", (await api.AskAsync("GET", "/metrics")).Header("Content-Type"));
        var page = await api.AskAsync("POST", "/nothing");
        Assert.DoesNotContain("X-Frame-Options", page.HeaderNames);
    }

    [Theory]
    [InlineData("Minimal", "Patroni/4.1.4")]
    [InlineData("productonly", "Patroni")]
    [InlineData("ORIGINAL", "HaAgent/0.1.0")]
    [InlineData("else", "HaAgent/0.1.0")]
    public async Task Name_the_server_as_configured(string tokens, string expected)
    {
        var options = RestApiOptions.Read(new JsonObject
        {
            ["restapi"] = new JsonObject { ["listen"] = "127.0.0.1:0", ["server_tokens"] = tokens },
        });
        await using var api = await RunningApi.StartAsync(null, options);
        Assert.Equal(expected, (await api.AskAsync("GET", "/")).Header("Server"));
    }

    private static async Task<string> ReadAllAsync(System.Net.Sockets.Socket socket) => await ReadAsync(socket, int.MaxValue);

    private static async Task<string> ReadAsync(System.Net.Sockets.Socket socket, int length)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(TimeSpan.FromSeconds(20));
        var text = new StringBuilder();
        var buffer = new byte[4096];
        while (text.Length < length)
        {
            var read = await socket.ReceiveAsync(buffer, deadline.Token);
            if (read == 0)
            {
                break;
            }

            text.Append(Encoding.ASCII.GetString(buffer, 0, read));
        }

        return text.ToString();
    }
}
