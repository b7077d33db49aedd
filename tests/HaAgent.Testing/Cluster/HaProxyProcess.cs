using System.Net.Http;
using HaAgent.Testing.Processes;

namespace HaAgent.Testing.Cluster;

/// <summary>HAProxy in front of a cluster: a port for writes, a port for reads, and its statistics page.</summary>
public sealed class HaProxyProcess : IAsyncDisposable
{
    private readonly ChildProcess _process;
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(3) };

    private HaProxyProcess(ChildProcess process, int writePort, int readPort, int statsPort)
    {
        _process = process;
        (WritePort, ReadPort, StatsPort) = (writePort, readPort, statsPort);
    }

    public int WritePort { get; }
    public int ReadPort { get; }
    public int StatsPort { get; }

    public string StatsUrl => $"http://127.0.0.1:{StatsPort}/";

    public static HaProxyProcess Start(string folder, IReadOnlyList<AgentProcess> nodes, HaProxyPorts preferred)
    {
        ServiceUser.CreateFolder(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var (write, read, stats) = (Ports.Lease(preferred.Write), Ports.Lease(preferred.Read), Ports.Lease(preferred.Stats));
        var file = Path.Combine(folder, "haproxy.cfg");
        File.WriteAllText(file, Configuration(nodes, write, read, stats));
        ServiceUser.Own(file);
        var process = ChildProcess.Start(new ChildProcessSpec("/usr/sbin/haproxy", ["-db", "-f", file])
        {
            LogFile = Path.Combine(folder, "haproxy.log"),
            WorkingFolder = folder,
        });
        return new HaProxyProcess(process, write, read, stats);
    }

    /// <summary>Names of the servers that HAProxy sends clients of this port to.</summary>
    public async Task<IReadOnlyList<string>> UpServersAsync(bool write)
    {
        // CSV: proxy name, server name, ..., status in column 17 (HAProxy management guide, 9.1).
        var csv = await _http.GetStringAsync(new Uri($"{StatsUrl};csv")).ConfigureAwait(false);
        return [.. csv.Split('\n')
            .Select(line => line.Split(','))
            .Where(f => f.Length > 17 && f[0] == (write ? "write" : "read") && f[1] is not ("FRONTEND" or "BACKEND") && f[17] == "UP")
            .Select(f => f[1])];
    }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync().ConfigureAwait(false);
        Ports.Release(WritePort);
        Ports.Release(ReadPort);
        Ports.Release(StatsPort);
        _http.Dispose();
    }

    private static string Configuration(IReadOnlyList<AgentProcess> nodes, int write, int read, int stats) => $"""
        global
            maxconn 2000

        defaults
            mode tcp
            retries 2
            timeout connect 2s
            timeout client 30m
            timeout server 30m
            timeout check 2s
            # A check that has begun to fail or to succeed is repeated soon; a session never outlives its server's role.
            default-server inter 1s fastinter 250ms downinter 500ms fall 2 rise 1 on-marked-down shutdown-sessions

        listen write
            bind 127.0.0.1:{write}
            option httpchk OPTIONS /primary
            http-check expect status 200
        {Servers(nodes)}

        listen read
            bind 127.0.0.1:{read}
            balance roundrobin
            option httpchk OPTIONS /replica
            http-check expect status 200
        {Servers(nodes)}

        listen stats
            mode http
            bind 127.0.0.1:{stats}
            stats enable
            stats uri /
            stats refresh 2s

        """;

    private static string Servers(IReadOnlyList<AgentProcess> nodes) => string.Join('\n', nodes.Select(node =>
        $"    server {node.Name} {node.Configuration.Address}:{node.Configuration.PostgresPort} check port {node.Configuration.RestPort}"));
}

/// <summary>Ports to take when they are free; null: any.</summary>
public sealed record HaProxyPorts(int? Write = null, int? Read = null, int? Stats = null);
