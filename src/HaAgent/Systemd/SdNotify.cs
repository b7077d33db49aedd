using System.Globalization;
using System.Net.Sockets;
using System.Text;
using HaAgent.Guard;
using HaAgent.Runtime;

namespace HaAgent.Systemd;

/// <summary>
/// Tells systemd how the service is: datagrams to <c>$NOTIFY_SOCKET</c>. Without one it does nothing.
/// </summary>
/// <remarks>
/// systemd documentation, "sd_notify". Sending never blocks and never fails the agent: a manager that does not listen
/// is the manager's matter. The socket's path is kept and the variable need not outlive the constructor's caller:
/// PostgreSQL must not inherit it.
/// </remarks>
internal sealed class SdNotify : IDisposable
{
    private readonly Socket? _socket;
    private readonly UnixDomainSocketEndPoint? _manager;

    /// <param name="notifySocket">
    /// The value of <c>$NOTIFY_SOCKET</c>; a leading <c>@</c> names an abstract socket. Null or empty: none.
    /// </param>
    /// <param name="watchdogMicroseconds">
    /// The value of <c>$WATCHDOG_USEC</c>; null when the unit asks for no watchdog.
    /// </param>
    public SdNotify(string? notifySocket, string? watchdogMicroseconds)
    {
        if (string.IsNullOrEmpty(notifySocket) || notifySocket[0] is not ('/' or '@'))
        {
            return;
        }

        _manager = new(notifySocket[0] == '@' ? "\0" + notifySocket[1..] : notifySocket);
        _socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { Blocking = false };
        if (long.TryParse(watchdogMicroseconds, NumberStyles.None, CultureInfo.InvariantCulture, out var microseconds)
            && microseconds > 0)
        {
            WatchdogInterval = TimeSpan.FromMicroseconds(microseconds);
        }
    }

    /// <summary>From this process's environment.</summary>
    public static SdNotify FromEnvironment() => new(
        Environment.GetEnvironmentVariable("NOTIFY_SOCKET"), Environment.GetEnvironmentVariable("WATCHDOG_USEC"));

    /// <summary>
    /// How long the manager waits for <see cref="Watchdog"/> before it kills the agent; null: for ever.
    /// </summary>
    public TimeSpan? WatchdogInterval { get; }

    /// <returns>False when there is no manager, or it took nothing.</returns>
    public bool Ready(string status) => Send($"READY=1\nSTATUS={OneLine(status)}");

    /// <summary>
    /// A reload begins; <see cref="Ready"/> ends it. Dated by CLOCK_MONOTONIC, as <c>Type=notify-reload</c> demands.
    /// </summary>
    public bool Reloading() => Send(string.Create(
        CultureInfo.InvariantCulture,
        $"RELOADING=1\nMONOTONIC_USEC={LinuxClock.Nanoseconds(LinuxClock.Monotonic) / 1000}"));

    public bool Stopping(string status) => Send($"STOPPING=1\nSTATUS={OneLine(status)}");

    /// <summary>The line that <c>systemctl status</c> shows.</summary>
    public bool Status(string status) => Send($"STATUS={OneLine(status)}");

    /// <summary>Once per completed turn of the loop, whatever the store answered.</summary>
    public bool Watchdog() => Send("WATCHDOG=1");

    public void Dispose() => _socket?.Dispose();

    private bool Send(string message)
    {
        if (_socket is null || _manager is null)
        {
            return false;
        }

        try
        {
            return _socket.SendTo(Encoding.UTF8.GetBytes(message), _manager) > 0;
        }
        catch (SocketException)
        {
            // Nobody listens, or its queue is full.
            return false;
        }
    }

    private static string OneLine(string text) => text.ReplaceLineEndings(" ");
}
