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
    private volatile PostgresEffectiveConfiguration _configuration;

    public ServerContext(PostgresOptions options, JsonObject dynamicConfig, TimeProvider clock, ILogger log)
    {
        Options = options;
        Clock = clock;
        Log = log;
        _configuration = PostgresEffectiveConfiguration.Build(options, dynamicConfig);
        Events = new KernelEvents();
        Disk = new DiskThread(clock);
        Runner = new ProcessRunner(clock);
        Marker = new CreationMarker(options);
        Postmaster = new Postmaster(options.DataDirectory, Events, clock);
        Connections = new PostgresConnections(options, () => Configuration);
        Binary = new ServerBinary(Runner, () => Configuration);
        ControlData = new PgControlData(Runner, () => Configuration, options.DataDirectory);
        Files = new ServerFiles(options);
        LogConfigurationWarnings();
    }

    public PostgresOptions Options { get; }

    public TimeProvider Clock { get; }

    public ILogger Log { get; }

    public KernelEvents Events { get; }

    public DiskThread Disk { get; }

    public ProcessRunner Runner { get; }

    public CreationMarker Marker { get; }

    public Postmaster Postmaster { get; }

    public PostgresConnections Connections { get; }

    public ServerBinary Binary { get; }

    public PgControlData ControlData { get; }

    public ServerFiles Files { get; }

    public ReadingBoard Board { get; } = new();

    public PostgresEffectiveConfiguration Configuration => _configuration;

    public string DataDirectory => Options.DataDirectory;

    public Instant Now => Instant.Now(Clock);

    public void Configure(JsonObject dynamicConfig)
    {
        _configuration = PostgresEffectiveConfiguration.Build(Options, dynamicConfig);
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
        var pid = PostmasterPidFile.TryRead(DataDirectory)?.Pid ?? Postmaster.LastPid;
        return pid != 0 && Postmaster.IsTakenByAnother(pid)
            ? new() { ["PG_GRANDPARENT_PID"] = pid.ToString(System.Globalization.CultureInfo.InvariantCulture) }
            : [];
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
