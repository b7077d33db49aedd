using System.Text.Json.Nodes;
using HaAgent.Core.Model;
using HaAgent.Postgres.Config;
using HaAgent.Postgres.Control;
using HaAgent.Postgres.Rejoin;
using HaAgent.Postgres.Sql;
using Microsoft.Extensions.Logging;

namespace HaAgent.Postgres;

/// <summary>What the parts of the local server share. Made once, wired by hand.</summary>
internal sealed class ServerContext : IDisposable
{
    private const string OomScore = "/proc/self/oom_score_adj";

    private volatile PostgresEffectiveConfiguration _configuration;

    public ServerContext(PostgresOptions options, JsonObject dynamicConfig, TimeProvider clock, ILogger log)
    {
        Clock = clock;
        Log = log;
        _configuration = PostgresEffectiveConfiguration.Build(options, dynamicConfig);
        Events = new KernelEvents();
        Disk = new DiskThread(clock);
        Runner = new ProcessRunner(clock);
        Marker = new CreationMarker(options);
        RewindMarker = new RewindMarker(options);
        Postmaster = new Postmaster(options.DataDirectory, Events, clock);
        Connections = new PostgresConnections(() => Configuration);
        Binary = new ServerBinary(Runner, () => Configuration);
        ControlData = new PgControlData(Runner, () => Configuration, options.DataDirectory);
        Files = new ServerFiles(options);
        LogConfigurationWarnings();
    }

    /// <summary>The local options; names, addresses and paths among them never change.</summary>
    public PostgresOptions Options => _configuration.Local;

    public TimeProvider Clock { get; }

    public ILogger Log { get; }

    public KernelEvents Events { get; }

    public DiskThread Disk { get; }

    public ProcessRunner Runner { get; }

    public CreationMarker Marker { get; }
    public RewindMarker RewindMarker { get; }

    public Postmaster Postmaster { get; }

    public PostgresConnections Connections { get; }

    public ServerBinary Binary { get; }

    public PgControlData ControlData { get; }

    public ServerFiles Files { get; }

    public ReadingBoard Board { get; } = new();

    public PostgresEffectiveConfiguration Configuration => _configuration;

    public string DataDirectory => Options.DataDirectory;

    public Instant Now => Instant.Now(Clock);

    public void Configure(PostgresOptions options, JsonObject dynamicConfig)
    {
        _configuration = PostgresEffectiveConfiguration.Build(Options.With(options), dynamicConfig);
        LogConfigurationWarnings();
    }

    /// <summary>What a server program needs beyond the cleaned environment.</summary>
    /// <remarks>
    /// The number in a stale lock file (postmaster.pid, or that of the socket) may be in use: given to somebody else,
    /// or still held by the dead postmaster until init reaps it. The server would take that for a running one, unless
    /// it is told that it is an ancestor's.
    /// </remarks>
    public Dictionary<string, string> EnvironmentForServer()
    {
        var variables = new Dictionary<string, string>();
        var pid = PostmasterPidFile.TryRead(DataDirectory)?.Pid ?? Postmaster.LastPid;
        if (pid != 0 && Postmaster.IsTakenByAnother(pid))
        {
            variables["PG_GRANDPARENT_PID"] = pid.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }

        // The unit protects the agent, and with it the postmaster, from the kernel when memory runs out. Backends go back to
        // the usual rank (PostgreSQL documentation, "Linux Memory Overcommit").
        if (File.ReadAllText(OomScore).StartsWith('-'))
        {
            variables["PG_OOM_ADJUST_FILE"] = OomScore;
            variables["PG_OOM_ADJUST_VALUE"] = "0";
        }

        return variables;
    }

    /// <summary>A session with the local server as the superuser.</summary>
    public Task<SqlSession> ConnectAsync(TimeSpan timeout, CancellationToken stop) => SqlSession.OpenAsync(
        Connections.Local(PostmasterPidFile.TryRead(DataDirectory), "HaAgent", statementTimeoutMs: 0), Clock, timeout,
            stop);

    public void Dispose()
    {
        Postmaster.Dispose();
        Disk.Dispose();
        Events.Dispose();
    }

    private void LogConfigurationWarnings()
    {
        foreach (var warning in _configuration.Warnings)
        {
            PgLog.ConfigurationWarning(Log, warning);
        }
    }
}
