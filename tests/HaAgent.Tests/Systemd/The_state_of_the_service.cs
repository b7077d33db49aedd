using HaAgent.Systemd;
using HaAgent.Testing;
using HaAgent.Testing.Processes;
using Microsoft.Extensions.Logging.Abstractions;

namespace HaAgent.Tests.Systemd;

public sealed class The_state_of_the_service : IAsyncDisposable
{
    private static readonly TimeSpan LoopWait = TimeSpan.FromSeconds(10);

    private readonly TempFolder _folder = TempFolder.Create("run");
    private readonly NotifySocket _manager;
    private readonly ServiceState _state;

    public The_state_of_the_service()
    {
        _manager = new(_folder.File("notify"));
        _state = new(new SdNotify(_manager.Path, "120000000"), TimeProvider.System, NullLogger.Instance);
    }

    public async ValueTask DisposeAsync()
    {
        _state.Dispose();
        await _manager.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Is_ready_once_alive_with_every_turn_and_described_when_it_changes()
    {
        _state.TurnCompleted("waiting", LoopWait);
        _state.TurnCompleted("waiting", LoopWait);
        _state.TurnCompleted("leading", LoopWait);
        Assert.Equal(
            ["WATCHDOG=1", "READY=1 STATUS=waiting", "WATCHDOG=1", "WATCHDOG=1", "STATUS=leading"], await ToldAsync(5));
    }

    [Fact]
    public async Task Is_not_ready_because_of_a_reload_before_the_first_turn()
    {
        _state.ReloadBegins();
        _state.ReloadEnds();
        _state.TurnCompleted("leading", LoopWait);
        _state.ReloadBegins();
        _state.ReloadEnds();
        var told = await ToldAsync(4);
        Assert.Equal(["WATCHDOG=1", "READY=1 STATUS=leading"], told.Take(2));
        Assert.StartsWith("RELOADING=1 MONOTONIC_USEC=", told[2], StringComparison.Ordinal);
        Assert.Equal("READY=1 STATUS=leading", told[3]);
    }

    [Fact]
    public async Task Is_not_ready_again_once_it_ends_but_alive_for_as_long_as_that_takes()
    {
        _state.TurnCompleted("leading", LoopWait);
        _state.ReloadBegins();
        _state.Stopping("shutting down");
        _state.ReloadEnds();
        _state.TurnCompleted("handing over", LoopWait);
        Assert.Equal(["STOPPING=1 STATUS=shutting down", "WATCHDOG=1"], (await ToldAsync(5)).Skip(3));
    }

    private async Task<IReadOnlyList<string>> ToldAsync(int count)
    {
        await Eventually.HoldsAsync(
            $"{count} messages", TimeSpan.FromSeconds(20), () => _manager.Count >= count, TestContext.Current.CancellationToken);
        return [.. _manager.Taken.Select(n => n.ToString())];
    }
}
