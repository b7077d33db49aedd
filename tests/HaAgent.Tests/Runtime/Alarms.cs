using System.Collections.Concurrent;
using HaAgent.Core.Loop;
using HaAgent.Core.Model;
using HaAgent.Runtime;
using HaAgent.Testing;

namespace HaAgent.Tests.Runtime;

public sealed class Alarms : IDisposable
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(20);

    private readonly AlarmThread _alarms = new(BoottimeTimeProvider.Instance);
    private readonly ConcurrentQueue<(string Name, Instant At, string Thread)> _fired = [];

    public void Dispose() => _alarms.Dispose();

    [Fact]
    public async Task Fire_in_their_order_on_their_own_thread_and_never_early()
    {
        var begun = Instant.Now(_alarms);
        using var late = Set("late", 60);
        using var early = Set("early", 20);
        using var now = Set("now", 0);
        await Eventually.HoldsAsync(
            "all have fired", Soon, () => _fired.Count == 3, TestContext.Current.CancellationToken);
        Assert.Equal(["now", "early", "late"], _fired.Select(f => f.Name));
        Assert.All(_fired, f => Assert.Equal("haagent-alarms", f.Thread));
        Assert.All(
            _fired.Zip([0, 20, 60]),
            pair => Assert.InRange(pair.First.At - begun, TimeSpan.FromMilliseconds(pair.Second), Soon));
    }

    [Fact]
    public async Task That_were_dropped_or_put_off_do_not_fire()
    {
        var dropped = Set("dropped", 10);
        using var putOff = Set("put off", 10);
        using var last = Set("last", 40);
        dropped.Dispose();
        putOff.Change(TimeSpan.FromHours(1), Timeout.InfiniteTimeSpan);
        await Eventually.HoldsAsync(
            "the last has fired", Soon, () => !_fired.IsEmpty, TestContext.Current.CancellationToken);
        Assert.Equal("last", Assert.Single(_fired).Name);
    }

    [Fact]
    public void Fire_once() => Assert.Throws<NotSupportedException>(
        () => _alarms.CreateTimer(static _ => { }, null, TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(1)));

    [Fact]
    public void Wake_the_loop_from_its_sleep_and_so_does_whoever_sets_it()
    {
        using var pump = new LoopContext();
        var wake = new WakeUp();
        var woken = new List<(bool BySet, string? Thread)>();
        var sleeping = new Thread(() => pump.Run(async () =>
        {
            await SleepAsync(Instant.Now(_alarms) + Moment);
            using var setter = _alarms.CreateTimer(_ => wake.Set(), null, Moment, Timeout.InfiniteTimeSpan);
            await SleepAsync(Instant.Never);
            wake.Set();
            wake.Set();
            await SleepAsync(Instant.Never);
            await SleepAsync(Instant.Now(_alarms) + Moment);
        }))
        { Name = "loop" };
        sleeping.Start();
        Assert.True(sleeping.Join(Soon), "the loop sleeps for ever");
        Assert.Equal([(false, "loop"), (true, "loop"), (true, "loop"), (false, "loop")], woken);

        async Task SleepAsync(Instant until) =>
            woken.Add((await wake.SleepAsync(_alarms, until), Thread.CurrentThread.Name));
    }

    private ITimer Set(string name, int milliseconds) => _alarms.CreateTimer(
        _ => _fired.Enqueue((name, Instant.Now(_alarms), Thread.CurrentThread.Name ?? "")),
        null,
        TimeSpan.FromMilliseconds(milliseconds),
        Timeout.InfiniteTimeSpan);
}
