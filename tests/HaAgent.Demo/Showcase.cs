using HaAgent.Testing.Cluster;

namespace HaAgent.Demo;

/// <summary>The cluster of the demonstration, and how to look at it.</summary>
internal static class Showcase
{
    private const string Password = "demo";

    /// <summary>Patroni's default times. The well-known ports where they are free.</summary>
    public static ClusterOptions Options { get; } = new()
    {
        Scope = "demo",
        HaProxy = true,
        Witness = false,
        Password = Password,
        TtlSeconds = 30,
        LoopWaitSeconds = 10,
        RetryTimeoutSeconds = 10,
        Prefer = new PreferredPorts(Rest: 8008, Postgres: 5432, Etcd: 2379, new HaProxyPorts(Write: 5000, Read: 5001, Stats: 7000)),
    };

    public static async Task DescribeAsync(TestCluster cluster)
    {
        await ListAsync(cluster);
        var haproxy = cluster.HaProxy!;
        Console.WriteLine($"""

            Write:      PGPASSWORD={Password} psql -h 127.0.0.1 -p {haproxy.WritePort} -U postgres
            Read:       PGPASSWORD={Password} psql -h 127.0.0.1 -p {haproxy.ReadPort} -U postgres
            HAProxy:    {haproxy.StatsUrl}
            Status:     curl -s http://127.0.0.1:{cluster.Nodes[0].Configuration.RestPort}/cluster
            Operate:    {Quoted(AgentBinaries.Ctl)} -c {Quoted(cluster.Nodes[0].ConfigurationFile)} list
            Logs:       {string.Join(' ', cluster.Nodes.Select(n => Quoted(n.LogFile)))}

            """);
    }

    /// <summary>What <c>haagentctl list</c> prints.</summary>
    public static async Task ListAsync(TestCluster cluster)
    {
        var list = await cluster.Ctl.RunAsync(["list"]);
        Console.WriteLine($"$ haagentctl list\n{list.OrThrow().Out.TrimEnd()}");
    }

    private static string Quoted(string path) => path.AsSpan().ContainsAny(" '\"$") ? $"'{path.Replace("'", @"'\''", StringComparison.Ordinal)}'" : path;
}
