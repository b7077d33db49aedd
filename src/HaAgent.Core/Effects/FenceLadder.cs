using HaAgent.Core.Loop;
using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using Microsoft.Extensions.Logging;

namespace HaAgent.Core.Effects;

/// <summary>Makes the local server unable to acknowledge a write by a deadline, whatever it costs (S1, S2).</summary>
/// <remarks>
/// The rungs: <c>fast</c>; at half of the time left <c>immediate</c>; at the deadline every process is killed. Done is when no
/// client backend is left and none can come: a slow checkpoint or archiver after that cannot acknowledge anything.
/// </remarks>
/// <param name="clock">Fires its timers whatever else the process does.</param>
internal sealed class FenceLadder(IPostgresServer postgres, ILeaseGuard guard, TimeProvider clock, ILogger logger)
{
    /// <summary>Below this an orderly stop has no chance.</summary>
    internal static readonly TimeSpan ShortestOrderly = TimeSpan.FromMilliseconds(200);

    /// <summary>What an immediate stop gets when the orderly one has used up the time.</summary>
    internal static readonly TimeSpan LastChance = TimeSpan.FromMilliseconds(200);

    /// <summary>And what it gets when the time to have ended was over before the ladder began.</summary>
    private static readonly TimeSpan NoChance = TimeSpan.FromMilliseconds(20);

    internal static readonly TimeSpan BetweenKills = TimeSpan.FromMilliseconds(100);

    /// <summary>A server without clients may finish its checkpoint for so long.</summary>
    private static readonly TimeSpan Epilogue = TimeSpan.FromSeconds(60);

    /// <summary>Ends when no postmaster is left.</summary>
    public async Task RunAsync(Instant deadline, CancellationToken stop)
    {
        var begun = Instant.Now(clock);
        var left = deadline - begun;
        if (left > ShortestOrderly && postgres.Signal(StopMode.Fast)
            && await ByAsync(begun + (left / 2), limit => postgres.WaitForNoClientBackendsAsync(limit, stop)))
        {
            HaLog.Fenced(logger, StopMode.Fast, Instant.Now(clock) - begun);
            guard.TryDisarm(onlyIfNothingRuns: false); // none can come either: the rest of the stop may take as long as it likes
            if (await HasExitedByAsync(Instant.Now(clock) + Epilogue, stop))
            {
                return;
            }
        }

        postgres.Signal(StopMode.Immediate);
        if (await HasExitedByAsync(Instant.Max(deadline, Instant.Now(clock) + (left > TimeSpan.Zero ? LastChance : NoChance)), stop))
        {
            HaLog.Fenced(logger, StopMode.Immediate, Instant.Now(clock) - begun);
            guard.TryDisarm(onlyIfNothingRuns: true); // now: on a busy machine the deadline may come before the loop's next turn
            return;
        }

        HaLog.Killing(logger, Instant.Now(clock) - begun);
        do
        {
            postgres.Kill();
        }
        while (!await HasExitedByAsync(Instant.Now(clock) + BetweenKills, stop));
        guard.TryDisarm(onlyIfNothingRuns: true);
    }

    private Task<bool> HasExitedByAsync(Instant limit, CancellationToken stop) =>
        ByAsync(limit, until => postgres.WaitForExitAsync(until, stop));

    /// <summary>What is waited for, or false at the limit.</summary>
    /// <remarks>The server's waits keep their limit by means of the thread pool; a ladder must climb without it.</remarks>
    private async Task<bool> ByAsync(Instant limit, Func<Instant, Task<bool>> wait)
    {
        var answer = wait(limit);
        var ended = new WakeUp();
        _ = answer.ContinueWith(
            _ => ended.Set(),
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
        await ended.SleepAsync(clock, limit);
        return answer.IsCompleted && await answer;
    }
}
