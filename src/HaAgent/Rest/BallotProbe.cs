using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;

namespace HaAgent.Rest;

/// <summary>
/// Measures positions for <c>GET /patroni</c>: always after the request came, by one probe for all who wait.
/// </summary>
/// <remarks>
/// At most one probe runs and at most one is planned, and they start no closer than <see cref="Spacing"/>: a burst of
/// requests costs the server fifty small queries a second, whatever the burst. Who comes while a probe runs gets the
/// next one, because the running one may have read its positions before the request arrived.
/// </remarks>
internal sealed class BallotProbe(IPostgresServer postgres, TimeProvider clock, CancellationToken stop)
{
    /// <summary>Peers wait two seconds for the whole answer.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan Spacing = TimeSpan.FromMilliseconds(20);

    private readonly Lock _gate = new();
    private Task<PostgresReading?> _running = Task.FromResult<PostgresReading?>(null);
    private Task<PostgresReading?>? _planned;
    private Instant _lastStart = new(long.MinValue / 2);

    /// <returns>
    /// A reading measured after the call; null when the server did not answer within <see cref="Patience"/>.
    /// </returns>
    public async ValueTask<PostgresReading?> MeasureAsync()
    {
        var asked = Instant.Now(clock);
        Task<PostgresReading?> mine;
        lock (_gate)
        {
            mine = _planned ??= RunNextAsync(_running);
        }

        try
        {
            var reading = await mine.WaitAsync(Patience, clock, stop).ConfigureAwait(false);
            return reading?.Sql is SqlReading.Answered answered && answered.AskedAt >= asked ? reading : null;
        }
        catch (TimeoutException)
        {
            return null;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return null;
        }
    }

    private async Task<PostgresReading?> RunNextAsync(Task<PostgresReading?> before)
    {
        try
        {
            // Leaves the caller's lock before anything else happens.
            await Task.Yield();
            await ((Task)before).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            var pause = _lastStart + Spacing - Instant.Now(clock);
            if (pause > TimeSpan.Zero)
            {
                await Task.Delay(pause, clock, stop).ConfigureAwait(false);
            }

            lock (_gate)
            {
                // From here on newcomers plan the next one.
                (_running, _planned) = (_planned!, null); // set by MeasureAsync, and only this task clears it
                _lastStart = Instant.Now(clock);
            }

            return await postgres.ProbeAsync(Instant.Now(clock) + Patience, stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return null;
        }
    }
}
