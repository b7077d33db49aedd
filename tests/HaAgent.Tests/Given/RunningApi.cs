using System.Net.Sockets;
using System.Text;
using HaAgent.Configuration.Options;
using HaAgent.Core.Contracts;
using HaAgent.Core.Requests;
using HaAgent.Rest;
using HaAgent.Testing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace HaAgent.Tests.Given;

/// <summary>The REST API on a free port of the loopback, and what it answers from.</summary>
internal sealed class RunningApi : IAsyncDisposable
{
    private readonly RestApi _api;

    private RunningApi(RestApi api, StatusBoard board, StoreInMemory store, ServerThatAnswers server, Mailbox mailbox)
    {
        _api = api;
        Board = board;
        Store = store;
        Server = server;
        Mailbox = mailbox;
    }

    public static TimeProvider Clock => TimeProvider.System;

    public RestApi Api => _api;
    public StatusBoard Board { get; }
    public StoreInMemory Store { get; }
    public ServerThatAnswers Server { get; }
    public Mailbox Mailbox { get; }
    public int Port => _api.Addresses[0].Port;

    public static RestApiOptions Options =>
        new() { ListenHost = "127.0.0.1", ListenPort = 0, ConnectAddress = "127.0.0.1:0" };

    public static async Task<RunningApi> StartAsync(
        NodeStatus? status = null, RestApiOptions? options = null, ILoggerFactory? logs = null, int queued = 0)
    {
        var board = new StatusBoard();
        if (status is not null)
        {
            board.Publish(status);
        }

        var store = new StoreInMemory { Cluster = status?.Cluster ?? Nodes.Cluster(Nodes.Self) };
        var server = new ServerThatAnswers(Clock);
        var mailbox = new Mailbox(Clock);
        var inputs = new RestInputs(
            Nodes.Self, "demo", board, store, server, mailbox, Clock, logs ?? NullLoggerFactory.Instance, () => queued, () => 0);
        var api = await RestApi.StartAsync(inputs, options ?? Options, TestContext.Current.CancellationToken);
        return new(api, board, store, server, mailbox);
    }

    public ValueTask DisposeAsync() => _api.DisposeAsync();

    /// <summary>The request that was left for the loop first.</summary>
    public async Task<Ticket> TicketAsync()
    {
        await Eventually.HoldsAsync("a request in the mailbox", TimeSpan.FromSeconds(20), () => Mailbox.Open().Length > 0, TestContext.Current.CancellationToken);
        return Mailbox.Open()[0];
    }

    /// <summary>Sends bytes as they are and reads until the server closes.</summary>
    public async Task<RawAnswer> SendRawAsync(string request)
    {
        using var socket = await ConnectAsync();
        await socket.SendAsync(Encoding.Latin1.GetBytes(request));
        return await ReadToEndAsync(socket);
    }

    /// <summary>An HTTP/1.0 request, as load balancers send it by default.</summary>
    public Task<RawAnswer> AskAsync(string method, string target) => SendRawAsync($"{method} {target} HTTP/1.0\r\n\r\n");

    public Task<RawAnswer> SendBodyAsync(string method, string target, string body, string headers = "") =>
        SendRawAsync($"{method} {target} HTTP/1.0\r\n{headers}Content-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n"
            + Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(body)));

    public async Task<Socket> ConnectAsync()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync("127.0.0.1", Port, TestContext.Current.CancellationToken);
        return socket;
    }

    public static async Task<RawAnswer> ReadToEndAsync(Socket socket)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(TimeSpan.FromSeconds(40));
        var all = new MemoryStream();
        var buffer = new byte[65536];
        while (true)
        {
            var read = await socket.ReceiveAsync(buffer, deadline.Token);
            if (read == 0)
            {
                return RawAnswer.From(Encoding.UTF8.GetString(all.ToArray()));
            }

            await all.WriteAsync(buffer.AsMemory(0, read), deadline.Token);
        }
    }
}

/// <summary>An answer as it came over the wire.</summary>
internal sealed record RawAnswer(string StatusLine, int Code, IReadOnlyList<string> Headers, string Body)
{
    public static RawAnswer From(string text)
    {
        var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        Assert.True(end > 0, $"not an answer: '{text}'");
        var lines = text[..end].Split("\r\n");
        return new(lines[0], int.Parse(lines[0].Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture), lines[1..], text[(end + 4)..]);
    }

    public IEnumerable<string> HeaderNames => Headers.Select(h => h.Split(':')[0]);

    public string? Header(string name) =>
        Headers.FirstOrDefault(h => h.StartsWith(name + ": ", StringComparison.OrdinalIgnoreCase))?[(name.Length + 2)..];
}
