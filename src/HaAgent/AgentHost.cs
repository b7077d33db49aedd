using System.Text.Json.Nodes;
using HaAgent.Core.Contracts;
using HaAgent.Core.Loop;
using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Requests;
using HaAgent.Core.Settings;
using HaAgent.Core.Snapshot;
using HaAgent.Dcs.Etcd;
using HaAgent.Guard;
using HaAgent.Guarding;
using HaAgent.Logging;
using HaAgent.Postgres;
using HaAgent.Rest;
using HaAgent.Runtime;
using HaAgent.Systemd;

namespace HaAgent;

/// <summary>Wires the agent together, by hand, and runs it to its end.</summary>
internal sealed class AgentHost : IAsyncDisposable, ISettingsUser
{
    private static readonly TimeSpan ListenAgainAfter = TimeSpan.FromSeconds(5);
    private static readonly TimeProvider Clock = BoottimeTimeProvider.Instance;

    private readonly NodeIdentity _identity;
    private readonly AgentLog _log;
    private readonly ILogger _logger;
    private readonly Random _random;
    private readonly InstanceLock _instance;
    private readonly LeaseGuard _guard;
    private readonly EtcdDcs _dcs;
    private readonly LocalPostgresServer _postgres;
    private readonly PeersOverHttp _peers;
    private readonly ServiceState _service;
    private readonly AlarmThread _alarms = new(Clock);
    private readonly StatusBoard _board = new();
    private readonly Mailbox _mailbox;
    private readonly SettingsSource _settings;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private bool _stopAsked;
    private volatile AgentOptions _options;
    private volatile HaLoop? _loop;
    private RestApi? _rest;

    private AgentHost(
        AgentOptions options, AgentLog log, SettingsSource settings, InstanceLock instance,
        LocalPostgresServer postgres)
    {
        _options = options;
        _log = log;
        _logger = log.CreateLogger("HaAgent.Host");
        _service = new(SdNotify.FromEnvironment(), Clock, _logger);
        ThreadPoolFloor.Raise();
        var seed = Environment.TickCount ^ Environment.ProcessId;
        _random = new(seed);
        _settings = settings;
        _settings.User = this;
        _instance = instance;
        _postgres = postgres;
        var server = postgres.Configuration;
        _identity = new(
            options.Local.Name, options.Local.Scope, server.ConnUrl, options.Rest.ApiUrl, server.ProxyUrl);
        _guard = LeaseGuard.Open(options, Clock, log.CreateLogger("HaAgent.Guard"));
        _mailbox = new(Clock);
        _dcs = EtcdDcs.Start(
            options.Etcd, Timing(_settings.Current), Clock, new Random(_random.Next()),
            log.CreateLogger("HaAgent.Dcs"));
        _peers = new(Clock, log, options.Ctl.Authentication);
        HostLog.Starting(
            _logger, ProductVersion.Own, _identity.Name.Value, _identity.Scope, options.RunDirectory, seed);
    }

    /// <exception cref="ConfigurationException">Something in the way of a start; nothing was changed.</exception>
    public static async Task<AgentHost> OpenAsync(AgentOptions options, AgentLog log)
    {
        var settings = new SettingsSource(options, log.CreateLogger("HaAgent.Settings"));
        var instance = InstanceLock.Take(options.RunDirectory, options.Postgres.DataDirectory);
        var postgres = await LocalPostgresServer.OpenAsync(
            options.Postgres, settings.Dynamic, Clock, log.CreateLogger("HaAgent.Postgres"));
        return new(options, log, settings, instance, postgres);
    }

    /// <returns>The exit code of the process.</returns>
    public async Task<int> RunAsync()
    {
        using var signals = new HostSignals(Reload, Stop);
        try
        {
            // A server that runs already may be a primary whose lease is running out: the loop must look after it at
            // once, whether the store answers or not. Only a node without a server can afford to wait.
            var refusedWith = _postgres.Latest.IsRunning
                ? null
                : await new Joining(_dcs, _postgres, _identity, _service, Clock, _logger).RefusedWithAsync(_stop.Token);
            return refusedWith ?? await RunLoopAsync();
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            return 0;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_rest is not null)
        {
            await _rest.DisposeAsync();
        }

        _loop?.Dispose();
        _alarms.Dispose();
        await _dcs.DisposeAsync();
        await _postgres.DisposeAsync();
        _peers.Dispose();
        _service.Dispose();
        _guard.Dispose();
        _instance.Dispose();
        _stop.Dispose();
    }

    void ISettingsUser.ReloadBegins() => _service.ReloadBegins();

    void ISettingsUser.Configure(PostgresOptions local, JsonObject dynamicConfig) =>
        _postgres.Configure(local, dynamicConfig);

    async Task ISettingsUser.TakeOverAsync(AgentOptions reloaded)
    {
        _options = reloaded;
        _log.Apply(reloaded.Log);
        _peers.Use(reloaded.Ctl.Authentication);
        if (_rest is { } rest)
        {
            await rest.ApplyAsync(reloaded.Rest, _stop.Token).ConfigureAwait(false);
        }
    }

    void ISettingsUser.ReloadEnds() => _service.ReloadEnds();

    private async Task<int> RunLoopAsync()
    {
        using var loop = new HaLoop(new LoopParts
        {
            Identity = _identity,
            Dcs = _dcs,
            Postgres = _postgres,
            Peers = _peers,
            Guard = _guard,
            Settings = _settings,
            Board = _board,
            Mailbox = _mailbox,
            Clock = Clock,
            Alarms = _alarms,
            Random = new Random(_random.Next()),
            Loggers = _log,
        });
        loop.CycleCompleted += OnCycleCompleted;
        bool stopAsked;
        lock (_gate)
        {
            _loop = loop;
            stopAsked = _stopAsked;
        }

        if (stopAsked)
        {
            loop.RequestShutdown(); // asked for before there was a loop to ask
        }

        // A node without a server is refused when its API cannot listen. Over a running server the loop comes first.
        var serves = _postgres.Latest.IsRunning;
        if (!serves)
        {
            await StartRestAsync();
        }

        _settings.Changed += loop.Wake;
        _board.Published += OnPublished;
        var code = 1;
        var running = LoopThread.Start("haagent-loop", () =>
        {
            using var pump = new LoopContext();
            pump.Run(async () => code = await loop.RunAsync());
        });
        if (serves)
        {
            await Task.WhenAny(running, KeepStartingRestAsync());
        }

        await running;
        await _stop.CancelAsync();
        _board.Published -= OnPublished;
        HostLog.Ended(_logger, code);
        return code;
    }

    private async Task StartRestAsync() => _rest = await RestApi.StartAsync(
        new(_identity.Name, _identity.Scope, _board, _dcs, _postgres, _mailbox, Clock, _log,
            () => _log.QueueLength, () => _log.RecordsLost),
        _options.Rest,
        _stop.Token);

    private async Task KeepStartingRestAsync()
    {
        while (true)
        {
            try
            {
                await StartRestAsync();
                return;
            }
            catch (ConfigurationException e)
            {
                HostLog.RestNotStarted(_logger, e.Message);
            }

            await Task.Delay(ListenAgainAfter, Clock, _stop.Token);
        }
    }

    /// <summary>The loop takes it up between two turns; before there is one, nothing is in the way.</summary>
    private void Reload()
    {
        if (_loop is null)
        {
            _settings.ReloadLocal();
        }
        else
        {
            _mailbox.Post(new OperatorRequest.Reload());
        }
    }

    private void Stop(string signal)
    {
        HostLog.ShuttingDown(_logger, signal);
        _service.Stopping($"shutting down after {signal}");
        HaLoop? loop;
        lock (_gate)
        {
            _stopAsked = true;
            loop = _loop;
        }

        if (loop is not null)
        {
            loop.RequestShutdown();
        }
        else
        {
            _stop.Cancel();
        }
    }

    private void OnPublished(NodeStatus status)
    {
        if (status.State == PostgresState.Running)
        {
            _settings.SaveIfChanged();
        }
    }

    private void OnCycleCompleted()
    {
        if (_board.Latest is { } status)
        {
            var text = $"{Wire.RoleText(status.Role)}, {Wire.StateText(status.State)}: {status.ReasonText}";
            _service.TurnCompleted(text, status.Settings.LoopWait);
        }
    }

    private static EtcdTiming Timing(HaSettings settings) =>
        new(settings.Ttl, settings.LoopWait, settings.RetryTimeout);
}
