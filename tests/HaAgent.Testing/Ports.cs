using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace HaAgent.Testing;

/// <summary>Free TCP ports of the loopback, leased so that test runs beside each other never pick the same.</summary>
/// <remarks>
/// Below the kernel's ephemeral range, so no outgoing connection takes one between the choice and the use. A lease is a locked file:
/// it ends with the process at the latest.
/// </remarks>
public static class Ports
{
    private const int First = 20000;
    private const int Last = 31999;

    private static readonly string LeaseFolder =
        Path.Combine(Path.GetTempPath(), $"haagent-ports-{Environment.UserName}");

    private static readonly Lock Gate = new();
    private static readonly Dictionary<int, FileStream> Leases = [];
    private static int _next = Random.Shared.Next(First, Last);

    /// <summary>A port on which nothing listens, kept for this process until <see cref="Release"/> or its end.</summary>
    /// <param name="preferred">Taken when it is free: the demo likes the well-known ones.</param>
    public static int Lease(int? preferred = null)
    {
        lock (Gate)
        {
            Directory.CreateDirectory(LeaseFolder);
            if (preferred is { } wanted && TryLease(wanted))
            {
                return wanted;
            }

            for (var tries = First; tries <= Last; tries++)
            {
                _next = _next >= Last ? First : _next + 1;
                if (TryLease(_next))
                {
                    return _next;
                }
            }

            throw new InvalidOperationException($"No free port between {First} and {Last}.");
        }
    }

    public static void Release(int port)
    {
        lock (Gate)
        {
            if (Leases.Remove(port, out var file))
            {
                file.Dispose();
            }
        }
    }

    /// <summary>Whether something could listen on this port of all addresses now.</summary>
    public static bool IsFree(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            socket.Bind(new IPEndPoint(IPAddress.Any, port));
            socket.Listen();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static bool TryLease(int port)
    {
        if (Leases.ContainsKey(port))
        {
            return false;
        }

        FileStream? file = null;
        try
        {
            // FileShare.None is an advisory lock on the open file: it vanishes with the process, however that ends.
            var path = Path.Combine(LeaseFolder, port.ToString(CultureInfo.InvariantCulture));
            file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            if (!IsFree(port))
            {
                return false;
            }

            Leases.Add(port, file);
            file = null;
            return true;
        }
        catch (IOException)
        {
            return false;
        }
        finally
        {
            file?.Dispose();
        }
    }
}
