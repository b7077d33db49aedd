using HaAgent.Configuration.Options;
using HaAgent.Core.Contracts;
using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Requests;
using HaAgent.Core.Settings;
using HaAgent.Rest.Http;

namespace HaAgent.Rest;

/// <summary>What the REST API answers from.</summary>
/// <param name="LogQueueLength">Log records waiting to be written.</param>
/// <param name="LogRecordsLost">Log records dropped since the start.</param>
internal sealed record RestInputs(
    NodeName Name,
    string Scope,
    StatusBoard Board,
    IDcs Dcs,
    IPostgresServer Postgres,
    Mailbox Mailbox,
    TimeProvider Clock,
    ILoggerFactory Logs,
    Func<int> LogQueueLength,
    Func<long> LogRecordsLost);

/// <summary>The REST API of the agent: listening, and taking changed settings while it does.</summary>
internal sealed class RestApi : IAsyncDisposable
{
    private readonly RestInputs _inputs;
    private readonly ILogger _logger;
    private readonly ReplyWriter _writer;
    private readonly RestRouter _router;
    private readonly CancellationTokenSource _stop = new();
    private RestApiOptions _options;
    private HttpListener? _listener;

    private RestApi(RestInputs inputs, RestApiOptions options)
    {
        _inputs = inputs;
        _options = options;
        _logger = inputs.Logs.CreateLogger("HaAgent.Rest");
        _writer = new(inputs.Clock, ServerHeader(options), options.HttpExtraHeaders);
        var answers = new StatusAnswers(inputs.Board, inputs.Clock, inputs.LogQueueLength);
        var ballots = new BallotProbe(inputs.Postgres, inputs.Clock, _stop.Token);
        var status = new StatusEndpoints(inputs.Name, inputs.Scope, answers, inputs.Dcs, ballots, inputs.LogRecordsLost);
        var config = new ConfigEndpoints(inputs.Dcs, inputs.Clock, status);
        var desk = new RequestDesk(inputs.Mailbox, inputs.Clock);
        var operators = new OperatorEndpoints(desk, inputs.Dcs, answers, status, inputs.Clock, _logger);
        _router = new(status, config, operators, new(desk, answers, inputs.Clock), answers, inputs.Dcs, _logger);
    }

    /// <summary>Where it listens.</summary>
    public IReadOnlyList<Uri> Addresses => _listener?.Addresses ?? [];

    public int ConnectionCount => _listener?.ConnectionCount ?? 0;

    /// <exception cref="ConfigurationException"><c>restapi.listen</c> cannot be listened on.</exception>
    public static async Task<RestApi> StartAsync(RestInputs inputs, RestApiOptions options, CancellationToken stop)
    {
        var api = new RestApi(inputs, options);
        try
        {
            api._router.Use(await AccessRules.LoadAsync(options, inputs.Clock, api._logger, stop).ConfigureAwait(false));
            api._listener = await api.ListenAsync(options, stop).ConfigureAwait(false);
            return api;
        }
        catch (ConfigurationException)
        {
            await api.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>
    /// Applies changed settings. A changed <c>listen</c> moves the listener; when that fails it stays where it is.
    /// </summary>
    public async Task ApplyAsync(RestApiOptions options, CancellationToken stop)
    {
        _router.Use(await AccessRules.LoadAsync(options, _inputs.Clock, _logger, stop).ConfigureAwait(false));
        _writer.Redecorate(ServerHeader(options), options.HttpExtraHeaders);
        var moves = (options.ListenHost, options.ListenPort) != (_options.ListenHost, _options.ListenPort);
        _options = moves ? options with { ListenHost = _options.ListenHost, ListenPort = _options.ListenPort } : options;
        if (!moves || _listener is not { } old)
        {
            return;
        }

        try
        {
            _listener = await ListenAsync(options, stop).ConfigureAwait(false);
            _options = options;
            await old.DisposeAsync().ConfigureAwait(false);
        }
        catch (ConfigurationException e)
        {
            RestLog.CouldNotMove(_logger, e.Message);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        if (_listener is not null)
        {
            await _listener.DisposeAsync().ConfigureAwait(false);
        }

        _stop.Dispose();
    }

    private async Task<HttpListener> ListenAsync(RestApiOptions options, CancellationToken stop)
    {
        var listener = await HttpListener.StartAsync(
            (options.ListenHost, options.ListenPort), options.RequestQueueSize, _router, _writer, _inputs.Clock,
            _inputs.Logs, stop).ConfigureAwait(false);
        RestLog.Listening(_logger, string.Join(", ", listener.Addresses));
        return listener;
    }

    private static string ServerHeader(RestApiOptions options) => options.ServerTokens switch
    {
        ServerTokens.Minimal => $"Patroni/{ProductVersion.Compatibility}",
        ServerTokens.ProductOnly => "Patroni",
        _ => $"HaAgent/{ProductVersion.Own}",
    };
}
