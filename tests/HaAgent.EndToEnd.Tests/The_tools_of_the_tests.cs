using HaAgent.Testing;
using HaAgent.Testing.Cluster;
using HaAgent.Testing.Etcd;
using HaAgent.Testing.Processes;

namespace HaAgent.EndToEnd.Tests;

/// <summary>What judges the agents must itself be able to find a fault.</summary>
public class The_tools_of_the_tests
{
    [Fact]
    public void The_witness_accepts_one_writer_after_the_other() =>
        Assert.Empty(WriterWitness.ViolationsIn([Write("a", 1, 10, 20), Write("a", 1, 30, 40), Write("b", 2, 35, 60), Write("b", 2, 70, 80)]));

    [Fact]
    public void The_witness_sees_a_writer_that_went_on_after_its_successor_had_begun() =>
        Assert.Single(WriterWitness.ViolationsIn([Write("a", 1, 10, 20), Write("b", 2, 30, 40), Write("a", 1, 50, 60)]));

    [Fact]
    public void The_witness_sees_two_writers_on_one_timeline() =>
        Assert.Single(WriterWitness.ViolationsIn([Write("a", 1, 10, 20), Write("b", 1, 30, 40)]));

    [Fact]
    public void Two_leases_never_name_the_same_port()
    {
        var ports = Enumerable.Range(0, 20).Select(_ => Ports.Lease()).ToArray();
        Assert.Equal(ports.Length, ports.Distinct().Count());
        Assert.All(ports, port => Assert.True(Ports.IsFree(port)));
        Array.ForEach(ports, Ports.Release);
    }

    [Fact]
    public void A_preferred_port_that_is_taken_is_replaced_by_another()
    {
        using var occupant = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        occupant.Start();
        var taken = ((System.Net.IPEndPoint)occupant.LocalEndpoint).Port;
        var leased = Ports.Lease(taken);
        Assert.NotEqual(taken, leased);
        Ports.Release(leased);
    }

    [Fact]
    public async Task A_killed_child_takes_its_own_children_along()
    {
        using var folder = TempFolder.Create("t", withSpace: true);
        await using var child = ChildProcess.Start(
            new ChildProcessSpec("/bin/sh", ["-c", "sleep 1000 & echo \"$1\"; wait", "sh", "it's \"quoted\" $HOME"])
            {
                LogFile = folder.File("out.log"),
                WorkingFolder = folder.Path,
            });
        await Eventually.HoldsAsync(
            "the child has written what it was given", TimeSpan.FromSeconds(5), () => child.LastOutput() == "it's \"quoted\" $HOME");
        Assert.Equal(2, LinuxProcesses.WorkingBelow(folder.Path).Count);

        child.Freeze();
        await Eventually.HoldsAsync(
            "every process of the child stands still", TimeSpan.FromSeconds(5), () => LinuxProcesses.OfSession(child.Pid).All(p => p.State == 'T'));
        await child.KillSessionAsync();
        Assert.Empty(LinuxProcesses.WorkingBelow(folder.Path));
        Assert.Equal(137, child.ExitCode);
    }

    [Fact]
    public async Task Three_members_of_etcd_survive_the_loss_of_their_leader()
    {
        await using var store = await EtcdServers.StartAsync(new() { Members = 3 });
        await (await store.LeaderAsync()).KillAsync();
        await Eventually.HoldsAsync(
            "a linearizable read is answered", TimeSpan.FromSeconds(15), async () => await store.ReadAsync("/nothing") is null);
        store.StartAll();
        await store.WaitUntilHealthyAsync();
    }

    [Fact]
    public async Task A_condition_that_never_holds_is_reported_in_its_own_words()
    {
        var e = await Assert.ThrowsAsync<TimeoutException>(
            () => Eventually.HoldsAsync("pigs fly", TimeSpan.FromMilliseconds(50), () => false));
        Assert.Contains("pigs fly", e.Message, StringComparison.Ordinal);
    }

    private static WitnessedWrite Write(string node, int timeline, long sent, long acknowledged) =>
        new(node, timeline, sent, acknowledged);
}
