using System.Globalization;
using HaAgent.Testing.Processes;
using Npgsql;

namespace HaAgent.Testing.Cluster;

/// <summary>One node: an agent with its configuration file, its PostgreSQL and its folders. A "host", as far as one machine can have three.</summary>
public sealed class AgentProcess : IAsyncDisposable
{
    private readonly List<ChildProcess> _runs = [];
    private readonly AgentHold? _hold;

    /// <param name="canBeHeld">The agent is one that <see cref="Hold"/> can hold up; it is started once.</param>
    public AgentProcess(AgentConfiguration configuration, string folder, bool canBeHeld = false)
    {
        Configuration = configuration;
        Folder = folder;
        _hold = canBeHeld ? new AgentHold(folder) : null;
        Rest = new RestClient(configuration.RestPort);
        WriteConfiguration(configuration);
    }

    public AgentConfiguration Configuration { get; private set; }

    /// <summary>Everything of this node: configuration, data directory, log files.</summary>
    public string Folder { get; }

    public string Name => Configuration.Name;
    public string DataDirectory => Configuration.DataDirectory;
    public string ConfigurationFile => Path.Combine(Folder, "haagent.yml");
    public string LogFile => Path.Combine(Folder, "agent.log");
    public RestClient Rest { get; }

    public AgentHold Hold => _hold ?? throw new InvalidOperationException($"The agent of {Name} cannot be held up.");

    /// <summary>The current or last run of the agent.</summary>
    public ChildProcess Agent => _runs[^1];

    public bool IsRunning => _runs.Count > 0 && !Agent.HasExited;

    /// <summary>For a report: does the agent run, and if not, how did it end?</summary>
    public string Condition => _runs.Count == 0 ? "not started" : IsRunning ? "running" : $"ended with exit code {Agent.ExitCode}";

    public string ConnectionString => Npgsql(Configuration, Configuration.PostgresPort);

    /// <summary>A connection string as the cluster's superuser to a port of the loopback.</summary>
    public static string Npgsql(AgentConfiguration configuration, int port) => new NpgsqlConnectionStringBuilder
    {
        Host = "127.0.0.1",
        Port = port,
        Database = "postgres",
        Username = AgentConfiguration.Superuser,
        Password = configuration.SuperuserPassword,
        SslMode = SslMode.Disable,
        Pooling = false,
        Timeout = 2,
        CommandTimeout = 5,
        CancellationTimeout = -1, // a server that hangs will not confirm a cancellation either
    }.ConnectionString;

    /// <summary>Replaces the configuration file; the agent reads it at its start or on <see cref="Signal.Hangup"/>.</summary>
    public void WriteConfiguration(AgentConfiguration configuration)
    {
        Configuration = configuration;
        File.WriteAllText(ConfigurationFile, configuration.Render());
        File.SetUnixFileMode(ConfigurationFile, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        ServiceUser.Own(ConfigurationFile);
    }

    /// <param name="environment">Added to the agent's environment.</param>
    public void Start(IReadOnlyDictionary<string, string?>? environment = null)
    {
        if (IsRunning)
        {
            throw new InvalidOperationException($"The agent of {Name} runs already.");
        }

        _hold?.Prepare(LogFile);
        _runs.Add(ChildProcess.Start(new ChildProcessSpec(_hold?.Program ?? AgentBinaries.Agent, [ConfigurationFile])
        {
            LogFile = LogFile,
            OutputPipe = _hold?.LogPipe,
            WorkingFolder = Folder,
            Environment = new Dictionary<string, string?>(_hold?.Environment ?? environment ?? new Dictionary<string, string?>())
            {
                ["RUNTIME_DIRECTORY"] = Configuration.RunFolder,
                ["HOME"] = Folder,
                ["NOTIFY_SOCKET"] = environment?.GetValueOrDefault("NOTIFY_SOCKET"),
            },
        }));
    }

    /// <summary>SIGTERM, and the exit code of the orderly end.</summary>
    public Task<int> StopAsync(TimeSpan within)
    {
        Agent.Send(Signal.Terminate);
        return Agent.WaitForExitAsync(within);
    }

    /// <summary>The agent crashes; PostgreSQL goes on.</summary>
    public Task KillAgentAsync() => Agent.KillAsync();

    /// <summary>PostgreSQL crashes, all of it at once; the agent goes on.</summary>
    public void KillPostgres() => LinuxProcesses.KillAll(PostgresProcesses);

    /// <summary>The host is lost: agent and PostgreSQL are gone without a word.</summary>
    public async Task LoseHostAsync()
    {
        // The agent first: it must not see its server die and say so. Then its guard and PostgreSQL.
        await Agent.KillAsync().ConfigureAwait(false);
        LinuxProcesses.KillAll(() => LinuxProcesses.WorkingBelow(Folder));
    }

    /// <summary>The operator's sentence of the agent's last decision; null when it does not answer.</summary>
    public async Task<string?> ReasonAsync() => (string?)(await Rest.StatusAsync().ConfigureAwait(false))?["haagent"]?["reason"];

    public IReadOnlyList<LinuxProcess> PostgresProcesses() => LinuxProcesses.WorkingBelow(DataDirectory);

    /// <summary>The postmaster's pid; null when the data directory has no running one.</summary>
    public int? PostmasterPid()
    {
        try
        {
            var first = File.ReadLines(Path.Combine(DataDirectory, "postmaster.pid")).FirstOrDefault();
            return int.TryParse(first, CultureInfo.InvariantCulture, out var pid) && pid > 1 && LinuxProcesses.IsAlive(pid) ? pid : null;
        }
        catch (IOException)
        {
            return null;
        }
    }

    public async Task<NpgsqlConnection> ConnectAsync()
    {
        var connection = new NpgsqlConnection(ConnectionString);
        try
        {
            await connection.OpenAsync().ConfigureAwait(false);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Runs one statement and returns the first column of its first row, as PostgreSQL prints it; null when there is none.</summary>
    public async Task<string?> QueryAsync(string sql)
    {
        await using var connection = await ConnectAsync().ConfigureAwait(false);
#pragma warning disable CA2100 // the tests' own SQL
        await using var command = new NpgsqlCommand(sql, connection) { AllResultTypesAreUnknown = true };
#pragma warning restore CA2100
        return await command.ExecuteScalarAsync().ConfigureAwait(false) as string;
    }

    /// <summary>Whether a client could write here now. A server that cannot be reached is not writable.</summary>
    public async Task<bool> IsWritableAsync()
    {
        try
        {
            return await QueryAsync("SELECT NOT pg_is_in_recovery() AND current_setting('transaction_read_only') = 'off'")
                .ConfigureAwait(false) == "t";
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException or IOException)
        {
            return false;
        }
    }

    /// <summary>Processor time the agent has used since its start.</summary>
    public TimeSpan ProcessorTime()
    {
        using var process = System.Diagnostics.Process.GetProcessById(Agent.Pid);
        return process.TotalProcessorTime;
    }

    public string LastLog(int lines = 30) => File.Exists(LogFile) ? string.Join('\n', File.ReadLines(LogFile).TakeLast(lines)) : "";

    public async ValueTask DisposeAsync()
    {
        foreach (var run in _runs)
        {
            await run.DisposeAsync().ConfigureAwait(false);
        }

        if (_hold is not null)
        {
            await _hold.DisposeAsync().ConfigureAwait(false);
        }

        LinuxProcesses.KillAll(() => LinuxProcesses.WorkingBelow(Folder));
        Rest.Dispose();
    }
}
