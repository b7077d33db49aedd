using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;
using HaAgent.Rest;
using HaAgent.Tests.Given;
using Microsoft.Extensions.Logging.Abstractions;

namespace HaAgent.Tests.Rest;

public class Ballots
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    [Fact]
    public async Task Tell_a_position_measured_after_the_request()
    {
        await using var api = await RunningApi.StartAsync(Nodes.Primary(RunningApi.Clock));
        var first = Location(await api.AskAsync("GET", "/patroni"));
        var second = Location(await api.AskAsync("GET", "/patroni"));
        Assert.True(second > first, $"{second} was not measured anew");
    }

    [Fact]
    public async Task Have_no_position_when_the_server_hangs_and_still_come_in_time() // S6
    {
        await using var api = await RunningApi.StartAsync(Nodes.Primary(RunningApi.Clock));
        api.Server.Hangs = true;
        var began = RunningApi.Clock.GetTimestamp();
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => api.AskAsync("GET", "/patroni")));
        var took = RunningApi.Clock.GetElapsedTime(began);
        TestContext.Current.TestOutputHelper?.WriteLine($"20 ballots of a hung server took {took.TotalMilliseconds:0} ms");
        Assert.All(answers, a => Assert.Equal(200, a.Code));
        Assert.All(answers, a => Assert.DoesNotContain("xlog", a.Body, StringComparison.Ordinal));
        Assert.All(answers, a => Assert.StartsWith("{\"state\": \"unknown\", \"role\": \"primary\"", a.Body, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Never_tell_an_old_position()
    {
        await using var api = await RunningApi.StartAsync(Nodes.Primary(RunningApi.Clock));
        api.Server.AnswersFromThePast = true;
        Assert.DoesNotContain("xlog", (await api.AskAsync("GET", "/patroni")).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Share_probes_in_a_burst()
    {
        await using var api = await RunningApi.StartAsync(Nodes.Primary(RunningApi.Clock));
        var began = RunningApi.Clock.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => api.AskAsync("GET", "/patroni")));
        var windows = (RunningApi.Clock.GetElapsedTime(began) / TimeSpan.FromMilliseconds(20)) + 2;
        TestContext.Current.TestOutputHelper?.WriteLine($"200 ballots by {api.Server.Probes} probes");
        Assert.Equal(1, api.Server.MostAtOnce);
        Assert.True(api.Server.Probes <= windows, $"{api.Server.Probes} probes in {windows:0} windows of 20 ms");
    }

    [Fact]
    public async Task Of_an_agent_whose_loop_hangs_have_no_position()
    {
        await using var api = await RunningApi.StartAsync(Nodes.Primary(RunningApi.Clock) with { ValidUntil = Instant.Zero });
        Assert.DoesNotContain("xlog", (await api.AskAsync("GET", "/patroni")).Body, StringComparison.Ordinal);
    }

    /// <summary>The client may find a socket without a peer, and tells so by an exception that is none of HTTP's.</summary>
    [Fact]
    public async Task Of_a_peer_that_resets_every_connection_at_once_are_silent()
    {
        using var resetting = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { LingerState = new(true, 0) };
        resetting.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        resetting.Listen(512);
        var port = ((IPEndPoint)resetting.LocalEndPoint!).Port; // it is bound
        using var ended = new CancellationTokenSource();
        var accepting = Task.Run(async () =>
        {
            while (!ended.IsCancellationRequested)
            {
                using var accepted = await resetting.AcceptAsync(ended.Token);
                accepted.LingerState = new(true, 0);
            }
        }, TestContext.Current.CancellationToken);

        using var peers = new PeersOverHttp(RunningApi.Clock, NullLoggerFactory.Instance, credentials: null);
        for (var round = 0; round < 100; round++)
        {
            var readings = await peers.AskAsync([.. Enumerable.Range(0, 20).Select(_ => new PeerAddress(new("b"), Url(port)))], Patience, TestContext.Current.CancellationToken);
            Assert.All(readings, reading => Assert.IsType<PeerAnswer.Unreachable>(reading.Answer));
        }

        await ended.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => accepting);
    }

    [Fact]
    public async Task Are_collected_from_all_peers_at_once_in_the_order_asked()
    {
        await using var primary = await RunningApi.StartAsync(Nodes.Primary(RunningApi.Clock));
        await using var hung = await RunningApi.StartAsync(Nodes.Replica(RunningApi.Clock));
        hung.Server.Hangs = true;
        using var silent = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        silent.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        silent.Listen();
        var refusing = await RunningApi.StartAsync();
        var closedPort = refusing.Port;
        await refusing.DisposeAsync();

        using var peers = new PeersOverHttp(RunningApi.Clock, NullLoggerFactory.Instance, new("admin", "secret"));
        peers.WarmUp([new(new("a"), Url(primary.Port)), new(new("d"), Url(closedPort))]);
        var began = RunningApi.Clock.GetTimestamp();
        var readings = await peers.AskAsync(
            [
                new(new("a"), Url(primary.Port)),
                new(new("b"), Url(hung.Port)),
                new(new("c"), Url(((IPEndPoint)silent.LocalEndPoint!).Port)),
                new(new("d"), Url(closedPort)),
                new(new("e"), "not a url"),
            ],
            Patience,
            TestContext.Current.CancellationToken);
        var took = RunningApi.Clock.GetElapsedTime(began);
        Assert.Equal(["a", "b", "c", "d", "e"], readings.Select(r => r.Name.Value));
        var answered = Assert.IsType<PeerAnswer.Answered>(readings[0].Answer);
        Assert.False(answered.InRecovery);
        Assert.True(answered.Position.IsKnown);
        Assert.Equal((3u, "running", "primary"), (answered.Timeline.Value, answered.State, answered.Role));
        Assert.Equal(
            [PeerSilence.NoPosition, PeerSilence.TimedOut, PeerSilence.Refused, PeerSilence.TimedOut],
            readings[1..].Select(r => Assert.IsType<PeerAnswer.Unreachable>(r.Answer).Why));
        TestContext.Current.TestOutputHelper?.WriteLine($"five peers, one of them silent: {took.TotalMilliseconds:0} ms");
    }

    [Fact]
    public async Task Are_asked_for_with_the_credentials_in_force_now()
    {
        using var peer = new TcpListener(IPAddress.Loopback, 0);
        peer.Start();
        using var peers = new PeersOverHttp(RunningApi.Clock, NullLoggerFactory.Instance, new("admin", "old"));
        Assert.Equal("Basic YWRtaW46b2xk", await AuthorizationAsync());
        peers.Use(new("admin", "new"));
        Assert.Equal("Basic YWRtaW46bmV3", await AuthorizationAsync());
        peers.Use(null);
        Assert.Null(await AuthorizationAsync());

        async Task<string?> AuthorizationAsync()
        {
            var stop = TestContext.Current.CancellationToken;
            var asking = peers.AskAsync([new(new("b"), Url(((IPEndPoint)peer.LocalEndpoint).Port))], Patience, stop);
            using var connection = await peer.AcceptTcpClientAsync(stop);
            using var reader = new StreamReader(connection.GetStream());
            string? found = null;
            while (await reader.ReadLineAsync(stop) is { Length: > 0 } line)
            {
                found = line.StartsWith("Authorization: ", StringComparison.Ordinal) ? line.Split(' ', 2)[1] : found;
            }

            await connection.GetStream().WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8.ToArray(), stop);
            await asking;
            return found;
        }
    }

    [Fact]
    public void Are_read_as_a_peer_writes_them()
    {
        var replica = Assert.IsType<PeerAnswer.Answered>(BallotReader.Read(
            """
            {"state": "running", "role": "replica", "server_version": 160004, "xlog": {"received_location": 100,
             "replayed_location": 300, "replayed_timestamp": null, "paused": false}, "timeline": 4, "watchdog_failed": true,
             "tags": {"nofailover": false, "failover_priority": "7"}, "patroni": {"version": "4.1.4"}}
            """u8.ToArray()));
        Assert.Equal((true, new Lsn(300), new Timeline(4), true), (replica.InRecovery, replica.Position, replica.Timeline, replica.WatchdogFailed));
        Assert.Equal((false, 7), (replica.Tags.NoFailover, replica.Tags.FailoverPriority));
        var old = Assert.IsType<PeerAnswer.Answered>(BallotReader.Read("{\"role\": \"master\", \"wal\": {}}"u8.ToArray()));
        Assert.False(old.InRecovery);
        Assert.Equal(
            new PeerAnswer.Unreachable(PeerSilence.NoPosition), BallotReader.Read("{\"state\": \"running\", \"role\": \"replica\"}"u8.ToArray()));
        Assert.Equal(new PeerAnswer.Unreachable(PeerSilence.NoPosition), BallotReader.Read("<html>"u8.ToArray()));
    }

    private static string Url(int port) => $"http://127.0.0.1:{port}/patroni";

    private static ulong Location(RawAnswer answer) =>
        JsonDocument.Parse(answer.Body).RootElement.GetProperty("xlog").GetProperty("location").GetUInt64();
}
