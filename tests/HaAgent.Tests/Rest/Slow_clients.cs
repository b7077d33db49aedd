using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;
using HaAgent.Core.Model;
using HaAgent.Testing;
using HaAgent.Tests.Given;

namespace HaAgent.Tests.Rest;

/// <summary>These measure, so they run alone.</summary>
[CollectionDefinition(DisableParallelization = true)]
public class Measurements;

/// <summary>Figures are printed, not asserted: the machine is shared. What is asserted is that every check gets its answer.</summary>
[Collection(typeof(Measurements))]
public class Slow_clients
{
    private static readonly byte[] Check = "OPTIONS /primary HTTP/1.0\r\n\r\n"u8.ToArray();

    [Fact]
    public async Task Do_not_keep_health_checks_from_their_answers()
    {
        await using var api = await RunningApi.StartAsync(Nodes.Primary(RunningApi.Clock));
        api.Server.Hangs = true;
        api.Store.IsSilent = true;
        using var crowd = new Crowd();
        for (var i = 0; i < 1000; i++)
        {
            crowd.Add(await api.ConnectAsync());
        }

        for (var i = 0; i < 200; i++)
        {
            var socket = await api.ConnectAsync();
            crowd.Add(socket);
            await socket.SendAsync("GET /primary HT"u8.ToArray());
        }

        await crowd.DripAsync(count: 100, api);
        var ballots = Enumerable.Range(0, 50).Select(_ => api.AskAsync("GET", "/patroni")).ToList();
        var times = new List<double>();
        for (var i = 0; i < 2000; i++)
        {
            var began = RunningApi.Clock.GetTimestamp();
            var answer = await AskBareAsync(api);
            times.Add(RunningApi.Clock.GetElapsedTime(began).TotalMilliseconds);
            Assert.Equal("HTTP/1.0 200 OK\r\n\r\n", answer);
        }

        Assert.True(api.Api.ConnectionCount >= 1300, $"only {api.Api.ConnectionCount} connections are open");
        await Task.WhenAll(ballots);
        times.Sort();
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"health check beside {api.Api.ConnectionCount} slow connections, server hung, store silent: "
            + $"p50 {times[1000]:0.00} ms, p99 {times[1980]:0.00} ms, worst {times[^1]:0.00} ms");
        Console.Error.WriteLine($"figure: health check p99 {times[1980]:0.00} ms beside {api.Api.ConnectionCount} slow connections");
    }

    [Fact]
    public async Task Leave_room_for_hundreds_of_answers_a_second_on_kept_connections()
    {
        await using var api = await RunningApi.StartAsync(Nodes.Primary(RunningApi.Clock));
        foreach (var request in (string[])["OPTIONS /primary", "GET /primary"])
        {
            var head = Encoding.ASCII.GetBytes(request + " HTTP/1.1\r\nHost: node\r\n\r\n");
            var (answers, seconds) = await HammerAsync(api.Port, head);
            TestContext.Current.TestOutputHelper?.WriteLine($"{request}: {answers / seconds:0} answers a second on 32 connections");
            Console.Error.WriteLine($"figure: {request} {answers / seconds:0} answers a second");
            Assert.True(answers > 200 * seconds, $"{answers} answers in {seconds:0.0} s"); // the figure is printed; this is a bound
        }
    }

    private static async Task<string> AskBareAsync(RunningApi api)
    {
        using var socket = await api.ConnectAsync();
        await socket.SendAsync(Check);
        var text = new StringBuilder();
        var buffer = new byte[256];
        while (await socket.ReceiveAsync(buffer, TestContext.Current.CancellationToken) is var read and > 0)
        {
            text.Append(Encoding.ASCII.GetString(buffer, 0, read));
        }

        return text.ToString();
    }

    /// <summary>Two threads with sixteen connections each, for two seconds.</summary>
    private static async Task<(long Answers, double Seconds)> HammerAsync(int port, byte[] head)
    {
        long answers = 0;
        var began = RunningApi.Clock.GetTimestamp();
        var threads = Enumerable.Range(0, 2).Select(_ => Task.Factory.StartNew(
            () => Interlocked.Add(ref answers, HammerOnOneThread(port, head, began)),
            TestContext.Current.CancellationToken,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default));
        await Task.WhenAll(threads);
        return (answers, RunningApi.Clock.GetElapsedTime(began).TotalSeconds);
    }

    private static long HammerOnOneThread(int port, byte[] head, long began)
    {
        var sockets = Enumerable.Range(0, 16).Select(_ =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = 20_000 };
            socket.Connect("127.0.0.1", port);
            return socket;
        }).ToList();
        var buffer = new byte[8192];
        long answers = 0;
        while (RunningApi.Clock.GetElapsedTime(began) < TimeSpan.FromSeconds(2))
        {
            sockets.ForEach(s => s.Send(head));
            foreach (var socket in sockets)
            {
                var read = socket.Receive(buffer);
                Assert.StartsWith("HTTP/1.1 200 OK\r\n", Encoding.ASCII.GetString(buffer, 0, Math.Min(read, 17)), StringComparison.Ordinal);
                answers++;
            }
        }

        sockets.ForEach(s => s.Dispose());
        return answers;
    }

    /// <summary>Connections that only waste the server's time.</summary>
    private sealed class Crowd : IDisposable
    {
        private readonly ConcurrentBag<Socket> _sockets = [];
        private readonly CancellationTokenSource _stop = new();
        private Task _dripping = Task.CompletedTask;

        public void Add(Socket socket) => _sockets.Add(socket);

        /// <summary>Connections that send a head one byte at a time.</summary>
        public async Task DripAsync(int count, RunningApi api)
        {
            var dripping = new List<Socket>();
            for (var i = 0; i < count; i++)
            {
                dripping.Add(await api.ConnectAsync());
                Add(dripping[^1]);
            }

            _dripping = Task.Run(() => DripOnAsync(dripping), TestContext.Current.CancellationToken);
        }

        public void Dispose()
        {
            _stop.Cancel();
            foreach (var socket in _sockets)
            {
                socket.Dispose();
            }

            _stop.Dispose();
        }

        private async Task DripOnAsync(List<Socket> sockets)
        {
            var head = Encoding.ASCII.GetBytes("GET /primary HTTP/1.1\r\nX-Slow: " + new string('a', 10_000));
            try
            {
                for (var i = 0; i < head.Length && !_stop.IsCancellationRequested; i++)
                {
                    foreach (var socket in sockets)
                    {
                        await socket.SendAsync(head.AsMemory(i, 1), _stop.Token);
                    }

                    await Task.Delay(20, _stop.Token);
                }
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                // The test is over, or the server has had enough of us.
            }
        }
    }
}

/// <summary>The end of connections that wait for ever.</summary>
public class A_client_that_never_finishes
{
    [Fact]
    public async Task Is_dropped_when_its_time_is_up()
    {
        await using var api = await RunningApi.StartAsync(Nodes.Primary(RunningApi.Clock));
        using var idle = await api.ConnectAsync();
        using var halfHead = await api.ConnectAsync();
        await halfHead.SendAsync("GET /primary HTTP/1.1\r\nHo"u8.ToArray());
        using var halfBody = await api.ConnectAsync();
        await halfBody.SendAsync("PATCH /config HTTP/1.1\r\nContent-Length: 10\r\n\r\n{"u8.ToArray());
        await Eventually.HoldsAsync("all three to be open", TimeSpan.FromSeconds(20), () => api.Api.ConnectionCount == 3, TestContext.Current.CancellationToken);
        var began = Instant.Now(RunningApi.Clock);
        await Eventually.HoldsAsync("all three to be dropped", TimeSpan.FromSeconds(30), () => api.Api.ConnectionCount == 0, TestContext.Current.CancellationToken);
        Assert.True(Instant.Now(RunningApi.Clock) - began > TimeSpan.FromSeconds(5), "they were not given time");
    }
}
