using System.Collections.Concurrent;
using HaAgent.Core.Model;

namespace HaAgent.Rest.Http;

/// <summary>All open connections, and the end of those that keep the server waiting.</summary>
/// <remarks>
/// A slow or silent client costs memory only, never a thread; still they are bounded. When there are too many, the
/// one that has waited longest goes, not the new one: a crowd of idle sockets must not lock out a health check.
/// </remarks>
internal sealed class ConnectionTable : IAsyncDisposable
{
    private readonly ConcurrentDictionary<HttpConnection, byte> _open = new();
    private readonly TimeProvider _clock;
    private readonly int _capacity;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _sweeping;

    /// <param name="capacity">More connections than this are not kept.</param>
    public ConnectionTable(TimeProvider clock, int capacity)
    {
        _clock = clock;
        _capacity = capacity;
        Stop = _stop.Token; // outlives its source: a straggler may still look at it
        _sweeping = SweepAsync();
    }

    /// <summary>Signalled when the listener stops.</summary>
    public CancellationToken Stop { get; }

    public int Count => _open.Count;

    public void Add(HttpConnection connection)
    {
        _open.TryAdd(connection, 0);
        if (_open.Count > _capacity)
        {
            var longestWaiting = _open.Keys.Where(c => c != connection && c.IsWaiting).MinBy(c => c.WaitingSince);
            longestWaiting?.Abort();
        }
    }

    public void Remove(HttpConnection connection) => _open.TryRemove(connection, out _);

    /// <summary>Ends the waiting ones at once, and signals the others to end after their current answer.</summary>
    public void BeginStop()
    {
        _stop.Cancel();
        foreach (var connection in _open.Keys)
        {
            if (connection.IsWaiting)
            {
                connection.Abort();
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        BeginStop();
        await _sweeping.ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task SweepAsync()
    {
        using var tick = new PeriodicTimer(TimeSpan.FromSeconds(1), _clock);
        try
        {
            while (await tick.WaitForNextTickAsync(Stop).ConfigureAwait(false))
            {
                var now = Instant.Now(_clock);
                foreach (var connection in _open.Keys)
                {
                    if (now >= connection.Deadline)
                    {
                        connection.Abort();
                    }
                }
            }
        }
        catch (OperationCanceledException) when (Stop.IsCancellationRequested)
        {
            // The listener stops.
        }
    }
}
