using System.Net.Http;
using System.Net.Sockets;
using Npgsql;

namespace HaAgent.Testing;

/// <summary>Waiting for a condition, with a deadline and a sentence that says what was waited for. The only place that pauses.</summary>
/// <remarks>
/// A condition that fails because its server is not there yet (connection refused, starting up, timed out) counts as not fulfilled,
/// and its last message becomes part of the report. Every other exception ends the wait at once.
/// </remarks>
public static class Eventually
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeProvider Clock = TimeProvider.System;

    /// <summary>Waits until <paramref name="condition"/> holds.</summary>
    /// <param name="what">What is waited for, as a clause: "b streams from a".</param>
    /// <returns>How long it took.</returns>
    /// <exception cref="TimeoutException">It did not hold within <paramref name="within"/>.</exception>
    public static async Task<TimeSpan> HoldsAsync(
        string what, TimeSpan within, Func<Task<bool>> condition, CancellationToken stop = default)
    {
        var started = Clock.GetTimestamp();
        await YieldsAsync<object>(what, within, async () => await condition().ConfigureAwait(false) ? Fulfilled : null, stop)
            .ConfigureAwait(false);
        return Clock.GetElapsedTime(started);
    }

    /// <inheritdoc cref="HoldsAsync(string, TimeSpan, Func{Task{bool}}, CancellationToken)"/>
    public static Task<TimeSpan> HoldsAsync(string what, TimeSpan within, Func<bool> condition, CancellationToken stop = default) =>
        HoldsAsync(what, within, () => Task.FromResult(condition()), stop);

    /// <summary>Waits until <paramref name="attempt"/> returns something, and returns that.</summary>
    /// <exception cref="TimeoutException">It returned nothing within <paramref name="within"/>.</exception>
    public static async Task<T> YieldsAsync<T>(
        string what, TimeSpan within, Func<Task<T?>> attempt, CancellationToken stop = default)
        where T : class
    {
        var started = Clock.GetTimestamp();
        var obstacle = "";
        while (true)
        {
            stop.ThrowIfCancellationRequested();
            try
            {
                if (await attempt().ConfigureAwait(false) is { } result)
                {
                    return result;
                }

                obstacle = "";
            }
            catch (Exception e) when (IsNotThereYet(e))
            {
                obstacle = $" (last: {e.GetType().Name}: {e.Message})";
            }

            if (Clock.GetElapsedTime(started) >= within)
            {
                throw new TimeoutException($"Waited {within.TotalSeconds:0.#} s in vain: {what}{obstacle}.");
            }

            await Task.Delay(Pause, Clock, stop).ConfigureAwait(false);
        }
    }

    /// <summary>Watches that <paramref name="condition"/> holds the whole time, for what must <em>not</em> happen.</summary>
    /// <exception cref="InvalidOperationException">It did not hold at some moment.</exception>
    public static async Task KeepsHoldingAsync(
        string what, TimeSpan during, Func<Task<bool>> condition, CancellationToken stop = default)
    {
        var started = Clock.GetTimestamp();
        while (Clock.GetElapsedTime(started) is var elapsed && elapsed < during)
        {
            if (!await condition().ConfigureAwait(false))
            {
                throw new InvalidOperationException($"Stopped holding after {elapsed.TotalSeconds:0.00} s: {what}.");
            }

            await Task.Delay(Pause, Clock, stop).ConfigureAwait(false);
        }
    }

    /// <summary>Waits until <paramref name="after"/> has passed since <paramref name="timestamp"/> (of the system's TimeProvider).</summary>
    public static Task ReachedAsync(long timestamp, TimeSpan after, CancellationToken stop = default) =>
        HoldsAsync(
            $"{after.TotalSeconds:0.#} s have passed",
            after + TimeSpan.FromSeconds(5),
            () => Clock.GetElapsedTime(timestamp) >= after,
            stop);

    private static readonly object Fulfilled = new();

    private static bool IsNotThereYet(Exception e) =>
        e is NpgsqlException or HttpRequestException or SocketException or IOException or TimeoutException or TaskCanceledException;
}
