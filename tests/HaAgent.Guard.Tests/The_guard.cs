using System.Collections.Concurrent;
using System.Diagnostics;
using HaAgent.Testing;
using Microsoft.Win32.SafeHandles;

namespace HaAgent.Guard.Tests;

/// <summary>The guard's loop on a thread of the test, over a process that looks like a server.</summary>
public sealed class The_guard : IDisposable
{
    private const long Second = 1_000_000_000;
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    private readonly TempFolder _run = TempFolder.Create("run");
    private readonly FakeServer _fake = new();
    private readonly Process _agent;
    private readonly DeadlineWord _word;
    private readonly BoottimeTimer _timer = new();
    private readonly ServerProcesses _server;
    private readonly ConcurrentQueue<long> _triedAt = new();
    private volatile bool _diskHangs;
    private readonly SafeFileHandle _journal;
    private Thread? _thread;
    private long _allocated;

    public The_guard()
    {
        _journal = File.OpenHandle(JournalFile, FileMode.CreateNew, FileAccess.Write, FileShare.Read);
        _agent = _fake.Run("/bin/sh", "/", "-c", "read _");
        _word = DeadlineWord.Open(_run.Path, _fake.DataDirectory);
        _word.Agent = (_agent.Id, GuardProcess.StartTicks(_agent.Id));
        _word.WatchedBy(Environment.ProcessId);
        _server = new([_word.DataDirectory().ToArray()], MayKill);
    }

    private string JournalFile => Path.Join(_run.Path, "journal");

    private static long Now => LinuxClock.Nanoseconds(LinuxClock.Boottime);

    [Fact]
    public void Fires_at_the_deadline_and_not_before_and_allocates_nothing()
    {
        var server = _fake.Start();
        var deadline = Now + (Second / 2);
        _word.TryArm(deadline, margin: Second, leaseId: 1);
        Begin();
        server.WaitForExit();
        Assert.True(Now >= deadline, $"{deadline - Now} ns before its deadline");
        Assert.Equal(WordState.Fired, _word.State);
        Assert.False(_word.TryArm(Now + (60 * Second), Second, leaseId: 1));
        _word.WatchedBy(pid: 1);
        Ended();
        Assert.Equal(0, _allocated);
        Assert.Matches(@"the lease was not renewed in time, .* was (killed|stopped) \(.*begun \d+ ms after the deadline, gone after \d+ ms\)", Journal);
    }

    [Fact]
    public async Task Does_nothing_as_long_as_the_deadline_moves_on()
    {
        var server = _fake.Start();
        _word.TryArm(Now + (10 * Second), Second, leaseId: 1);
        Begin();
        for (var i = 0; i < 6; i++)
        {
            var looked = _word.GuardLookedAt;
            Assert.True(_word.TryArm(Now + (10 * Second), Second, leaseId: 1));
            await WaitUntil("it looks again", () => _word.GuardLookedAt > looked);
        }

        Assert.False(server.HasExited);
        _word.TryDisarm();
    }

    [Fact]
    public async Task Ends_whatever_is_started_after_it_has_fired_until_the_word_is_reset()
    {
        _fake.StartStubborn();
        _word.TryArm(1, margin: 4, leaseId: 1);
        Begin();
        await WaitUntil("it is said that the first is gone", () => Says("gone after") == 1);
        Assert.Equal(1, _fake.Alive); // the agent's stand-in
        var second = _fake.Start();
        Assert.True(second.WaitForExit(Soon));
        await WaitUntil("it is said of the second", () => Says("ran though the guard had fired before") == 1);
        Assert.Equal(1, Says("the lease was not renewed in time"));
        _word.Reset();
        var third = _fake.Start();
        var looked = _word.GuardLookedAt;
        await WaitUntil("it has looked twice", () => _word.GuardLookedAt > looked + (Second / 4));
        Assert.False(third.HasExited);
    }

    [Fact]
    public async Task Tries_once_a_second_to_end_what_cannot_be_ended_and_stays()
    {
        _diskHangs = true;
        var server = _fake.Start();
        _word.TryArm(1, margin: 4, leaseId: 1);
        _agent.Kill();
        Begin();
        await WaitUntil("two rounds are over", () => !_triedAt.IsEmpty && _triedAt.Last() > _triedAt.First() + (2 * Second));
        var tries = _triedAt.ToArray();
        Assert.InRange(tries.Count(at => at < tries[0] + Second), 1, 20); // one round
        Assert.Equal(WordState.Fired, _word.State);
        Assert.True(_thread!.IsAlive);
        Assert.Equal((1, 0), (Says("cannot be ended yet"), Says("gone after")));
        _diskHangs = false;
        Assert.True(server.WaitForExit(Soon));
        Ended();
        Assert.Equal((1, 1), (Says("cannot be ended yet"), Says("gone after")));
    }

    [Fact]
    public void Stays_without_an_agent_while_it_is_armed_then_fires_and_goes()
    {
        var server = _fake.Start();
        _word.TryArm(Now + (2 * Second), Second, leaseId: 1);
        _agent.Kill();
        Begin();
        Assert.True(server.WaitForExit(Soon));
        Ended();
        Assert.Equal(1, Says("gone after"));
    }

    [Fact]
    public void Leaves_no_firing_behind_that_would_end_what_is_started_by_hand_later()
    {
        var server = _fake.Start();
        _word.TryArm(1, margin: 4, leaseId: 1);
        _agent.Kill();
        Begin();
        Assert.True(server.WaitForExit(Soon));
        Ended();
        _fake.Start(); // by hand
        using var next = DeadlineWord.Open(_run.Path, _fake.DataDirectory); // an agent, days later
        Assert.Equal((WordState.Disarmed, null), (next.State, next.Predecessor));
    }

    [Fact]
    public async Task Leaves_the_firing_to_its_agent_while_that_is_there()
    {
        var server = _fake.Start();
        _word.TryArm(1, margin: 4, leaseId: 1);
        Begin();
        Assert.True(server.WaitForExit(Soon));
        var looked = _word.GuardLookedAt;
        await WaitUntil("it has looked for more than a second", () => _word.GuardLookedAt > looked + (2 * Second));
        Assert.Equal(WordState.Fired, _word.State);
    }

    [Fact]
    public void Goes_when_nothing_is_armed_and_its_agent_has_gone()
    {
        Begin();
        _agent.Kill();
        Ended();
        Assert.Equal(WordState.Disarmed, _word.State);
    }

    [Fact]
    public void Gives_way_to_the_guard_that_came_after_it()
    {
        Begin();
        _word.WatchedBy(pid: 1);
        Ended();
    }

    [Fact]
    public void Spares_what_was_started_after_the_word_was_reset_however_long_it_was_held_up()
    {
        var innocent = _fake.Start();
        _word.TryArm(1, 4, leaseId: 1);
        Assert.True(_word.TryFire(1));
        _word.Reset(); // the agent saw the first server gone, while this guard was about to kill
        _server.Kill();
        Assert.False(innocent.HasExited);
    }

    public void Dispose()
    {
        _word.WatchedBy(pid: 1); // a loop that still runs gives way
        _thread?.Join();
        _server.Dispose();
        _timer.Dispose();
        _journal.Dispose();
        _word.Dispose();
        _fake.Dispose();
        _run.Dispose();
    }

    private static Task WaitUntil(string what, Func<bool> holds) =>
        Eventually.HoldsAsync(what, Soon, holds, TestContext.Current.CancellationToken);

    private string Journal => File.ReadAllText(JournalFile);

    private int Says(string sentence) => File.ReadLines(JournalFile).Count(line => line.Contains(sentence, StringComparison.Ordinal));

    /// <summary>While the disk hangs no signal ends anybody.</summary>
    private bool MayKill()
    {
        if (_diskHangs)
        {
            _triedAt.Enqueue(Now);
        }

        return !_diskHangs && _word.State == WordState.Fired;
    }

    private void Begin()
    {
        var loop = new GuardLoop(_word, _server, _timer, new GuardJournal((int)_journal.DangerousGetHandle()));
        _thread = new Thread(() =>
        {
            loop.Rehearse();
            var before = GC.GetAllocatedBytesForCurrentThread();
            loop.Run();
            _allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        });
        _thread.Start();
    }

    private void Ended() => Assert.True(_thread!.Join(Soon), "the guard goes");
}
