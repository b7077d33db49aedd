using System.Diagnostics;
using System.Globalization;
using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;
using HaAgent.Guard;
using HaAgent.Postgres.Control;
using HaAgent.Testing;
using Npgsql;

namespace HaAgent.Postgres.Tests;

public class A_running_server
{
    [Fact]
    public async Task Is_seen_to_have_crashed_at_once()
    {
        await using var a = await TestServer.PrimaryAsync();
        var changed = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
        a.Server.Changed += () =>
        {
            if (a.Server.Latest.Process is ServerProcess.None)
            {
                changed.TrySetResult(Stopwatch.GetTimestamp());
            }
        };
        using var postmaster = PidFd.TryOpen(a.Pid);
        var killed = Stopwatch.GetTimestamp();
        Assert.True(postmaster!.Send(PidFd.SigKill));

        var seen = await changed.Task.WaitAsync(TimeSpan.FromSeconds(1), TestServer.Stop);

        TestContext.Current.SendDiagnosticMessage($"crash seen after {Stopwatch.GetElapsedTime(killed, seen).TotalMilliseconds:0.0} ms");
        Assert.NotNull(Assert.IsType<ServerProcess.None>(a.Server.Latest.Process).EndedAt);
        Assert.IsType<SqlReading.Unknown>(a.Server.Latest.Sql);
        await Eventually.HoldsAsync("the directory was looked at again", TestServer.Soon, () =>
            a.Server.Latest.Directory is DataDirectory.Initialized { State: ControlState.InProduction }, TestServer.Stop);
    }

    [Fact]
    public async Task Outlives_its_agent_and_is_adopted_by_the_next()
    {
        await using var a = await TestServer.PrimaryAsync();
        var pid = a.Pid;
        Assert.Equal(1, ParentOf(pid));

        await a.RestartAgentAsync();

        Assert.Equal(pid, a.Pid); // known as soon as the agent is there
        Assert.False((await a.ProbeAsync()).InRecovery);
        await a.StopAsync();
        Assert.IsType<ServerProcess.None>(a.Server.Latest.Process);
    }

    [Fact]
    public async Task Has_a_clean_environment_and_a_session_of_its_own()
    {
        Environment.SetEnvironmentVariable("PATRONI_SUPERUSER_PASSWORD", "leak");
        Environment.SetEnvironmentVariable("HAAGENT_X", "leak");
        Environment.SetEnvironmentVariable("NOTIFY_SOCKET", "/leak");
        await using var a = await TestServer.PrimaryAsync();

        var environment = await File.ReadAllTextAsync($"/proc/{a.Pid}/environ", TestServer.Stop);
        var commandLine = await File.ReadAllTextAsync($"/proc/{a.Pid}/cmdline", TestServer.Stop);
        var fields = (await File.ReadAllTextAsync($"/proc/{a.Pid}/stat", TestServer.Stop)).Split(") ")[1].Split(' ');

        Assert.DoesNotContain("leak", environment, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", commandLine, StringComparison.Ordinal);
        Assert.Equal(a.Pid.ToString(CultureInfo.InvariantCulture), fields[3]); // session
    }

    [Fact]
    public async Task Stops_fast_although_a_client_is_connected()
    {
        await using var a = await TestServer.PrimaryAsync();
        await using var source = a.DataSource();
        await using var client = await source.OpenConnectionAsync(TestServer.Stop);
        Assert.False(await a.Server.WaitForNoClientBackendsAsync(TestServer.In(0.2), TestServer.Stop));

        Assert.True(a.Server.Signal(StopMode.Fast));
        Assert.True(await a.Server.WaitForNoClientBackendsAsync(TestServer.In(20), TestServer.Stop));
        Assert.True(await a.Server.WaitForControlStateAsync(
            [ControlState.ShutDown], TestServer.In(20), TestServer.Stop));
        Assert.True(await a.Server.WaitForExitAsync(TestServer.In(20), TestServer.Stop));

        Assert.Equal(ControlState.ShutDown, (await a.Server.ReadControlAsync(TestServer.Stop))!.State);
    }

    [Fact]
    public async Task Waits_for_its_clients_when_stopped_smartly_and_not_when_stopped_immediately()
    {
        await using var a = await TestServer.PrimaryAsync();
        await using var source = a.DataSource();
        await using var client = await source.OpenConnectionAsync(TestServer.Stop);
        Assert.True(a.Server.Signal(StopMode.Smart));
        Assert.False(await a.Server.WaitForExitAsync(TestServer.In(1), TestServer.Stop));

        Assert.True(a.Server.Signal(StopMode.Immediate));
        Assert.True(await a.Server.WaitForExitAsync(TestServer.In(20), TestServer.Stop));

        var facts = await a.Server.ReadControlAsync(TestServer.Stop);
        Assert.Equal(ControlState.InProduction, facts!.State);
        Assert.False(facts.FinalPosition.IsKnown);
        // at once: it has ended
        Assert.False(await a.Server.WaitForControlStateAsync(
            [ControlState.ShutDown], TestServer.In(20), TestServer.Stop));
    }

    [Fact]
    public async Task Is_killed_with_all_its_processes_even_when_it_hangs()
    {
        await using var a = await TestServer.PrimaryAsync();
        await using var source = a.DataSource();
        await using var client = await source.OpenConnectionAsync(TestServer.Stop);
        var members = ProcScan.MembersOf([a.Options.DataDirectory]);
        Assert.True(members.Count > 4);
        Freeze(members);

        var began = Stopwatch.GetTimestamp();
        a.Server.Kill();
        Assert.True(await a.Server.WaitForExitAsync(TestServer.In(5), TestServer.Stop));
        Assert.True(await a.Server.WaitForNoClientBackendsAsync(TestServer.In(5), TestServer.Stop));

        TestContext.Current.SendDiagnosticMessage($"all killed after {Stopwatch.GetElapsedTime(began).TotalMilliseconds:0.0} ms");
        await Eventually.HoldsAsync("nothing is left", TestServer.Soon, () =>
            ProcScan.MembersOf([a.Options.DataDirectory]).Count == 0, TestServer.Stop);
    }

    [Fact]
    public async Task Holds_up_nobody_when_it_hangs()
    {
        await using var a = await TestServer.PrimaryAsync();
        await a.ProbeAsync();
        var members = ProcScan.MembersOf([a.Options.DataDirectory]);
        Freeze(members);

        var began = Stopwatch.GetTimestamp();
        var ballot = await a.Server.ProbeAsync(TestServer.In(1), TestServer.Stop);
        var took = Stopwatch.GetElapsedTime(began);
        Assert.IsType<SqlReading.Unknown>(ballot.Sql);
        Assert.InRange(took.TotalSeconds, 0, 1.5);

        began = Stopwatch.GetTimestamp();
        a.Server.ProbeSoon();
        Assert.True(a.Server.Latest.IsRunning);
        Assert.InRange(Stopwatch.GetElapsedTime(began).TotalMilliseconds, 0, 100);
        await Eventually.HoldsAsync("the heartbeat gave up", TestServer.Soon, () => a.Server.Latest.Sql is SqlReading.Unknown, TestServer.Stop);
        var checkpoint = await a.Server.CheckpointAsync(TimeSpan.FromSeconds(1), TestServer.Stop);
        Assert.False(checkpoint.Done);

        Thaw(members);
        await Eventually.HoldsAsync("it answers again", TestServer.Soon, async () =>
            (await a.Server.ProbeAsync(TestServer.In(2), TestServer.Stop)).Sql is SqlReading.Answered, TestServer.Stop);
    }

    [Fact]
    public async Task Answers_many_ballots_with_few_measurements()
    {
        await using var a = await TestServer.PrimaryAsync();
        var before = await a.ProbeAsync();
        var askedAt = Instant.Now(TestServer.Clock);

        var readings =
            await Task.WhenAll(Enumerable.Range(0, 200).Select(_ =>
                a.Server.ProbeAsync(TestServer.In(5), TestServer.Stop)));

        var answers = readings.Select(reading => Assert.IsType<SqlReading.Answered>(reading.Sql)).ToList();
        Assert.All(answers, answer => Assert.True(answer.AskedAt >= askedAt, "measured before it was asked for"));
        Assert.InRange(answers.Select(answer => answer.AskedAt).Distinct().Count(), 1, 5);
        Assert.True(before.AskedAt < askedAt);
    }

    [Fact]
    public async Task Costs_little_to_look_at()
    {
        await using var a = await TestServer.PrimaryAsync();
        for (var i = 0; i < 50; i++)
        {
            await a.ProbeAsync(); // compiled and connected
        }

        const int Looks = 100;
        var before = Environment.CpuUsage.TotalTime;
        for (var i = 0; i < Looks; i++)
        {
            await a.ProbeAsync();
        }

        var each = (Environment.CpuUsage.TotalTime - before) / Looks;
        TestContext.Current.SendDiagnosticMessage($"CPU per probe {each.TotalMilliseconds:0.00} ms");
        // six a minute must fit into a small part of 100 ms, other tests run beside
        Assert.InRange(each.TotalMilliseconds, 0, 20);
    }

    [Fact]
    public async Task Is_not_confused_with_a_process_that_got_its_number()
    {
        await using var a = await TestServer.PrimaryAsync();
        await a.StopAsync();
        using var stranger =
            Process.Start(new ProcessStartInfo("sleep", ["60"]) { WorkingDirectory = a.Options.DataDirectory })!;
        try
        {
            await File.WriteAllTextAsync(
                Path.Combine(a.Options.DataDirectory, "postmaster.pid"),
                $"{stranger.Id}\n{a.Options.DataDirectory}\n{DateTimeOffset.UtcNow.ToUnixTimeSeconds()}\n5432\n/tmp\n*\n\nready\n",
                TestServer.Stop);
            await a.RestartAgentAsync();

            Assert.IsType<ServerProcess.None>(a.Server.Latest.Process);
            Assert.False(a.Server.Signal(StopMode.Immediate));
            await a.StartAsync(asPrimary: true); // and the stale file does not stand in the way
            Assert.False(stranger.HasExited);
        }
        finally
        {
            stranger.Kill();
        }
    }

    [Fact]
    public async Task Is_found_when_an_operator_has_started_it()
    {
        await using var a = await TestServer.PrimaryAsync();
        await a.StopAsync();
        var runner = new ProcessRunner(TestServer.Clock);
        var started = await runner.RunAsync(
            new Command(a.Server.Configuration.Tool("pg_ctl"),
                ["start", "-D", a.Options.DataDirectory, "-l", Path.Combine(a.Folder, "manual.log"), "-w"]),
            TestServer.Soon,
            TestServer.Stop);
        Assert.True(started.Succeeded, started.Complaint);

        a.Server.ProbeSoon();

        await Eventually.HoldsAsync("the server is seen", TestServer.Soon, () => a.Server.Latest.Sql is SqlReading.Answered, TestServer.Stop);
        await a.StopAsync();
    }

    [Fact]
    public async Task Shows_that_it_was_started_single_user_and_is_not_signalled_then()
    {
        await using var a = await TestServer.PrimaryAsync();
        await a.StopAsync();
        var start = new ProcessStartInfo(
            a.Server.Configuration.Tool("postgres"), ["--single", "-D", a.Options.DataDirectory, "postgres"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        using var single = Process.Start(start)!;
        try
        {
            await Eventually.HoldsAsync("the single user is seen", TestServer.Soon, () =>
            {
                a.Server.ProbeSoon();
                return a.Server.Latest.Process is ServerProcess.SingleUser;
            }, TestServer.Stop);
            Assert.False(a.Server.Signal(StopMode.Fast));
            single.StandardInput.Close();
            await single.WaitForExitAsync(TestServer.Stop);
            await Eventually.HoldsAsync("its end is seen", TestServer.Soon, () => a.Server.Latest.Process is ServerProcess.None, TestServer.Stop);
        }
        finally
        {
            single.Kill();
        }
    }

    private static void Freeze(List<ProcEntry> members)
    {
        foreach (var member in members)
        {
            using var handle = PidFd.TryOpen(member.Pid);
            handle?.Send(PidFd.SigStop);
        }
    }

    private static void Thaw(List<ProcEntry> members)
    {
        foreach (var member in members)
        {
            using var handle = PidFd.TryOpen(member.Pid);
            handle?.Send(PidFd.SigCont);
        }
    }

    private static int ParentOf(int pid) =>
        int.Parse(File.ReadAllText($"/proc/{pid}/stat").Split(") ")[1].Split(' ')[1], CultureInfo.InvariantCulture);
}
