using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace HaAgent.Testing.Processes;

/// <summary>One datagram to the service manager.</summary>
/// <param name="Order">From 0, in the order of arrival.</param>
/// <param name="MonotonicMicroseconds">CLOCK_MONOTONIC when it was taken from the socket.</param>
public sealed record Notification(int Order, IReadOnlyDictionary<string, string> Fields, long MonotonicMicroseconds)
{
    public string? this[string name] => Fields.GetValueOrDefault(name);

    public bool Is(string name) => this[name] == "1";

    public override string ToString() => string.Join(' ', Fields.Select(field => $"{field.Key}={field.Value}"));
}

/// <summary>The service manager's end of <c>$NOTIFY_SOCKET</c>: takes and keeps what a service tells.</summary>
public sealed class NotifySocket : IAsyncDisposable
{
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
    private readonly Lock _gate = new();
    private readonly List<Notification> _taken = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _reading;

    /// <param name="path">Of the socket; short, as sockets demand.</param>
    public NotifySocket(string path)
    {
        Path = path;
        _socket.Bind(new UnixDomainSocketEndPoint(path));
        File.SetUnixFileMode(path, (UnixFileMode)0b110_110_110);
        _reading = TakeAllAsync();
    }

    public string Path { get; }

    /// <summary>What systemd sets for a service with <c>Type=notify</c> and <c>WatchdogSec=</c>.</summary>
    public IReadOnlyDictionary<string, string?> Environment(TimeSpan watchdog) => new Dictionary<string, string?>
    {
        ["NOTIFY_SOCKET"] = Path,
        ["WATCHDOG_USEC"] = watchdog.TotalMicroseconds.ToString("0", CultureInfo.InvariantCulture),
    };

    /// <summary>Everything told so far.</summary>
    public IReadOnlyList<Notification> Taken
    {
        get
        {
            lock (_gate)
            {
                return [.. _taken];
            }
        }
    }

    /// <summary>How many have been taken: a mark for <see cref="NextAsync"/>.</summary>
    public int Count => Taken.Count;

    /// <summary>Waits for the first one from <paramref name="mark"/> on that fits.</summary>
    public Task<Notification> NextAsync(string what, int mark, TimeSpan within, Func<Notification, bool> fits) =>
        Eventually.YieldsAsync(
            $"the agent tells {what}", within, () => Task.FromResult(Taken.Skip(mark).FirstOrDefault(fits)));

    /// <summary>CLOCK_MONOTONIC now, in microseconds.</summary>
    /// <remarks>.NET's timestamps are of this clock on Linux, in nanoseconds.</remarks>
    public static long Now => TimeProvider.System.GetTimestamp() / 1000;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _reading.ConfigureAwait(false);
        _socket.Dispose();
        _stop.Dispose();
    }

    private async Task TakeAllAsync()
    {
        var buffer = new byte[8192];
        try
        {
            while (true)
            {
                var length = await _socket.ReceiveAsync(buffer, _stop.Token).ConfigureAwait(false);
                var lines = Encoding.UTF8.GetString(buffer, 0, length).Split('\n');
                var fields = lines.Select(line => line.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);
                lock (_gate)
                {
                    _taken.Add(new(_taken.Count, fields, Now));
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Disposed: nobody listens any more.
        }
    }
}
