using System.Net;
using System.Net.Sockets;

namespace HaAgent.EndToEnd.Tests;

/// <summary>Clients that occupy a server: some say nothing, others say one byte at a time and never finish.</summary>
internal sealed class HangingClients : IAsyncDisposable
{
    private static readonly TimeSpan BetweenBytes = TimeSpan.FromMilliseconds(500);

    private readonly List<Socket> _sockets = [];
    private readonly CancellationTokenSource _stop = new();
    private Task _dripping = Task.CompletedTask;

    private HangingClients()
    {
    }

    public static async Task<HangingClients> ConnectAsync(int port, int idle, int dripping)
    {
        var clients = new HangingClients();
        for (var i = 0; i < idle + dripping; i++)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            clients._sockets.Add(socket);
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port));
        }

        clients._dripping = Task.Run(() => clients.DripAsync(port, dripping));
        return clients;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _dripping;
        _sockets.ForEach(socket => socket.Dispose());
        _stop.Dispose();
    }

    private async Task DripAsync(int port, int count)
    {
        var endless = "GET /patroni HTTP/1.1\r\nX-Padding: "u8.ToArray();
        for (var position = 0; !_stop.IsCancellationRequested; position++)
        {
            for (var i = _sockets.Count - count; i < _sockets.Count; i++)
            {
                await SendByteAsync(i, position < endless.Length ? endless[position] : (byte)'x', port);
            }

            try
            {
                await Task.Delay(BetweenBytes, TimeProvider.System, _stop.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    /// <summary>A server may well throw such a client out: then it comes back.</summary>
    private async Task SendByteAsync(int index, byte value, int port)
    {
        try
        {
            await _sockets[index].SendAsync(new[] { value });
        }
        catch (SocketException)
        {
            _sockets[index].Dispose();
            _sockets[index] = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await _sockets[index].ConnectAsync(new IPEndPoint(IPAddress.Loopback, port));
            }
            catch (SocketException)
            {
                // Not now: the next byte tries again.
            }
        }
    }
}
