using HaAgent.Core.Model;
using HaAgent.Core.Settings;
using HaAgent.Guard;
using HaAgent.Guarding;
using HaAgent.Runtime;
using HaAgent.Testing;
using HaAgent.Tests.Given;

namespace HaAgent.Tests.Runtime;

[Collection(nameof(FullDisk))]
public class The_lock_of_an_agent
{
    [Fact]
    public void Is_refused_to_a_second_one_with_the_pid_of_the_first()
    {
        using var run = TempFolder.Create("run");
        using (InstanceLock.Take(run.Path, "/data/a"))
        {
            var error = Assert.Throws<ConfigurationException>(() => InstanceLock.Take(run.Path, "/data/a"));
            Assert.Contains($"(pid {Environment.ProcessId}) manages '/data/a' already", error.Message, StringComparison.Ordinal);
            using var other = InstanceLock.Take(run.Path, "/data/b");
        }

        using var again = InstanceLock.Take(run.Path, "/data/a");
    }

    [Fact]
    public void Is_not_inherited_by_the_processes_it_starts()
    {
        using var run = TempFolder.Create("run");
        var first = InstanceLock.Take(run.Path, "/data/a");
        using var child = System.Diagnostics.Process.Start("sleep", "60");
        try
        {
            first.Dispose();
            using var second = InstanceLock.Take(run.Path, "/data/a");
        }
        finally
        {
            child.Kill();
        }
    }

    [Fact]
    public void Is_taken_though_the_disk_has_no_room_for_its_pid()
    {
        using var run = TempFolder.Create("run");
        File.CreateSymbolicLink(Path.Join(run.Path, $"agent-{DataDirectoryKey.Of("/data/a")}.lock"), FullDisk.Path);
        using var taken = InstanceLock.Take(run.Path, "/data/a");
    }

    [Fact]
    public void Says_what_to_do_about_a_run_directory_that_is_not_there()
    {
        var error = Assert.Throws<ConfigurationException>(() => InstanceLock.Take("/no/such/run", "/data/a"));
        Assert.Contains("The run directory '/no/such/run' cannot be used", error.Message, StringComparison.Ordinal);
    }
}

[Collection(nameof(FullDisk))]
public class The_deadline_of_the_lease_guard
{
    [Theory]
    [InlineData(FullDisk.Path)]
    [InlineData("/")]
    public void Cannot_be_kept_in_a_run_directory_that_cannot_be_written(string target)
    {
        using var run = TempFolder.Create("run");
        File.CreateSymbolicLink(Path.Join(run.Path, $"deadline-{DataDirectoryKey.Of("/data/a")}"), target);
        var error = Assert.Throws<ConfigurationException>(() => LeaseGuard.OpenWord(run.Path, "/data/a"));
        Assert.Equal(("haagent.run_dir", run.Path), (error.Setting, error.Value));
        TestContext.Current.TestOutputHelper?.WriteLine(error.Message);
    }
}

/// <summary>A file on which no space is left. Locked by whoever has it open: for one test at a time.</summary>
file static class FullDisk
{
    public const string Path = "/dev/full";
}

public class The_clock_of_the_agent
{
    [Fact]
    public void Is_the_one_that_a_suspended_machine_does_not_stop()
    {
        var clock = BoottimeTimeProvider.Instance;
        var before = LinuxClock.Nanoseconds(LinuxClock.Boottime);
        var now = Instant.Now(clock);
        var after = LinuxClock.Nanoseconds(LinuxClock.Boottime);
        Assert.InRange(now.Ticks, before / 100, (after / 100) + 1);
        var uptime = double.Parse(File.ReadAllText("/proc/uptime").Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture);
        Assert.InRange(now.Ticks / 1e7, uptime - 5, uptime + 5);
    }
}

public class The_process
{
    [Fact]
    public async Task Tells_how_its_loop_ended()
    {
        var name = "";
        await LoopThread.Start("loop", () => name = Thread.CurrentThread.Name ?? "");
        Assert.Equal("loop", name);
        await Assert.ThrowsAsync<InvalidOperationException>(() => LoopThread.Start("loop", () => throw new InvalidOperationException()));
    }

    [Fact]
    public async Task Completes_input_and_output_while_hundreds_of_work_items_block()
    {
        ThreadPoolFloor.Raise();
        using var gate = new ManualResetEventSlim();
        var blocked = Enumerable.Range(0, 200).Select(_ => Task.Run(() => gate.Wait(TimeSpan.FromSeconds(60)))).ToList();
        await using var api = await RunningApi.StartAsync(Nodes.Primary(RunningApi.Clock));
        var began = RunningApi.Clock.GetTimestamp();
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(200, (await api.AskAsync("GET", "/primary")).Code);
        }

        TestContext.Current.TestOutputHelper?.WriteLine(
            $"20 answers beside 200 blocked work items: {RunningApi.Clock.GetElapsedTime(began).TotalMilliseconds:0} ms");
        Assert.Equal(200, blocked.Count(t => !t.IsCompleted));
        gate.Set();
        await Task.WhenAll(blocked);
    }

    [Fact]
    public async Task Hears_hangup_and_the_first_order_to_stop()
    {
        var reloads = 0;
        var stops = new List<string>();
        using var signals = new HostSignals(() => Interlocked.Increment(ref reloads), signal => stops.Add(signal));
        Send("HUP");
        await Eventually.HoldsAsync("the first SIGHUP to be heard", TimeSpan.FromSeconds(20), () => Volatile.Read(ref reloads) == 1, TestContext.Current.CancellationToken);
        Send("HUP");
        await Eventually.HoldsAsync("the second SIGHUP to be heard", TimeSpan.FromSeconds(20), () => Volatile.Read(ref reloads) == 2, TestContext.Current.CancellationToken);
        Send("TERM");
        await Eventually.HoldsAsync("SIGTERM to be heard", TimeSpan.FromSeconds(20), () => stops.Count == 1, TestContext.Current.CancellationToken);
        Send("TERM");
        Send("HUP");
        await Eventually.HoldsAsync("the third SIGHUP to be heard", TimeSpan.FromSeconds(20), () => Volatile.Read(ref reloads) == 3, TestContext.Current.CancellationToken);
        Assert.Equal(["SIGTERM"], stops);
    }

    private static void Send(string signal)
    {
        using var kill = System.Diagnostics.Process.Start("kill", ["-" + signal, $"{Environment.ProcessId}"]);
        kill.WaitForExit();
        Assert.Equal(0, kill.ExitCode);
    }
}
