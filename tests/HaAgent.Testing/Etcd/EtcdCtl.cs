using HaAgent.Testing.Processes;

namespace HaAgent.Testing.Etcd;

/// <summary>An operator at the shell.</summary>
public static class EtcdCtl
{
    /// <param name="endpoints">Host and port of the members, separated by commas.</param>
    /// <returns>What it printed.</returns>
    /// <exception cref="InvalidOperationException">It failed; the message has its output.</exception>
    public static async Task<string> RunAsync(string endpoints, params string[] arguments)
    {
        var result = await Command.RunAsync(
            "etcdctl",
            ["--endpoints", endpoints, .. arguments],
            TimeSpan.FromSeconds(60),
            environment: new Dictionary<string, string?> { ["ETCDCTL_API"] = "3" }).ConfigureAwait(false);
        return result.OrThrow().Out;
    }
}
