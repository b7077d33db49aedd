namespace HaAgent.EndToEnd.Tests.GuardFigures;

/// <summary>How well the guard does, and that it does nothing where it should not: a few rounds each, or the whole campaign.</summary>
public class The_lease_guard_in_figures(Fleet fleet) : IClassFixture<Fleet>, IAsyncLifetime
{
    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (TestContext.Current.TestState?.Result == TestResult.Failed)
        {
            fleet.KeepLogs();
        }

        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Ends_all_writing_before_the_lease_of_a_frozen_or_dead_agent_ends()
    {
        var rounds = new List<PastTheDeadline>();
        try
        {
            await fleet.RunAsync(Counts.Wanted.PastDeadline, rounds, (squad, index) => PastTheDeadline.RunAsync(squad, kill: index % 2 == 1));
        }
        finally
        {
            Tell(rounds);
        }

        Assert.All(rounds, round =>
        {
            Assert.True(round.Left > TimeSpan.Zero, $"{round}");
            Assert.True(round.Handover > TimeSpan.Zero, $"{round}");
        });
    }

    [Fact]
    public async Task Does_not_fire_when_a_frozen_agent_goes_on_a_second_before_the_deadline()
    {
        var rounds = new List<UpToTheDeadline>();
        var voided = await fleet.RunAsync(Counts.Wanted.UpToDeadline, rounds, (squad, _) => UpToTheDeadline.RunAsync(squad));
        const string What = "frozen up to GuardAt - 1 s: ";
        FigureTable.Count(What + "firings", rounds.Count, rounds.Count(round => round.Fired), $"limit 0; {voided} rounds void: thawed too late");
        FigureTable.Count(What + "fenced by the agent", rounds.Count, rounds.Count(round => round.Fences.Length > 0), Modes(rounds));
        FigureTable.Count(What + "primary kept", rounds.Count, rounds.Count(round => round.Kept), "no limit: FenceAt is earlier");
        FigureTable.Count(What + "same leader afterwards", rounds.Count, rounds.Count(round => round.SameLeader), "no limit");
        FigureTable.Distribution(What + "thawed late by", [.. rounds.Select(round => round.Late)], "the harness's part");
        FigureTable.Distribution(
            What + "last write to lease's end", [.. rounds.Select(round => round.Left).OfType<TimeSpan>()], "limit above 0");
        Assert.All(rounds, round => Assert.False(round.Fired, $"{round}"));
        Assert.All(rounds, round => Assert.True(round.Left is null || round.Left > TimeSpan.Zero, $"{round}"));
    }

    [Fact]
    public async Task Does_not_fire_when_an_agent_dies_and_is_started_again()
    {
        var rounds = new List<AgentRestart>();
        await fleet.RunAsync(Counts.Wanted.Restarts, rounds, (squad, _) => AgentRestart.RunAsync(squad));
        const string What = "agent killed and restarted: ";
        FigureTable.Count(What + "firings", rounds.Count, rounds.Count(round => round.Fired), "limit 0");
        FigureTable.Count(What + "primary kept", rounds.Count, rounds.Count(round => round.Kept), "all");
        FigureTable.Distribution(What + "until it leads", [.. rounds.Select(round => round.Took)], "no limit");
        FigureTable.Distribution(What + "time left to the old deadline", [.. rounds.Select(round => round.Left)], "limit above 0");
        Assert.All(rounds, round => Assert.True(round is { Fired: false, Kept: true }, $"{round}"));
    }

    [Fact]
    public async Task Does_not_fire_during_a_switchover_whose_shutdown_checkpoint_takes_ten_seconds()
    {
        var rounds = new List<SlowSwitchover>();
        var voided = await fleet.RunAsync(Counts.Wanted.Switchovers, rounds, (squad, _) => SlowSwitchover.RunAsync(squad));
        const string What = "switchover, checkpoint of 10 s: ";
        FigureTable.Count(What + "firings", rounds.Count, rounds.Count(round => round.Fired), $"limit 0; {voided} rounds void: checkpoint not held");
        FigureTable.Distribution(What + "shutdown", [.. rounds.Select(round => round.Shutdown)], "10 s at least");
        FigureTable.Distribution(What + "last write to first write", [.. rounds.Select(round => round.Interruption)], "no limit");
        Assert.All(rounds, round =>
        {
            Assert.False(round.Fired, $"{round}");
            Assert.True(round.Interruption > TimeSpan.Zero, $"{round}");
            Assert.InRange(round.Shutdown, TimeSpan.FromSeconds(SlowSwitchover.CheckpointSeconds), TimeSpan.MaxValue);
        });
    }

    private static void Tell(List<PastTheDeadline> rounds)
    {
        foreach (var (what, some) in ((string, IReadOnlyList<PastTheDeadline>)[])
            [("frozen", [.. rounds.Where(round => !round.Killed)]), ("killed", [.. rounds.Where(round => round.Killed)])])
        {
            FigureTable.Distribution($"agent {what}: last write to lease's end", [.. some.Select(round => round.Left)], "limit above 0");
            FigureTable.Distribution($"agent {what}: ... on the open connection", [.. some.Select(round => round.AfterOpen)], "limit above 0");
            FigureTable.Distribution($"agent {what}: ... on new connections", [.. some.Select(round => round.AfterAnew)], "limit above 0");
            FigureTable.Distribution($"agent {what}: last write to the new primary's first", [.. some.Select(round => round.Handover)], "limit above 0");
        }

        var firings = rounds.ConvertAll(round => round.Fired);
        FigureTable.Distribution("agent held: lease's end to the new primary's first write", [.. rounds.Select(round => round.FirstNew)], "no limit");
        FigureTable.Distribution("guard: begun after its deadline", [.. firings.Select(firing => firing.Late)], "no limit");
        FigureTable.Distribution("guard: from the first signal until no process was left", [.. firings.Select(firing => firing.Took)], "no limit: killed is killed");
        FigureTable.Count("guard: had to kill", firings.Count, firings.Count(firing => firing.Killed), "no limit");
        FigureTable.Count(
            "two writable servers", rounds.Count, rounds.Count(round => round.Handover <= TimeSpan.Zero), "limit 0 rounds, 0 s");
    }

    private static string Modes(List<UpToTheDeadline> rounds) => string.Join(
        ", ", rounds.CountBy(round => round.Fences).Select(mode => $"{mode.Value} {mode.Key}"));
}
