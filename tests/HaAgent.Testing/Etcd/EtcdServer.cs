using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;

namespace HaAgent.Testing.Etcd;

/// <summary>One member: killed, frozen and started again as a test needs.</summary>
public sealed class EtcdServer
{
    private const int Continue = 18;
    private const int Stop = 19;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly List<string> _arguments;
    private readonly string _metrics;
    private readonly string _output;
    private Process? _process;

    internal EtcdServer(
        EtcdSetup setup, string name, string folder, int clientPort, int peerPort, int metricsPort, string peers)
    {
        var scheme = setup.Certificates is null ? "http" : "https";
        Name = name;
        ClientPort = clientPort;
        ClientUrl = EtcdServers.Url(scheme, setup.Address, clientPort);
        Endpoint = ClientUrl[(scheme.Length + 3)..];
        _metrics = EtcdServers.Url("http", setup.Address, metricsPort);
        _output = folder + ".log";
        var peerUrl = EtcdServers.Url("http", setup.Address, peerPort);
        var election = (int)setup.ElectionTimeout.TotalMilliseconds;
        _arguments =
        [
            "--name", name,
            "--data-dir", folder,
            "--listen-client-urls", ClientUrl,
            "--advertise-client-urls", ClientUrl,
            "--listen-peer-urls", peerUrl,
            "--initial-advertise-peer-urls", peerUrl,
            "--initial-cluster", peers,
            "--listen-metrics-urls", _metrics,
            "--heartbeat-interval", Text(election / 10),
            "--election-timeout", Text(election),
            "--logger", "zap",
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
    public int ClientPort { get; }

    /// <summary>With scheme: <c>http://127.0.0.1:2379</c>.</summary>
    public string ClientUrl { get; }

    /// <summary>Host and port, an IPv6 address in brackets.</summary>
    public string Endpoint { get; }
    public bool IsRunning => _process is { HasExited: false };

    /// <summary>Starts it, again if need be, with the data it has. Does not wait for a leader.</summary>
    public Task StartAsync()
    {
        // etcd's own output goes to a file: a pipe that nobody empties would stop it one day.
        var start = new ProcessStartInfo("/bin/sh", ["-c", "exec etcd \"$@\" >>\"$HAAGENT_TEST_OUTPUT\" 2>&1", "sh", .. _arguments])
        {
            UseShellExecute = false,
            Environment = { ["HAAGENT_TEST_OUTPUT"] = _output },
        };
        _process = Process.Start(start)!;
        AppDomain.CurrentDomain.ProcessExit += KillOnExit;
        return Task.CompletedTask;
    }

    /// <summary>Until it says that the cluster has a leader and takes writes.</summary>
    public async Task WaitHealthyAsync()
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        var until = Stopwatch.StartNew();
        while (true)
        {
            if (_process is not { HasExited: false })
            {
                throw new InvalidOperationException($"{Name} ended:\n{await TailAsync().ConfigureAwait(false)}");
            }

            try
            {
                using var answer = await http.GetAsync(new Uri(_metrics + "/health")).ConfigureAwait(false);
                if (answer.StatusCode == HttpStatusCode.OK)
                {
                    return;
                }
            }
            catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
            {
                // Not listening yet.
            }

            if (until.Elapsed > Patience)
            {
                throw new TimeoutException($"{Name} has no leader after {Patience}:\n{await TailAsync().ConfigureAwait(false)}");
            }

            await Task.Delay(20).ConfigureAwait(false);
        }
    }

    /// <summary>SIGKILL, and waits for the end.</summary>
    public async Task KillAsync()
    {
        if (_process is { } process)
        {
            AppDomain.CurrentDomain.ProcessExit -= KillOnExit;
            process.Kill();
            await process.WaitForExitAsync().ConfigureAwait(false);
            process.Dispose();
            _process = null;
        }
    }

    /// <summary>SIGSTOP: it accepts connections and answers nothing.</summary>
    public void Freeze() => Signal(Stop);

    /// <summary>SIGCONT.</summary>
    public void Thaw() => Signal(Continue);

    private void Signal(int signal)
    {
        if (_process is not { HasExited: false } process || NativeKill(process.Id, signal) != 0)
        {
            throw new InvalidOperationException($"{Name} does not run");
        }
    }

    private void KillOnExit(object? sender, EventArgs e) => _process?.Kill();

    private async Task<string> TailAsync()
    {
        var lines = File.Exists(_output) ? await File.ReadAllLinesAsync(_output).ConfigureAwait(false) : [];
        return string.Join('\n', lines.TakeLast(20));
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int NativeKill(int pid, int signal);
}
