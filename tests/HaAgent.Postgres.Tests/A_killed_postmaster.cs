using System.Globalization;
using System.Net.Sockets;
using HaAgent.Core.Snapshot;
using HaAgent.Guard;
using HaAgent.Postgres.Control;
using HaAgent.Testing;
using Npgsql;

namespace HaAgent.Postgres.Tests;

/// <summary>What a postmaster leaves behind that had no time to end its processes.</summary>
public class A_killed_postmaster
{
    [Fact]
    public async Task Has_not_ended_before_the_processes_that_outlived_it() // S1
    {
        await using var a = await TestServer.PrimaryAsync();
        await using var source = a.DataSource();
        await using var client = await source.OpenConnectionAsync(TestServer.Stop);
        var left = ProcScan.MembersOf([a.Options.DataDirectory]).FindAll(member => member.IsChild);
        Assert.Contains(left, member => member.Pid == client.ProcessID);
        left.ForEach(member => Send(member.Pid, PidFd.SigStop)); // from here on no signal but SIGKILL ends them
        var leftAtTheEnd = new TaskCompletionSource<List<ProcEntry>>(TaskCreationOptions.RunContinuationsAsynchronously);
        a.Server.Changed += () =>
        {
            if (a.Server.Latest.Process is ServerProcess.None)
            {
                leftAtTheEnd.TrySetResult(left.FindAll(member => IsThere(a, member.Pid)));
            }
        };

        Send(a.Pid, PidFd.SigKill);

        Assert.Empty(await leftAtTheEnd.Task.WaitAsync(TestServer.Soon, TestServer.Stop));
    }

    [Fact]
    public async Task Takes_a_busy_backend_with_it_that_would_not_notice() // S1
    {
        await using var a = await TestServer.PrimaryAsync();
        var running = a.AskAsync("DO $$ BEGIN LOOP END LOOP; END $$");
        var backend = int.Parse(
            await Eventually.YieldsAsync("a busy backend", TestServer.Soon, () =>
                a.AskAsync("SELECT pid FROM pg_stat_activity WHERE query LIKE 'DO %' AND state = 'active'"), TestServer.Stop),
            CultureInfo.InvariantCulture);

        Send(a.Pid, PidFd.SigKill);

        Assert.True(await a.Server.WaitForExitAsync(TestServer.In(20), TestServer.Stop));
        Assert.False(IsThere(a, backend));
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => running);
        await a.StartAsync(asPrimary: true); // refused while a process of the old server is attached to its memory
    }

    [Fact]
    public async Task Takes_a_backend_with_it_that_has_not_even_a_name_yet() // S1
    {
        await using var a = await TestServer.PrimaryAsync();
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(Path.Combine(a.Folder, $".s.PGSQL.{a.Options.Port}")), TestServer.Stop);
        var unnamed = 0;
        await Eventually.HoldsAsync("a backend that waits for its first packet", TestServer.Soon, () =>
        {
            unnamed = ProcScan.MembersOf([a.Options.DataDirectory]).Find(member => member.ParentPid == a.Pid && !member.IsChild).Pid;
            return unnamed != 0;
        }, TestServer.Stop);
        Send(unnamed, PidFd.SigStop);

        Send(a.Pid, PidFd.SigKill);

        Assert.True(await a.Server.WaitForExitAsync(TestServer.In(20), TestServer.Stop));
        Assert.False(IsThere(a, unnamed));
    }

    private static bool IsThere(TestServer server, int pid) => ProcScan.IsMember(pid, [server.Options.DataDirectory]);

    private static void Send(int pid, int signal)
    {
        using var handle = PidFd.TryOpen(pid);
        Assert.True(handle!.Send(signal)); // it is there
    }
}
