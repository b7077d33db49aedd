using HaAgent.Testing.Processes;

namespace HaAgent.Testing.Cluster;

/// <summary>Runs <c>haagentctl</c> with a node's configuration file, as an operator on that host would.</summary>
public sealed class CtlRunner(string configurationFile)
{
    /// <summary>Runs a command; it may ask questions, which <paramref name="input"/> answers.</summary>
    public Task<CommandResult> RunAsync(IReadOnlyList<string> arguments, string input = "") =>
        Command.RunAsync(AgentBinaries.Ctl, ["-c", configurationFile, .. arguments], TimeSpan.FromSeconds(60), input);
}
