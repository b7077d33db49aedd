using System.Globalization;
using HaAgent.Testing;
using HaAgent.Testing.Cluster;
using HaAgent.Testing.Processes;

namespace HaAgent.EndToEnd.Tests;

public class The_published_files : ClusterTest
{
    /// <summary>An environment in which no SDK can be found.</summary>
    private static readonly string[] NoSdk = ["-i", "PATH=/usr/bin:/bin", "HOME=/nonexistent"];

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
        var leader = await StartAsync(new ClusterOptions { Witness = false, TtlSeconds = 30, LoopWaitSeconds = 10, RetryTimeoutSeconds = 10 });
        Assert.Equal(200, await leader.Rest.CheckAsync("/primary"));
        var list = await Cluster.Ctl.RunAsync(["list", "-f", "json"]);
        Assert.True(list.ExitCode == 0, list.Err);
        Assert.Contains($"\"Member\": \"{leader.Name}\"", list.Out, StringComparison.Ordinal);
        Measured.Note("haagentctl list, process time to exit", list.Took, "0.15 s is the goal");

        var before = leader.ProcessorTime();
        await Eventually.ReachedAsync(TimeProvider.System.GetTimestamp(), TimeSpan.FromSeconds(30));
        var used = (leader.ProcessorTime() - before) * 2;
        Measured.Note("the idle leader's agent, processor time a minute", used, "0.100 s");
        Measured.Note("the leader's agent, resident", $"{ResidentMebibytes(leader.Agent.Pid):0} MB", "80 MB");
        await AssertWritableAsync(leader.Name);
    }

    private static double ResidentMebibytes(int pid)
    {
        var line = File.ReadLines($"/proc/{pid}/status").First(l => l.StartsWith("VmRSS:", StringComparison.Ordinal));
        return double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;
    }
}
