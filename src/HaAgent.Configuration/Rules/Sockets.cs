using System.Net;
using System.Net.Sockets;

namespace HaAgent.Configuration.Rules;

/// <summary>What the checks ask the network. A missing answer is "unknown", never "no".</summary>
internal static class Sockets
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public enum Resolution { Resolved, DoesNotExist, Unknown }

    public enum PortState { Free, Taken, NotAllowed, NotOurAddress, Unknown }

    public static bool IsAnyAddress(string host) => host is "" or "*" or "0.0.0.0" or "::";

    public static async Task<Resolution> ResolveAsync(string host, CancellationToken stop)
    {
        if (IsAnyAddress(host) || IPAddress.TryParse(host, out _))
        {
            return Resolution.Resolved;
        }

        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(stop);
        deadline.CancelAfter(Patience);
        try
        {
            var found = await Dns.GetHostAddressesAsync(host, deadline.Token);
            return found.Length > 0 ? Resolution.Resolved : Resolution.DoesNotExist;
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return Resolution.Unknown;
        }
        catch (SocketException failure)
        {
            // "Try again" is a name server that is away, as after a power cut; only a definite answer counts as no.
            return failure.SocketErrorCode is SocketError.HostNotFound or SocketError.NoData
                ? Resolution.DoesNotExist
                : Resolution.Unknown;
        }
        catch (ArgumentException)
        {
            return Resolution.DoesNotExist; // longer than a host name can be
        }
    }

    /// <summary>Binds and lets go again.</summary>
    public static async Task<PortState> ProbeAsync(string host, int port, CancellationToken stop)
    {
        foreach (var address in await BindAddressesAsync(host, stop))
        {
            using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                socket.Bind(new IPEndPoint(address, port));
                socket.Listen(1);
            }
            catch (SocketException refused)
            {
                return refused.SocketErrorCode switch
                {
                    SocketError.AddressAlreadyInUse => PortState.Taken,
                    SocketError.AccessDenied => PortState.NotAllowed,
                    SocketError.AddressNotAvailable => PortState.NotOurAddress,
                    _ => PortState.Unknown, // e.g. no IPv6 on this host
                };
            }
        }

        return PortState.Free;
    }

    /// <returns>Whether a TCP connection came about.</returns>
    public static async Task<bool> IsReachableAsync(string host, int port, CancellationToken stop)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(stop);
        deadline.CancelAfter(Patience);
        using var socket = new TcpClient();
        try
        {
            await socket.ConnectAsync(host, port, deadline.Token);
            return true;
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return false;
        }
        catch (Exception refused) when (refused is SocketException or ArgumentException)
        {
            return false;
        }
    }

    private static async Task<IPAddress[]> BindAddressesAsync(string host, CancellationToken stop)
    {
        if (host is "" or "*")
        {
            return [IPAddress.Any];
        }

        if (IPAddress.TryParse(host, out var address))
        {
            return [address];
        }

        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(stop);
        deadline.CancelAfter(Patience);
        try
        {
            return (await Dns.GetHostAddressesAsync(host, deadline.Token))[..1];
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return [];
        }
        catch (Exception failure) when (failure is SocketException or ArgumentException)
        {
            return [];
        }
    }
}
