using System.Net;
using System.Net.Sockets;
using HaAgent.Core.Settings;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Options;

namespace HaAgent.Rest.Http;

/// <summary>
/// Kestrel's sockets and connections under our own reading of HTTP/1. TLS is one more line per endpoint here.
/// </summary>
internal sealed class HttpListener : IAsyncDisposable
{
    /// <summary>Far above what checks need and far below what memory allows.</summary>
    private const int MaxConnections = 8192;

    private readonly KestrelServer _kestrel;
    private readonly ConnectionTable _table;

    private HttpListener(KestrelServer kestrel, ConnectionTable table)
    {
        _kestrel = kestrel;
        _table = table;
    }

    public int ConnectionCount => _table.Count;

    /// <summary>Where it listens, with the port that was given for 0.</summary>
    public IReadOnlyList<Uri> Addresses =>
        [.. (_kestrel.Features.Get<IServerAddressesFeature>()?.Addresses ?? []).Select(Reachable)];

    /// <param name="listen"><c>restapi.listen</c>: host (empty or <c>*</c>: all interfaces) and port.</param>
    /// <exception cref="ConfigurationException">The address cannot be listened on.</exception>
    public static async Task<HttpListener> StartAsync(
        (string Host, int Port) listen,
        int backlog,
        IRequestHandler handler,
        ReplyWriter writer,
        TimeProvider clock,
        ILoggerFactory logs,
        CancellationToken stop)
    {
        var table = new ConnectionTable(clock, MaxConnections);
        var options = new KestrelServerOptions { AddServerHeader = false };
        Task Serve(ConnectionContext connection)
        {
            KeepAlive(connection.Features.Get<IConnectionSocketFeature>()?.Socket);
            return new HttpConnection(connection, table, handler, writer, clock).RunAsync();
        }

        // A backlog as short as the peer's default of 5 drops checks in a burst; a larger one costs nothing.
        var transport = new SocketTransportFactory(
            Options.Create(new SocketTransportOptions { Backlog = Math.Max(backlog, 512) }), logs);
        var kestrel = new KestrelServer(Options.Create(options), transport, logs);
        try
        {
            var addresses = await ResolveAsync(listen.Host, stop).ConfigureAwait(false);
            if (addresses is null)
            {
                options.ListenAnyIP(listen.Port, endpoint => endpoint.Run(Serve));
            }
            else
            {
                foreach (var address in addresses)
                {
                    options.Listen(address, listen.Port, endpoint => endpoint.Run(Serve));
                }
            }

            await kestrel.StartAsync(new NoHttpApplication(), stop).ConfigureAwait(false);
            return new(kestrel, table);
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            kestrel.Dispose();
            await table.DisposeAsync().ConfigureAwait(false);
            throw new ConfigurationException(
                $"Couldn't start a service on '{listen.Host}:{listen.Port}', please check your `restapi.listen` configuration"
                + $" ({e.GetBaseException().Message})");
        }
    }

    /// <summary>Closes idle connections at once and waits up to a second for answers under way.</summary>
    public async ValueTask DisposeAsync()
    {
        _table.BeginStop();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await _kestrel.StopAsync(patience.Token).ConfigureAwait(false);
        _kestrel.Dispose();
        await _table.DisposeAsync().ConfigureAwait(false);
    }

    private static Uri Reachable(string address) => new(address.Replace("[::]", "[::1]", StringComparison.Ordinal));

    /// <returns>Null for all interfaces.</returns>
    private static async Task<IReadOnlyList<IPAddress>?> ResolveAsync(string host, CancellationToken stop)
    {
        if (host is "" or "*")
        {
            return null;
        }

        if (IPAddress.TryParse(host, out var address))
        {
            return [address];
        }

        var found = await Dns.GetHostAddressesAsync(host, stop).ConfigureAwait(false);
        return [.. found.Distinct()];
    }

    /// <summary>
    /// A client whose host vanished is noticed within some seconds: idle 3 s, 3 probes, 10 s for unacknowledged data.
    /// </summary>
    private static void KeepAlive(Socket? socket)
    {
        const int tcpUserTimeout = 18; // linux/tcp.h
        if (socket is null)
        {
            return;
        }

        try
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 3);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 2);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);
            if (OperatingSystem.IsLinux())
            {
                socket.SetRawSocketOption((int)SocketOptionLevel.Tcp, tcpUserTimeout, BitConverter.GetBytes(10_000));
            }
        }
        catch (SocketException)
        {
            // It is closed already; the first read says so.
        }
    }

    /// <summary>
    /// Kestrel wants an HTTP application; every endpoint ends in our own handler before it could be asked.
    /// </summary>
    private sealed class NoHttpApplication : IHttpApplication<int>
    {
        public int CreateContext(IFeatureCollection contextFeatures) => 0;

        public Task ProcessRequestAsync(int context) => Task.CompletedTask;

        public void DisposeContext(int context, Exception? exception)
        {
        }
    }
}
