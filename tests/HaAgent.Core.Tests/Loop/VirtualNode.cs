using System.Text.Json.Nodes;
using HaAgent.Core.Contracts;
using HaAgent.Core.Loop;
using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Requests;
using HaAgent.Core.Snapshot;
using Microsoft.Extensions.Logging;

namespace HaAgent.Core.Tests.Loop;

/// <summary>The real loop of node a over a running primary, in virtual time.</summary>
internal sealed class VirtualNode : IDisposable
{
    private readonly HaLoop _loop;

    /// <param name="config">The dynamic configuration in the store, and the one the agent knew when it started.</param>
    /// <param name="predecessorLeft">How long the deadline is away that a predecessor left; null: it left none.</param>
    public VirtualNode(string config, TimeSpan? predecessorLeft = null)
    {
        Guard = new(Time.Now + predecessorLeft);
        Store = new(Self, Time);
        Store.Write(config);
        Settings = new(config);
        Server = new(Time);
        Store.Configure(Settings.Current.Ttl, Settings.Current.LoopWait, Settings.Current.RetryTimeout);
        _loop = new(new LoopParts
        {
            Identity = new(Self, "demo", "postgres://a:5432/postgres", "http://a:8008/patroni", null),
            Dcs = Store,
            Postgres = Server,
            Peers = new NoPeers(),
            Guard = Guard,
            Settings = Settings,
            Board = Board,
            Mailbox = new Mailbox(Time),
            Clock = Time,
            Alarms = Time,
            Random = new Random(1),
            Loggers = Log,
        });
    }

    public static NodeName Self { get; } = new("a");

    public VirtualTime Time { get; } = new();
    public VirtualStore Store { get; }
    public RunningPrimary Server { get; }
    public GuardThatRemembers Guard { get; }
    public SettingsInTheStore Settings { get; }
    public LinesOfTheLog Log { get; } = new();
    public StatusBoard Board { get; } = new();

    public Timing InForce => Board.Latest!.Settings.Timing;

    /// <summary>Starts the loop; it takes the key that nobody holds.</summary>
    public VirtualNode Started()
    {
        Start();
        Assert.True(Store.KeyEnds > Time.Now, "it does not lead");
        return this;
    }

    public void Start()
    {
        Task? running = null;
        Time.Run(TimeSpan.FromSeconds(1), () => running = _loop.RunAsync());
        Assert.False(running!.IsCompleted, running.Exception?.ToString());
    }

    public void Dispose()
    {
        _loop.Dispose();
        Log.Dispose();
        Time.Dispose();
    }
}

/// <summary>Settings read from the store's document by the real reader.</summary>
internal sealed class SettingsInTheStore(string config) : ISettingsSource
{
    public HaSettings Current { get; private set; } = Read(config);

    public string DynamicJson { get; private set; } = config;

    public void Accept(ConfigDocument document)
    {
        DynamicJson = document.Json;
        Current = Read(document.Json);
    }

    public void ReloadLocal()
    {
    }

    private static HaSettings Read(string config) => Assert.IsType<HaSettingsReading.Accepted>(
        HaSettingsReader.Read(JsonNode.Parse(config)!.AsObject(), new(null, null, HasBootstrap: false))).Settings;
}

/// <summary>A guard that is asked what it was last told.</summary>
internal sealed class GuardThatRemembers(Instant? predecessor) : ILeaseGuard
{
    public event Action? Changed
    {
        add { }
        remove { }
    }

    public Instant? Predecessor => predecessor;

    public GuardReading Latest { get; set; } = GuardReading.Watching;

    /// <summary>When it would end the server; never while disarmed.</summary>
    public Instant FiresAt { get; private set; } = Instant.Never;

    public bool TryArm(Instant deadline, Instant leaseEnd, long leaseId)
    {
        FiresAt = deadline;
        return true;
    }

    public bool TryDisarm(bool onlyIfNothingRuns)
    {
        FiresAt = Instant.Never;
        return true;
    }

    public void Reset()
    {
    }
}

/// <summary>What the operator reads, in order: <c>Warning 1009: text</c>.</summary>
internal sealed class LinesOfTheLog : ILoggerFactory, ILogger
{
    private readonly List<string> _lines = [];

    public IReadOnlyList<string> Of(int eventId) => [.. _lines.Where(line => line.Contains($" {eventId}: ", StringComparison.Ordinal))];

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _lines.Add($"{logLevel} {eventId.Id}: {formatter(state, exception)}");

    public void Dispose()
    {
    }
}
