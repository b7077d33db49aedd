using System.Globalization;
using Npgsql;

namespace HaAgent.Testing.Cluster;

/// <summary>A client that never stops writing: one row after the other, wherever it gets an acknowledgement.</summary>
/// <remarks>Knows what it was promised, so that afterwards the promise can be compared with what is there.</remarks>
public sealed class WriterClient : IAsyncDisposable
{
    private static readonly TimeProvider Clock = TimeProvider.System;

    private readonly IReadOnlyList<string> _targets;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly List<AcknowledgedRow> _rows = [];
    private readonly TimeSpan _pace;
    private Task _work = Task.CompletedTask;
    private string _lastFailure = "";
    private string _disturbance = "";

    private WriterClient(IReadOnlyList<string> targets, TimeSpan pace) => (_targets, _pace) = (targets, pace);

    public const string Table = "ledger";

    /// <summary>Starts to write. The table must exist.</summary>
    /// <param name="targets">Connection strings; after a failure the next one is tried, in a circle.</param>
    /// <param name="pace">Pause after each acknowledgement.</param>
    public static WriterClient Start(IReadOnlyList<string> targets, TimeSpan pace)
    {
        var writer = new WriterClient(targets, pace);
        writer._work = Task.Run(writer.WriteAsync);
        return writer;
    }

    /// <summary>Why the last attempt failed; empty when none did yet.</summary>
    public string LastFailure
    {
        get { lock (_gate) { return _lastFailure; } }
    }

    /// <summary>The first failure after the first acknowledged row; empty when the client noticed nothing.</summary>
    public string Disturbance
    {
        get { lock (_gate) { return _disturbance; } }
    }

    public IReadOnlyList<AcknowledgedRow> Acknowledged
    {
        get { lock (_gate) { return [.. _rows]; } }
    }

    /// <summary>Waits until a row is acknowledged that was sent after this call.</summary>
    public async Task<AcknowledgedRow> NextAcknowledgementAsync(TimeSpan within)
    {
        var now = Clock.GetTimestamp();
        return await Eventually.YieldsAsync(
            $"a row sent from now on is acknowledged (last failure: {LastFailure})",
            within,
            () => { lock (_gate) { return Task.FromResult(_rows.Count > 0 && _rows[^1].SentAt > now ? _rows[^1] : null); } })
            .ConfigureAwait(false);
    }

    /// <summary>The longest time between two successive acknowledgements since <paramref name="since"/>, and when it began.</summary>
    public Interruption LongestInterruption(long since = 0)
    {
        var longest = new Interruption(since, TimeSpan.Zero);
        AcknowledgedRow? before = null;
        foreach (var row in Acknowledged)
        {
            if (before is not null && row.At > since && Clock.GetElapsedTime(before.At, row.At) is var gap && gap > longest.Length)
            {
                longest = new Interruption(before.At, gap);
            }

            before = row;
        }

        return longest;
    }

    /// <summary>Ends writing.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _work.ConfigureAwait(false);
    }

    /// <summary>Compares every acknowledged row with what a server has now. Call after <see cref="StopAsync"/>.</summary>
    public async Task<Ledger> CompareAsync(NpgsqlConnection server)
    {
        var present = new HashSet<long>();
        await using var command = new NpgsqlCommand($"SELECT id FROM {Table}", server);
        await using var reader = await command.ExecuteReaderAsync().ConfigureAwait(false);
        while (await reader.ReadAsync().ConfigureAwait(false))
        {
            present.Add(reader.GetInt64(0));
        }

        var acknowledged = Acknowledged;
        return new Ledger(
            acknowledged.Count, present.Count, [.. acknowledged.Where(r => !present.Contains(r.Id)).Select(r => r.Id)]);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync().ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task WriteAsync()
    {
        long id = 0;
        for (var target = 0; !_stop.IsCancellationRequested; target = (target + 1) % _targets.Count)
        {
            try
            {
                await using var connection = new NpgsqlConnection(_targets[target]);
                // Without the token, here and below: a command that is given up while its connection breaks makes Npgsql throw out of
                // the cancellation itself. The connection string bounds both.
                await connection.OpenAsync().ConfigureAwait(false);
                await using var insert = new NpgsqlCommand($"INSERT INTO {Table} (id) VALUES ($1)", connection);
                var parameter = new NpgsqlParameter<long>();
                insert.Parameters.Add(parameter);
                while (!_stop.IsCancellationRequested)
                {
                    // A new number for every attempt: a row whose reply was lost may be there or not, and nobody claims either.
                    parameter.TypedValue = ++id;
                    var sentAt = Clock.GetTimestamp();
                    await insert.ExecuteNonQueryAsync().ConfigureAwait(false);
                    Note(new AcknowledgedRow(id, sentAt, Clock.GetTimestamp()));
                    await Task.Delay(_pace, Clock, _stop.Token).ConfigureAwait(false);
                }
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is NpgsqlException or TimeoutException or IOException)
            {
                await NoteFailureAsync(e).ConfigureAwait(false);
            }
        }
    }

    private void Note(AcknowledgedRow row)
    {
        lock (_gate)
        {
            _rows.Add(row);
        }
    }

    private async Task NoteFailureAsync(Exception e)
    {
        lock (_gate)
        {
            _lastFailure = e.Message;
            if (_rows.Count > 0 && _disturbance.Length == 0)
            {
                _disturbance = $"after {_rows.Count} rows: {e.Message}";
            }
        }

        try
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), Clock, _stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Stopped: the loop ends by itself.
        }
    }
}

/// <param name="SentAt">Timestamp of the system's TimeProvider before the row was sent.</param>
/// <param name="At">... and after it was acknowledged.</param>
public sealed record AcknowledgedRow(long Id, long SentAt, long At);

/// <param name="Start">Timestamp of the last acknowledgement before it.</param>
public sealed record Interruption(long Start, TimeSpan Length);

/// <param name="Present">Rows on the server; may exceed the acknowledged ones by those whose reply was lost.</param>
/// <param name="Lost">Acknowledged rows that are not there.</param>
public sealed record Ledger(int Acknowledged, int Present, IReadOnlyList<long> Lost)
{
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{Acknowledged} rows acknowledged, {Present} present, {Lost.Count} lost");
}
