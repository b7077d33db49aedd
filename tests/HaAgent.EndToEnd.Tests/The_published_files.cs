using System.Globalization;
using HaAgent.Testing;
using HaAgent.Testing.Cluster;
using HaAgent.Testing.Processes;

namespace HaAgent.EndToEnd.Tests;

[Collection(nameof(Undisturbed))]
public class The_published_files : ClusterTest
{
    /// <summary>An environment in which no SDK can be found.</summary>
    private static readonly string[] NoSdk = ["-i", "PATH=/usr/bin:/bin", "HOME=/nonexistent"];

    private const int MostMebibytes = 80;

    /// <summary>Three times the goal: processor time, not time, but a busy machine's caches are cold.</summary>
    private static readonly TimeSpan MostPerCycle = TimeSpan.FromMilliseconds(50);

    [Fact]
    public async Task Run_where_no_SDK_is()
    {
        var agent = await Command.RunAsync("env", [.. NoSdk, AgentBinaries.Agent, "--version"], Soon);
        Assert.Equal(0, agent.ExitCode);
        Assert.StartsWith("haagent ", agent.Out, StringComparison.Ordinal);

        var ctl = await Command.RunAsync("env", [.. NoSdk, AgentBinaries.Ctl, "version"], Soon);
        Assert.Equal(0, ctl.ExitCode);
        Assert.StartsWith("haagentctl version ", ctl.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Make_a_cluster_and_stay_small()
    {
        var leader = await StartAsync(new ClusterOptions { Witness = false });
        Assert.Equal(200, await leader.Rest.CheckAsync("/primary"));
        var list = await Cluster.Ctl.RunAsync(["list", "-f", "json"]);
        Assert.True(list.ExitCode == 0, list.Err);
        Assert.Contains($"\"Member\": \"{leader.Name}\"", list.Out, StringComparison.Ordinal);
        Measured.Note("haagentctl list, process time to exit", list.Took, "0.15 s is the goal");

        const int Cycles = 3;
        await HeartbeatAsync(leader, 1);
        var before = leader.ProcessorTime();
        await HeartbeatAsync(leader, Cycles);
        var used = (leader.ProcessorTime() - before) / Cycles;
        Measured.Note("the idle leader's agent, processor time a cycle", used, "0.017 s: with six a minute, 0.1 s");
        Assert.True(used < MostPerCycle, $"{used} of processor time a cycle");
        var resident = ResidentMebibytes(leader.Agent.Pid);
        Measured.Note("the leader's agent, resident", $"{resident:0} MB", $"{MostMebibytes} MB");
        Assert.InRange(resident, 1, MostMebibytes);
        await AssertWritableAsync(leader.Name);
    }

    /// <summary>Waits until the agent has written so many more lines that say that all is well: one a cycle.</summary>
    private static async Task HeartbeatAsync(AgentProcess leader, int count)
    {
        var goal = Heartbeats() + count;
        await Eventually.HoldsAsync($"{leader.Name} has completed {count} more cycles", Patience, () => Heartbeats() >= goal);

        int Heartbeats() => File.ReadLines(leader.LogFile).Count(line => line.Contains("no action. I am (", StringComparison.Ordinal));
    }

    private static double ResidentMebibytes(int pid)
    {
        var line = File.ReadLines($"/proc/{pid}/status").First(l => l.StartsWith("VmRSS:", StringComparison.Ordinal));
        return double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;
    }
}
