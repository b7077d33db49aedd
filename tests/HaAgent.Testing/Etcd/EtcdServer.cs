using System.Globalization;
using HaAgent.Testing.Processes;

namespace HaAgent.Testing.Etcd;

/// <summary>One member: killed, frozen and started again as a test needs.</summary>
public sealed class EtcdServer : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly List<string> _arguments;
    private readonly string _folder;
    private readonly string _metrics;
    private readonly int[] _ports;
    private ChildProcess? _process;

    internal EtcdServer(EtcdSetup setup, string name, string folder, EtcdPorts ports, string peers)
    {
        var scheme = setup.Certificates is null ? "http" : "https";
        Name = name;
        _folder = folder;
        _ports = [ports.Client, ports.Peer, ports.Metrics];
        ClientUrl = EtcdServers.Url(scheme, setup.Address, ports.Client);
        Endpoint = ClientUrl[(scheme.Length + 3)..];
        _metrics = EtcdServers.Url("http", setup.Address, ports.Metrics);
        var peerUrl = EtcdServers.Url("http", setup.Address, ports.Peer);
        var election = (int)setup.ElectionTimeout.TotalMilliseconds;
        _arguments =
        [
            "--name", name,
            "--data-dir", Path.Combine(folder, "data"),
            "--listen-client-urls", ClientUrl,
            "--advertise-client-urls", ClientUrl,
            "--listen-peer-urls", peerUrl,
            "--initial-advertise-peer-urls", peerUrl,
            "--initial-cluster", peers,
            "--initial-cluster-token", peers, // members of another test's cluster are strangers
            "--listen-metrics-urls", _metrics,
            "--heartbeat-interval", Text(election / 10),
            "--election-timeout", Text(election),
            "--logger", "zap",
            "--log-level", "warn",
        ];
        if (setup.QuotaBytes is { } quota)
        {
            _arguments.AddRange(["--quota-backend-bytes", quota.ToString(CultureInfo.InvariantCulture)]);
        }

        if (setup.Certificates is { } certificates)
        {
            _arguments.AddRange([
                "--cert-file", certificates.ServerCertificate,
                "--key-file", certificates.ServerKey,
                "--client-cert-auth",
                "--trusted-ca-file", certificates.Authority,
            ]);
        }
    }

    public string Name { get; }

    public int ClientPort => _ports[0];

    /// <summary>With scheme: <c>http://127.0.0.1:2379</c>.</summary>
    public string ClientUrl { get; }

    /// <summary>Host and port, an IPv6 address in brackets.</summary>
    public string Endpoint { get; }

    public bool IsRunning => _process is { HasExited: false };

    /// <summary>It runs, and was not told to stand still.</summary>
    public bool Answers => IsRunning && !IsFrozen;

    private bool IsFrozen { get; set; }

    private string LogFile => _folder + ".log";

    /// <summary>Starts it, again if need be, with the data it has. Does not wait for a leader.</summary>
    public void Start()
    {
        IsFrozen = false;
        _process = ChildProcess.Start(new ChildProcessSpec("etcd", _arguments) { LogFile = LogFile, WorkingFolder = _folder });
    }

    /// <summary>Until it says that the cluster has a leader and takes writes.</summary>
    /// <exception cref="InvalidOperationException">It has ended; the message has its last output.</exception>
    public async Task WaitUntilHealthyAsync()
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(5) };
        await Eventually.HoldsAsync(
            $"etcd member {Name} has a leader and takes writes (log: {LogFile})",
            Patience,
            async () =>
            {
                if (_process is not { HasExited: false } process)
                {
                    throw new InvalidOperationException($"etcd member {Name} has ended:\n{_process?.LastOutput()}");
                }

                using var answer = await http.GetAsync(new Uri(_metrics + "/health")).ConfigureAwait(false);
                return answer.IsSuccessStatusCode;
            }).ConfigureAwait(false);
    }

    /// <summary>SIGKILL, and waits for the end.</summary>
    public async Task KillAsync()
    {
        if (_process is { } process)
        {
            _process = null;
            await process.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Ends it and removes its data: the next start begins a store of the same name without a past.</summary>
    public async Task WipeAsync()
    {
        await KillAsync().ConfigureAwait(false);
        Directory.Delete(Path.Combine(_folder, "data"), recursive: true);
    }

    /// <summary>SIGSTOP: it accepts connections and answers nothing.</summary>
    public void Freeze()
    {
        Running.Freeze();
        IsFrozen = true;
    }

    /// <summary>SIGCONT.</summary>
    public void Thaw()
    {
        Running.Thaw();
        IsFrozen = false;
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync().ConfigureAwait(false);
        Array.ForEach(_ports, Ports.Release);
    }

    private ChildProcess Running => _process is { HasExited: false } process
        ? process
        : throw new InvalidOperationException($"etcd member {Name} does not run.");

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}

/// <param name="Metrics">Plain HTTP even where clients need TLS: for looking at its health.</param>
internal sealed record EtcdPorts(int Client, int Peer, int Metrics);
