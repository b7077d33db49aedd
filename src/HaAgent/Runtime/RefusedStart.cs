using HaAgent.Configuration.Local;
using HaAgent.Core.Model;
using HaAgent.Core.Settings;
using HaAgent.Postgres;
using HaAgent.Postgres.Config;
using HaAgent.Systemd;

namespace HaAgent.Runtime;

/// <summary>
/// A start that is refused above a primary whose agent is dead: nobody renews its lease, so it must be harmless by the
/// deadline that its agent left (S2).
/// </summary>
/// <remarks>
/// Needs of the configuration no more than the data directory and the run directory. A server that another agent looks
/// after, one whose deadline is not known, and one that is known to be in recovery or under pause are left alone.
/// </remarks>
internal static class RefusedStart
{
    /// <summary>Before the deadline, for what an immediate stop takes.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(1);

    /// <summary>For the manager: ending a server takes seconds beyond the deadline at worst.</summary>
    private static readonly TimeSpan Afterwards = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    private static readonly TimeProvider Clock = BoottimeTimeProvider.Instance;

    /// <summary>Returns when the server, if there is one that matters, has been ended.</summary>
    public static async Task StandInAsync(
        ConfigurationException refusal, LocalConfiguration local, IReadOnlyDictionary<string, string> environment)
    {
        if (local.Text("postgresql.data_dir") is not { Length: > 0 } dataDirectory)
        {
            return;
        }

        using var server = new LeftServer(dataDirectory, Clock);
        if (!await server.MayBeWritableAsync())
        {
            return;
        }

        using var instance = Open(() => InstanceLock.Take(RunDirectory.Choose(local, environment), dataDirectory));
        using var word = instance is null
            ? null // another agent has it
            : Open(() => DeadlineWordFile.Open(RunDirectory.Choose(local, environment), dataDirectory));
        if (word?.Predecessor is { } deadline && deadline < Instant.Never && !IsPaused(dataDirectory))
        {
            await FenceAsync(refusal, server, deadline);
        }
    }

    /// <returns>Null when it cannot be had. What the operator reads is the refusal that brought us here.</returns>
    private static T? Open<T>(Func<T> open)
        where T : class
    {
        try
        {
            return open();
        }
        catch (Exception e) when (e is ConfigurationException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>As it was known last: under pause the operator decides.</summary>
    private static bool IsPaused(string dataDirectory) =>
        ValueParsers.Bool(DynamicConfigurationCache.Read(dataDirectory)?["pause"]) == true;

    private static async Task FenceAsync(ConfigurationException refusal, LeftServer server, Instant deadline)
    {
        using var stop = new CancellationTokenSource();
        using var signals = new HostSignals(reload: () => { }, stop: _ => stop.Cancel());
        using var manager = SdNotify.FromEnvironment();
        var left = deadline - Instant.Now(Clock);
        var what = FormattableString.Invariant(
            $"PostgreSQL (pid {server.Pid}) may be the primary and has no agent: it is stopped when its lease ends, in {Math.Max(0, left.TotalSeconds):0.0} s");
        await Console.Error.WriteLineAsync($"This agent cannot start: {refusal.Message}\n{what}, or on SIGTERM at once.");
        manager.ExtendTimeout((left > TimeSpan.Zero ? left : TimeSpan.Zero) + Afterwards, what);

        await WaitAsync(server, deadline - Margin, stop.Token);
        if (stop.IsCancellationRequested)
        {
            server.StopFast();
            await WaitAsync(server, deadline - Margin, CancellationToken.None);
        }

        await server.EndAsync(deadline);
        await Console.Error.WriteLineAsync("PostgreSQL has been stopped: its lease was at its end and no agent could start.");
    }

    private static async Task WaitAsync(LeftServer server, Instant until, CancellationToken stop)
    {
        while (until - Instant.Now(Clock) is var left && left > TimeSpan.Zero
            && !server.Exited.IsCompleted && !stop.IsCancellationRequested)
        {
            // In short pieces: a timer stands still while the machine sleeps, and this deadline does not.
            await Task.WhenAny(server.Exited, Task.Delay(left < LongestPause ? left : LongestPause, Clock, stop));
        }
    }
}
