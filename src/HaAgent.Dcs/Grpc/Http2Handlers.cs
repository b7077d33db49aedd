using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace HaAgent.Dcs.Grpc;

/// <summary>How connections are made: names, addresses, TLS.</summary>
internal static class Http2Handlers
{
    /// <param name="connectTimeout">For one connection, name resolution and TLS included.</param>
    /// <param name="tls">Null for plain HTTP/2.</param>
    public static SocketsHttpHandler Create(TimeSpan connectTimeout, SslClientAuthenticationOptions? tls)
    {
        var handler = new SocketsHttpHandler
        {
            ConnectTimeout = connectTimeout,
            ConnectCallback = (context, cancel) => ConnectAsync(context.DnsEndPoint, connectTimeout, cancel),
            PooledConnectionIdleTimeout = TimeSpan.FromMinutes(10),
            EnableMultipleHttp2Connections = false,
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            ActivityHeadersPropagator = null,
        };
        if (tls is not null)
        {
            handler.SslOptions = tls;
        }

        return handler;
    }

    /// <summary>Tries every address of the name in turn; a dead one may not use up the time of the others.</summary>
    private static async ValueTask<Stream> ConnectAsync(DnsEndPoint server, TimeSpan timeout, CancellationToken cancel)
    {
        var addresses = IPAddress.TryParse(server.Host, out var literal)
            ? [literal]
            : await Dns.GetHostAddressesAsync(server.Host, cancel).ConfigureAwait(false);
        if (addresses.Length == 0)
        {
            throw new SocketException((int)SocketError.HostNotFound);
        }

        for (var i = 0; ; i++)
        {
            using var slice = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            slice.CancelAfter(timeout / addresses.Length);
            var socket = new Socket(addresses[i].AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(new IPEndPoint(addresses[i], server.Port), slice.Token).ConfigureAwait(false);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException && i < addresses.Length - 1
                && !cancel.IsCancellationRequested)
            {
                socket.Dispose();
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }
    }

    /// <summary>TLS that trusts the given authorities and nobody else, and shows the client certificate if there is one.</summary>
    /// <param name="authorities">Null: those of the system.</param>
    public static SslClientAuthenticationOptions Tls(
        X509Certificate2Collection? authorities, X509Certificate2? client, X509Certificate2Collection? clientIntermediates)
    {
        var options = new SslClientAuthenticationOptions { CertificateRevocationCheckMode = X509RevocationMode.NoCheck };
        if (client is not null)
        {
            options.ClientCertificateContext =
                SslStreamCertificateContext.Create(client, clientIntermediates, offline: true);
        }

        if (authorities is not null)
        {
            options.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
                DisableCertificateDownloads = true,
            };
            options.CertificateChainPolicy.CustomTrustStore.AddRange(authorities);
            options.CertificateChainPolicy.ExtraStore.AddRange(authorities);
        }

        return options;
    }
}
