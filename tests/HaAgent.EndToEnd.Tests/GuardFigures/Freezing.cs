using HaAgent.Testing;
using HaAgent.Testing.Cluster;
using HaAgent.Testing.Processes;

namespace HaAgent.EndToEnd.Tests.GuardFigures;

/// <summary>Holding an agent up without its guard and its server.</summary>
internal static class Freezing
{
    /// <summary>SIGSTOP to the agent alone; returns when every thread of it stands still.</summary>
    public static async Task StopAsync(AgentProcess node)
    {
        LinuxProcesses.Send(node.Agent.Pid, Signal.Stop);
        await Eventually.HoldsAsync(
            $"the agent of {node.Name} stands still",
            Squad.Patience,
            () => Directory.EnumerateDirectories($"/proc/{node.Agent.Pid}/task").All(StandsStill));
    }

    /// <summary>By the state in proc(5), which comes after the name in parentheses.</summary>
    private static bool StandsStill(string task)
    {
        var stat = File.ReadAllText(Path.Combine(task, "stat"));
        return stat[stat.LastIndexOf(')') + 2] == 'T';
    }
}
