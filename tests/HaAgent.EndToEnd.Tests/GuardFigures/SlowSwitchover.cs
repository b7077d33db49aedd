using HaAgent.Testing;
using HaAgent.Testing.Cluster;
using HaAgent.Testing.Processes;

namespace HaAgent.EndToEnd.Tests.GuardFigures;

/// <summary>One round: a switchover in which the old primary's shutdown checkpoint takes ten seconds.</summary>
/// <remarks>The checkpointer is stopped as soon as the server says that it stops, and continued ten seconds later.</remarks>
/// <param name="Shutdown">From the server's word that it stops until it was gone.</param>
/// <param name="Interruption">From the latest write acknowledged by the old primary until the new one's first was sent.</param>
internal sealed record SlowSwitchover(TimeSpan Shutdown, TimeSpan Interruption, bool Fired)
{
    public const int CheckpointSeconds = 10;

    public static async Task<SlowSwitchover?> RunAsync(Squad squad)
    {
        var old = await squad.SettledAsync();
        var successor = squad.Other(old);
        var (log, firings) = (new AgentLog(old), squad.Watch.Firings(old));
        var checkpointer = old.PostgresProcesses().Single(p => p.Title.Contains("checkpointer", StringComparison.Ordinal)).Pid;
        var postmaster = old.PostmasterPid()!.Value;
        var began = Boottime.Now;

        var hold = HoldCheckpointerAsync(old, checkpointer);
        var answer = old.Rest.PostAsync("/switchover", new() { ["leader"] = old.Name, ["candidate"] = successor.Name });
        if (await hold is not { } stopping)
        {
            await answer; // the checkpoint was over before it could be held
            return null;
        }

        await Boottime.ReachedAsync(stopping + (CheckpointSeconds * Boottime.Second));
        Assert.True(LinuxProcesses.IsAlive(postmaster), "somebody ended the server during its shutdown checkpoint");
        LinuxProcesses.Send(checkpointer, Signal.Continue);
        await Eventually.HoldsAsync($"the server of {old.Name} is gone", Squad.Patience, () => !LinuxProcesses.IsAlive(postmaster));
        var gone = Boottime.Now;

        var (code, body) = await answer;
        Assert.True(code == 200, $"{code} {body}");
        var first = await Eventually.YieldsAsync(
            $"{successor.Name} acknowledges a write", Squad.Patience, () => Task.FromResult(squad.First(successor, began)));
        await squad.Cluster.WaitUntilStreamingAsync(old, Squad.Patience);
        var latest = squad.Latest(old, began);
        return new(
            Boottime.Span(gone - stopping),
            Boottime.Span(first.SentAt - Math.Max(latest.Open ?? began, latest.Anew ?? began)),
            squad.Watch.Firings(old) > firings || log.Firings().Count > 0);
    }

    /// <returns>When it was stopped; null when it was gone, or had done its work, by then.</returns>
    private static Task<long?> HoldCheckpointerAsync(AgentProcess node, int checkpointer) => Task.Factory.StartNew(
        () =>
        {
            // Between the word and the checkpoint are the ends of the server's other processes: some milliseconds.
            using var never = new ManualResetEventSlim();
            var limit = Boottime.Now + (long)(Squad.Patience.TotalSeconds * Boottime.Second);
            while (!IsStopping(node))
            {
                Assert.True(Boottime.Now < limit, $"the server of {node.Name} was never told to stop");
                never.Wait(TimeSpan.FromMilliseconds(1));
            }

            return LinuxProcesses.IsAlive(checkpointer) && LinuxProcesses.Send(checkpointer, Signal.Stop)
                && LinuxProcesses.IsAlive(checkpointer) && IsStopping(node) ? Boottime.Now : (long?)null;
        },
        CancellationToken.None,
        TaskCreationOptions.LongRunning,
        TaskScheduler.Default);

    /// <summary>The eighth line of <c>postmaster.pid</c>; no file: it has stopped.</summary>
    private static bool IsStopping(AgentProcess node)
    {
        try
        {
            return File.ReadLines(Path.Combine(node.DataDirectory, "postmaster.pid")).ElementAtOrDefault(7)
                ?.StartsWith("stopping", StringComparison.Ordinal) == true;
        }
        catch (FileNotFoundException)
        {
            return true;
        }
    }
}
