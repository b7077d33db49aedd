using System.Globalization;
using HaAgent.Ctl.Prompts;
using HaAgent.Ctl.Rest;
using HaAgent.Ctl.Settings;
using HaAgent.Ctl.Sql;
using HaAgent.Ctl.Store;

namespace HaAgent.Ctl;

/// <summary>What a command works with: the operator, the clock, the configuration, the store and the members.</summary>
internal sealed class CtlContext : IDisposable
{
    private readonly ICtlSources _sources;
    private readonly GlobalOptions _options;
    private CtlSettings? _settings;
    private MemberApi? _api;

    public CtlContext(CtlHost host, GlobalOptions options)
    {
        _sources = host.Sources;
        _options = options;
        Program = host.Program;
        Terminal = host.Terminal;
        Clock = host.Clock;
        Variable = host.Variable;
        Log = new(host.Terminal.Error, host.Clock, host.Variable);
        Prompts = new(host.Terminal);
        Interrupts = host.Interrupts;
        Sql = host.Sql;
    }

    /// <summary>The name that the program was called by.</summary>
    public string Program { get; }
    public Terminal Terminal { get; }
    public TimeProvider Clock { get; }

    /// <summary>An environment variable; null when not set.</summary>
    public Func<string, string?> Variable { get; }
    public CtlLog Log { get; }
    public Prompter Prompts { get; }
    public Interrupts Interrupts { get; }
    public ISqlServers Sql { get; }

    /// <summary>Read when first asked for: <c>version</c> alone needs none.</summary>
    public CtlSettings Settings => _settings ??= _sources.LoadSettings(_options, Log);

    public MemberApi Api => _api ??= new(Settings.Rest, Clock);

    public IClusterStore Open(string cluster) => Settings.HasCitus
        ? throw new CtlException("Citus clusters are not in this version: take the citus section out of the configuration.")
        : _sources.Open(Settings, cluster);

    /// <summary>The cluster named, or the configuration's <c>scope</c>.</summary>
    public string ClusterOrScope(string? given) => given ?? Settings.Scope
        ?? throw new CtlException(
            "No cluster name was given and the configuration has no scope: name the cluster, or set scope.");

    /// <summary>Local time with so many fractional digits, cut off rather than rounded.</summary>
    public string Timestamp(int fractionalDigits = 0)
    {
        var fraction = fractionalDigits == 0 ? "" : "." + new string('f', fractionalDigits);
        return Clock.GetLocalNow().ToString("yyyy-MM-dd HH:mm:ss" + fraction, CultureInfo.InvariantCulture);
    }

    public void Dispose() => _api?.Dispose();
}

/// <summary>The world around one run of the program.</summary>
internal sealed record CtlHost(
    string Program,
    Terminal Terminal,
    TimeProvider Clock,
    Func<string, string?> Variable,
    ICtlSources Sources,
    ISqlServers Sql,
    Interrupts Interrupts);
