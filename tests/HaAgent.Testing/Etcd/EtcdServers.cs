using System.Net;
using System.Net.Sockets;

namespace HaAgent.Testing.Etcd;

/// <summary>A real etcd of one or three members on free ports, for the length of a test.</summary>
public sealed class EtcdServers : IAsyncDisposable
{
    private readonly string _folder;
    private readonly bool _deleteFolder;

    private EtcdServers(IReadOnlyList<EtcdServer> members, string folder, bool deleteFolder)
    {
        Members = members;
        _folder = folder;
        _deleteFolder = deleteFolder;
    }

    public IReadOnlyList<EtcdServer> Members { get; }

    /// <summary>Host and port of every member, separated by commas: the <c>hosts</c> setting.</summary>
    public string Hosts => string.Join(',', Members.Select(member => member.Endpoint));

    /// <summary>Starts the members and waits until they have a leader.</summary>
    public static async Task<EtcdServers> StartAsync(EtcdSetup? setup = null)
    {
        setup ??= new();
        var folder = setup.Folder ?? Directory.CreateTempSubdirectory("haagent-etcd-").FullName;
        for (var attempt = 1; ; attempt++)
        {
            var servers = Create(setup, folder, attempt);
            try
            {
                await Task.WhenAll(servers.Members.Select(member => member.StartAsync())).ConfigureAwait(false);
                await servers.WaitHealthyAsync().ConfigureAwait(false);
                return servers;
            }
            catch (InvalidOperationException) when (attempt < 3)
            {
                // Somebody else may have taken a port in the meantime.
                await Task.WhenAll(servers.Members.Select(member => member.KillAsync())).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Until every member that runs says that the cluster has a leader.</summary>
    public Task WaitHealthyAsync() =>
        Task.WhenAll(Members.Where(member => member.IsRunning).Select(member => member.WaitHealthyAsync()));

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(Members.Select(member => member.KillAsync())).ConfigureAwait(false);
        if (_deleteFolder)
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    private static EtcdServers Create(EtcdSetup setup, string folder, int attempt)
    {
        var ports = FreePorts(setup.Address, setup.Members * 3);
        var names = Enumerable.Range(1, setup.Members).Select(i => $"etcd{i}").ToArray();
        var peers = string.Join(',', names.Select((name, i) => $"{name}={Url("http", setup.Address, ports[(i * 3) + 1])}"));
        var members = names.Select((name, i) => new EtcdServer(
            setup,
            name,
            Path.Combine(folder, $"{name}-{attempt}"),
            clientPort: ports[i * 3],
            peerPort: ports[(i * 3) + 1],
            metricsPort: ports[(i * 3) + 2],
            peers));
        return new([.. members], folder, deleteFolder: setup.Folder is null);
    }

    internal static string Url(string scheme, string address, int port) => new UriBuilder(scheme, address, port).Uri.GetLeftPart(UriPartial.Authority);

    private static int[] FreePorts(string address, int count)
    {
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Parse(address), 0)).ToArray();
        try
        {
            foreach (var listener in listeners)
            {
                listener.Start();
            }

            return [.. listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port)];
        }
        finally
        {
            foreach (var listener in listeners)
            {
                listener.Dispose();
            }
        }
    }
}
