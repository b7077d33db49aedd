using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;
using HaAgent.Postgres.Control;
using HaAgent.Postgres.Sql;
using HaAgent.Testing;
using HaAgent.Testing.Postgres;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace HaAgent.Postgres.Tests;

/// <summary>A local server under test in a folder of its own; whatever still runs in it at the end is killed.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    public static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);
    public static readonly TimeProvider Clock = TimeProvider.System;

    public static CancellationToken Stop => TestContext.Current.CancellationToken;

    private readonly bool _ownsFolder;

    private TestServer(LocalPostgresServer server, PostgresOptions options, JsonObject configuration, string folder,
        ListLogger log, bool ownsFolder)
    {
        Server = server;
        Options = options;
        Configuration = configuration;
        Folder = folder;
        Log = log;
        _ownsFolder = ownsFolder;
    }

    public LocalPostgresServer Server { get; private set; }

    public PostgresOptions Options { get; }

    public JsonObject Configuration { get; }

    public string Folder { get; }

    public ListLogger Log { get; }

    public Upstream Upstream => new(new(Options.Name), Server.Configuration.ConnUrl);

    public int Pid => Assert.IsType<ServerProcess.Running>(Server.Latest.Process).Pid;

    public static Instant In(double seconds) => Instant.Now(Clock) + TimeSpan.FromSeconds(seconds);

    public static string NewFolder(string suffix = "")
    {
        var folder = Path.Combine(Path.GetTempPath(), $"haagent-pg-{Guid.NewGuid():N}"[..24] + suffix);
        Directory.CreateDirectory(folder);
        return folder;
    }

    /// <param name="change">Changes the configuration before it is read.</param>
    public static async Task<TestServer> OpenAsync(
        string name = "a", Action<JsonObject>? change = null, JsonObject? dynamicConfig = null, string? folder = null)
    {
        var ownsFolder = folder is null;
        folder ??= NewFolder();
        var port = Ports.Lease();
        var configuration = new JsonObject
        {
            ["postgresql"] = new JsonObject
            {
                ["listen"] = $"127.0.0.1:{port}",
                ["data_dir"] = Path.Combine(folder, name),
                ["bin_dir"] = PostgresInstallation.BinDirectory,
                ["pgpass"] = Path.Combine(folder, name + ".pgpass"),
                ["use_unix_socket"] = true,
                ["use_pg_rewind"] = true,
                ["authentication"] = new JsonObject
                {
                    ["superuser"] = new JsonObject { ["username"] = "postgres", ["password"] = "super secret" },
                    ["replication"] = new JsonObject { ["username"] = "replicator", ["password"] = "repl:se\\cret" },
                    ["rewind"] = new JsonObject { ["username"] = "rewinder", ["password"] = "rewind'er" },
                },
                ["parameters"] = new JsonObject
                {
                    ["unix_socket_directories"] = folder,
                    ["fsync"] = false,
                    ["shared_buffers"] = "16MB",
                },
                ["pg_hba"] = new JsonArray(
                    "local all all scram-sha-256", "host all all 127.0.0.1/32 scram-sha-256",
                    "local replication all scram-sha-256", "host replication all 127.0.0.1/32 scram-sha-256"),
            },
            ["bootstrap"] = new JsonObject
            {
                ["initdb"] = new JsonArray(new JsonObject { ["encoding"] = "UTF8" }, "no-sync"),
            },
        };
        change?.Invoke(configuration);
        var options = PostgresOptions.Read(configuration, "demo", name);
        var log = new ListLogger();
        var server = await LocalPostgresServer.OpenAsync(options, dynamicConfig ?? [], Clock, log);
        return new(server, options, configuration, folder, log, ownsFolder);
    }

    /// <summary>A primary that runs and has its users.</summary>
    /// <param name="change">Changes of its configuration; of users and bootstrap only with
    /// <paramref name="fresh"/>.</param>
    /// <param name="fresh">Created for this test; otherwise a copy of one that was created once.</param>
    public static async Task<TestServer> PrimaryAsync(
        string name = "a", Action<JsonObject>? change = null, JsonObject? dynamicConfig = null, string? folder = null,
            bool fresh = false)
    {
        var test = await OpenAsync(name, change, dynamicConfig, folder);
        try
        {
            if (fresh)
            {
                Succeeds(await test.Server.InitializeAsync(Stop));
                await test.StartAsync(asPrimary: true);
                Succeeds(await test.Server.FinishInitializeAsync(Stop));
                return test;
            }

            var copied = await new ProcessRunner(Clock).RunAsync(
                new Command("/bin/cp", ["-a", await TemplateCluster.DirectoryAsync(), test.Options.DataDirectory]),
                    Soon, Stop);
            Assert.True(copied.Succeeded, copied.Complaint);
            await test.StartAsync(asPrimary: true);
            return test;
        }
        catch
        {
            await test.DisposeAsync();
            throw;
        }
    }

    /// <summary>A replica of this server that runs.</summary>
    public async Task<TestServer> ReplicaAsync(
        string name, Action<JsonObject>? change = null, JsonObject? dynamicConfig = null)
    {
        var replica = await OpenAsync(name, change, dynamicConfig, Folder);
        try
        {
            Succeeds(await Server.ChangeSlotsAsync(
                [new SlotChange.CreatePhysical(new NodeName(name).SlotName())], TestServer.Stop));
            Succeeds(await replica.Server.CloneAsync(Upstream, TestServer.Stop));
            await replica.StartAsync(asPrimary: false, Upstream);
            return replica;
        }
        catch
        {
            await replica.DisposeAsync();
            throw;
        }
    }

    public static void Succeeds(StepResult result) => Assert.True(result.Done, result.Detail);

    public async Task StartAsync(bool asPrimary, Upstream? follow = null)
    {
        var result = await Server.StartAsync(new(asPrimary, follow), In(30), Soon, TestServer.Stop);
        Assert.True(result.Outcome == StartOutcome.Running, $"{result.Outcome}: {result.Detail}\n{Log}");
    }

    public async Task StopAsync(StopMode mode = StopMode.Fast)
    {
        Assert.True(Server.Signal(mode));
        Assert.True(await Server.WaitForExitAsync(In(30), TestServer.Stop), "the server did not stop within 30 s");
    }

    /// <summary>A new agent for the same server, as after a restart of the agent.</summary>
    public async Task RestartAgentAsync()
    {
        await Server.DisposeAsync();
        Server = await LocalPostgresServer.OpenAsync(Options, [], Clock, Log);
    }

    /// <summary>One value, as the superuser through the socket.</summary>
    /// <param name="password">Of the superuser, when it is not the configured one.</param>
    public async Task<string?> AskAsync(string sql, string? password = null)
    {
        await using var source = DataSource(password);
        await using var connection = await source.OpenConnectionAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return (await command.ExecuteScalarAsync())?.ToString();
    }

    public NpgsqlDataSource DataSource(string? password = null) => NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder
    {
        Host = Folder,
        Port = Options.Port,
        Username = Options.Superuser.Username,
        Password = password ?? Options.Superuser.Password,
        Database = "postgres",
        Pooling = false,
    });

    /// <summary>A probe that has seen nothing of this server yet, and is let in wherever it asks.</summary>
    public PostgresProbe NewProbe()
    {
        var connections = new PostgresConnections(() => Server.Configuration);
        var complaint = new LoginComplaint(Assert.Fail, Clock);
        return new(connections, complaint, new(new(connections, Clock), complaint, Clock), Clock);
    }

    public async Task<SqlReading.Answered> ProbeAsync() =>
        Assert.IsType<SqlReading.Answered>((await Server.ProbeAsync(In(5), TestServer.Stop)).Sql);

    public async ValueTask DisposeAsync()
    {
        Server.Kill();
        await Server.DisposeAsync();
        Ports.Release(Options.Port);
        if (_ownsFolder)
        {
            await Eventually.HoldsAsync("all processes of the folder have gone", Soon, () =>
                ProcScan.MembersOf(Directory.GetDirectories(Folder)).Count == 0);
            Directory.Delete(Folder, recursive: true);
        }
    }
}

/// <summary>Keeps what was logged.</summary>
internal sealed class ListLogger : ILogger
{
    private readonly ConcurrentQueue<string> _lines = new();

    public IEnumerable<string> Lines => _lines;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState,
        Exception?, string> formatter) =>
        _lines.Enqueue($"{logLevel} {eventId.Id} {formatter(state, exception)} {exception}");

    public override string ToString() => string.Join('\n', _lines);
}
