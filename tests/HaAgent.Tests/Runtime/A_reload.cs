using System.Text.Json.Nodes;
using HaAgent.Configuration.Local;
using HaAgent.Core.Snapshot;
using HaAgent.Postgres;
using HaAgent.Testing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace HaAgent.Tests.Runtime;

public sealed class A_reload : IDisposable
{
    private const string Before = """
        name: a
        scope: demo
        etcd3: {host: '127.0.0.1:1'}
        restapi: {listen: '127.0.0.1:8008'}
        log: {level: INFO}
        postgresql:
          listen: 127.0.0.1:5432
          data_dir: /nowhere/data
          parameters: {work_mem: 4MB}
          pg_hba: [local all all trust]
        """;

    private readonly TempFolder _folder = TempFolder.Create("reload");
    private readonly Witness _witness = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Reaches_the_server_and_the_shells_between_its_beginning_and_its_end()
    {
        var settings = Open(Before);
        Write(Before.Replace("4MB", "8MB", StringComparison.Ordinal)
            .Replace("[local all all trust]", "[local all all reject]", StringComparison.Ordinal)
            .Replace("INFO", "DEBUG", StringComparison.Ordinal));

        await ReloadAsync(settings);

        Assert.Equal(["begins", "server", "shells", "ends"], _witness.Calls);
        Assert.Equal(LogLevel.Debug, _witness.Options!.Log.Level);
        var server = PostgresEffectiveConfiguration.Build(_witness.Options.Postgres, _witness.Dynamic!);
        Assert.Equal("8MB", server.Parameters(isPrimary: true)["work_mem"]);
        Assert.Equal(["local all all reject"], server.HbaLines(isPrimary: true));
        Assert.Equal(1, settings.Current.Serial);
    }

    [Fact]
    public async Task Without_a_change_has_the_servers_files_written_again()
    {
        var settings = Open(Before);
        await ReloadAsync(settings);
        Assert.Equal(["begins", "server", "shells", "ends"], _witness.Calls);
        Assert.Equal(1, settings.Current.Serial);
    }

    [Theory]
    [InlineData("name: [")]
    [InlineData("name: a\nscope: demo\nrestapi: {listen: '127.0.0.1:8008'}\npostgresql: {data_dir: /x, listen: 'a:b:c'}")]
    [InlineData("name: a\nscope: demo\nrestapi: {listen: 'nowhere'}\npostgresql: {data_dir: /x, listen: '*:5432'}")]
    public async Task Of_a_file_with_a_mistake_changes_nothing_and_ends_all_the_same(string yaml)
    {
        var settings = Open(Before);
        Write(yaml);
        await ReloadAsync(settings);
        Assert.Equal(["begins", "ends"], _witness.Calls);
        Assert.Equal(0, settings.Current.Serial);
    }

    [Fact]
    public async Task That_a_shell_cannot_take_over_is_said_and_the_next_one_goes_on()
    {
        var log = new ErrorsInLog();
        var settings = Open(Before, log);
        _witness.Fault = new InvalidOperationException("the shell broke");
        await ReloadAsync(settings);
        await Eventually.HoldsAsync(
            "the fault is logged", TimeSpan.FromSeconds(20), () => log.Errors.Contains(_witness.Fault),
            TestContext.Current.CancellationToken);

        _witness.Begin();
        await ReloadAsync(settings);
        Assert.Equal(["begins", "server", "shells", "ends"], _witness.Calls);
        Assert.Single(log.Errors);
    }

    [Fact]
    public void Is_not_needed_for_what_the_store_holds_and_a_name_given_twice_there_counts_as_no_document()
    {
        var settings = Open(Before);
        settings.Accept(new ConfigDocument("""{"ttl":40,"ttl":50}""", new(1)));
        Assert.Empty(_witness.Calls);
        settings.Accept(new ConfigDocument("""{"ttl":40}""", new(2)));
        Assert.Equal(["server"], _witness.Calls);
        Assert.Equal(TimeSpan.FromSeconds(40), settings.Current.Ttl);
    }

    private SettingsSource Open(string yaml, ILogger? log = null)
    {
        Write(yaml);
        var environment = new Dictionary<string, string> { ["HAAGENT_RUN_DIR"] = _folder.Path };
        var local = LocalConfiguration.Load(_folder.File("haagent.yml"), environment);
        return new(AgentOptions.Load(local, environment), log ?? NullLogger.Instance) { User = _witness };
    }

    private void Write(string yaml) => File.WriteAllText(_folder.File("haagent.yml"), yaml);

    private async Task ReloadAsync(SettingsSource settings)
    {
        settings.ReloadLocal();
        await _witness.Ended.Task.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
    }

    private sealed class Witness : ISettingsUser
    {
        public List<string> Calls { get; } = [];

        public TaskCompletionSource Ended { get; private set; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Thrown by the next take-over.</summary>
        public Exception? Fault { get; set; }

        public JsonObject? Dynamic { get; private set; }

        public AgentOptions? Options { get; private set; }

        public void Begin()
        {
            Fault = null;
            Calls.Clear();
            Ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        public void ReloadBegins() => Calls.Add("begins");

        public void Configure(PostgresOptions local, JsonObject dynamicConfig)
        {
            Calls.Add("server");
            Dynamic = dynamicConfig;
        }

        public async Task TakeOverAsync(AgentOptions reloaded)
        {
            await Task.Yield();
            Calls.Add("shells");
            Options = reloaded;
            if (Fault is { } fault)
            {
                throw fault;
            }
        }

        public void ReloadEnds()
        {
            Calls.Add("ends");
            Ended.SetResult();
        }
    }

    private sealed class ErrorsInLog : ILogger
    {
        public System.Collections.Concurrent.ConcurrentQueue<Exception> Errors { get; } = new();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (exception is not null)
            {
                Errors.Enqueue(exception);
            }
        }
    }
}
