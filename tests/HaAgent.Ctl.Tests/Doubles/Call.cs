using System.Text.Json.Nodes;
using HaAgent.Ctl.Settings;
using HaAgent.Ctl.Sql;
using HaAgent.Ctl.Store;

namespace HaAgent.Ctl.Tests.Doubles;

/// <summary>One run of the program, in this process, with everything around it under the test's control.</summary>
internal sealed class Call : ICtlSources
{
    private readonly Dictionary<string, StoredCluster> _clusters = [];

    public Call(StoredCluster? cluster = null, string name = "batman")
    {
        if (cluster is not null)
        {
            _clusters[name] = cluster;
        }
    }

    public string Program { get; init; } = "haagentctl";

    /// <summary>The configuration, as JSON.</summary>
    public string Configuration { get; init; } = "{}";

    /// <summary>What the operator types; its end is the end of the input.</summary>
    public string Input { get; init; } = "";

    public Dictionary<string, string> Environment { get; init; } = [];

    /// <summary>Null: the clusters and the configuration given here.</summary>
    public ICtlSources? Sources { get; init; }

    /// <summary>Null: no server can be asked.</summary>
    public ISqlServers? Sql { get; init; }

    public bool OnScreen { get; init; }

    public TimeProvider Clock { get; init; } = new HurriedClock();

    /// <summary>How the operator presses Ctrl-C.</summary>
    public Interrupts Interrupts { get; } = new();

    public Call With(string name, StoredCluster cluster)
    {
        _clusters[name] = cluster;
        return this;
    }

    public async Task<Outcome> RunAsync(params string[] words)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        using var input = new StringReader(Input);
        var host = new CtlHost(
            Program, new(input, output, error, OnScreen), Clock, Environment.GetValueOrDefault, Sources ?? this,
            Sql ?? new ScriptedSql(), Interrupts);
        var code = await CtlProgram.RunAsync(words, host).WaitAsync(TestContext.Current.CancellationToken);
        return new(code, output.ToString(), error.ToString());
    }

    CtlSettings ICtlSources.LoadSettings(GlobalOptions options, CtlLog log) =>
        CtlSettings.From(JsonNode.Parse(Configuration)!.AsObject(), options.Insecure);

    IClusterStore ICtlSources.Open(CtlSettings settings, string scope) => _clusters.GetValueOrDefault(scope) ?? new StoredCluster();
}

/// <param name="Code">The exit code.</param>
internal sealed record Outcome(int Code, string Out, string Error);
