using Npgsql;

namespace HaAgent.Testing.Cluster;

/// <summary>Tries to write on every node all the time and remembers where it was acknowledged: the judge of "one writer at most".</summary>
/// <remarks>
/// A second writer is proven by an acknowledged write on an older timeline that was <em>sent</em> after a write on a newer timeline had
/// been acknowledged, or by two nodes acknowledging on one timeline. Each write belongs to the node's own server; no clock but ours is used.
/// </remarks>
public sealed class WriterWitness : IAsyncDisposable
{
    private const string Write =
        "INSERT INTO witness DEFAULT VALUES RETURNING ('x' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8))::bit(32)::int";

    private static readonly TimeProvider Clock = TimeProvider.System;
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(40);

    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly List<WitnessedWrite> _writes = [];
    private Task _work = Task.CompletedTask;

    private WriterWitness()
    {
    }

    public const string CreateTable = "CREATE TABLE witness (at timestamptz NOT NULL DEFAULT clock_timestamp())";

    public static WriterWitness Start(IReadOnlyList<AgentProcess> nodes)
    {
        var witness = new WriterWitness();
        witness._work = Task.WhenAll(nodes.Select(node => Task.Run(() => witness.WatchAsync(node))));
        return witness;
    }

    /// <summary>All acknowledged writes, in the order of acknowledgement.</summary>
    public IReadOnlyList<WitnessedWrite> Writes
    {
        get { lock (_gate) { return [.. _writes.OrderBy(w => w.AcknowledgedAt)]; } }
    }

    /// <summary>Every proof of a second writer, as sentences; empty when there was none.</summary>
    public IReadOnlyList<string> Violations() => ViolationsIn(Writes);

    /// <param name="writes">In the order of acknowledgement.</param>
    public static IReadOnlyList<string> ViolationsIn(IReadOnlyList<WitnessedWrite> writes)
    {
        var found = new List<string>();
        WitnessedWrite? newest = null;
        var ownerOf = new Dictionary<int, string>();
        foreach (var write in writes)
        {
            if (!ownerOf.TryAdd(write.Timeline, write.Node) && ownerOf[write.Timeline] != write.Node)
            {
                found.Add($"{write.Node} and {ownerOf[write.Timeline]} both wrote on timeline {write.Timeline}");
            }

            if (newest is not null && write.Timeline < newest.Timeline && write.SentAt > newest.AcknowledgedAt)
            {
                var late = Clock.GetElapsedTime(newest.AcknowledgedAt, write.SentAt).TotalMilliseconds;
                found.Add($"{write.Node} wrote on timeline {write.Timeline}, {late:0} ms after {newest.Node} had on {newest.Timeline}");
            }

            newest = newest is null || write.Timeline > newest.Timeline ? write : newest;
        }

        return [.. found.Distinct().Take(10)];
    }

    /// <summary>Ends the attempts; what was seen stays.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _work.ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync().ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task WatchAsync(AgentProcess node)
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await using var connection = new NpgsqlConnection(node.ConnectionString);
                await connection.OpenAsync(_stop.Token).ConfigureAwait(false);
                await using var insert = new NpgsqlCommand(Write, connection);
                while (!_stop.IsCancellationRequested)
                {
                    await WriteOnceAsync(node.Name, insert).ConfigureAwait(false);
                    await Task.Delay(Pace, Clock, _stop.Token).ConfigureAwait(false);
                }
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is NpgsqlException or TimeoutException or IOException)
            {
                await PauseAsync().ConfigureAwait(false);
            }
        }
    }

    private async Task WriteOnceAsync(string node, NpgsqlCommand insert)
    {
        var sentAt = Clock.GetTimestamp();
        try
        {
            var timeline = (int)(await insert.ExecuteScalarAsync(_stop.Token).ConfigureAwait(false))!;
            var write = new WitnessedWrite(node, timeline, sentAt, Clock.GetTimestamp());
            lock (_gate)
            {
                _writes.Add(write);
            }
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.ReadOnlySqlTransaction or PostgresErrorCodes.UndefinedTable)
        {
            // A replica, which is what most nodes should be.
        }
    }

    private async Task PauseAsync()
    {
        try
        {
            await Task.Delay(Pace, Clock, _stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Stopped: the loop ends by itself.
        }
    }
}

public sealed record WitnessedWrite(string Node, int Timeline, long SentAt, long AcknowledgedAt);
