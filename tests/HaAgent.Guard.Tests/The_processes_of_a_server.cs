using System.Diagnostics;
using System.Text;
using HaAgent.Testing;

namespace HaAgent.Guard.Tests;

public class The_processes_of_a_server
{
    [Fact]
    public void Are_those_called_postgres_that_work_in_its_data_directory()
    {
        using var fake = new FakeServer("daten ä 1");
        using var elsewhere = new FakeServer();
        var server = fake.Start();
        fake.Run("/bin/sh", fake.DataDirectory, "-c", "read _"); // an archive command
        fake.Run(fake.Binary, "/", "-c", "read _");
        elsewhere.Start();
        using var processes = new ServerProcesses(fake.DataDirectory);
        Assert.Equal([server.Id], processes.Scan().ToArray());
        Assert.Equal(server.Id, processes.Postmaster());
    }

    [Fact]
    public void Do_not_include_a_single_user_server()
    {
        using var fake = new FakeServer();
        fake.Run(fake.Binary, fake.DataDirectory, "-c", "read _", "postgres", "--single");
        using var processes = new ServerProcesses(fake.DataDirectory);
        Assert.True(processes.IsEmpty());
    }

    [Fact]
    public void Are_known_after_a_package_has_replaced_their_program()
    {
        using var fake = new FakeServer();
        var server = fake.Start();
        File.Delete(fake.Binary);
        using var processes = new ServerProcesses(fake.DataDirectory);
        Assert.Equal([server.Id], processes.Scan().ToArray());
    }

    [Fact]
    public void End_by_an_immediate_stop_when_they_heed_it()
    {
        using var fake = new FakeServer();
        var server = fake.Start();
        using var processes = new ServerProcesses(fake.DataDirectory);
        Assert.False(processes.End(orderly: 10_000_000_000));
        Assert.True(server.WaitForExit(TimeSpan.FromSeconds(10)));
        Assert.Equal(128 + PidFd.SigQuit, server.ExitCode);
    }

    [Fact]
    public async Task Are_killed_when_they_do_not()
    {
        using var fake = new FakeServer();
        var server = fake.StartStubborn();
        var other = fake.StartStubborn();
        using var processes = new ServerProcesses(fake.DataDirectory);
        await WaitUntilItIgnores(server, PidFd.SigQuit);
        await WaitUntilItIgnores(other, PidFd.SigQuit);
        Assert.True(processes.End(orderly: 20_000_000));
        Assert.True(processes.IsEmpty());
        Assert.True(server.WaitForExit(TimeSpan.FromSeconds(10)) && other.WaitForExit(TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public async Task Are_killed_though_they_stand_still()
    {
        using var fake = new FakeServer();
        var server = fake.Start();
        using (var held = PidFd.TryOpen(server.Id))
        {
            held!.Send(PidFd.SigStop);
        }

        await WaitUntil("the server stands still", () => Proc.StandsStill(server.Id));

        using var processes = new ServerProcesses(fake.DataDirectory);
        Assert.True(processes.End(orderly: 20_000_000));
        Assert.True(server.WaitForExit(TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public void Are_not_scanned_for_again_and_again_when_they_cannot_be_ended()
    {
        using var fake = new FakeServer();
        fake.Start();
        var asked = 0;
        using var processes = new ServerProcesses([Encoding.UTF8.GetBytes(fake.DataDirectory)], () => ++asked < 0);
        processes.Kill(); // as if it waited for a disk: no signal ends it
        Assert.Equal(1, fake.Alive);
        Assert.InRange(asked, 1, 20);
    }

    [Fact]
    public void Are_sought_without_allocating()
    {
        using var fake = new FakeServer();
        fake.Start();
        using var processes = new ServerProcesses(fake.DataDirectory);
        _ = processes.Postmaster();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
        {
            _ = processes.IsEmpty();
            _ = processes.Postmaster();
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private static Task WaitUntilItIgnores(Process process, int signal) =>
        WaitUntil("the shell ignores the signal", () => Ignores(process.Id, signal));

    private static Task WaitUntil(string what, Func<bool> holds) =>
        Eventually.HoldsAsync(what, TimeSpan.FromSeconds(20), holds, TestContext.Current.CancellationToken);

    private static bool Ignores(int pid, int signal)
    {
        var line = File.ReadLines($"/proc/{pid}/status").First(line => line.StartsWith("SigIgn:", StringComparison.Ordinal));
        return (Convert.ToUInt64(line[7..].Trim(), 16) & (1UL << (signal - 1))) != 0;
    }
}
