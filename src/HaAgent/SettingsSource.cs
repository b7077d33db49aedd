using System.Text.Json;
using System.Text.Json.Nodes;
using HaAgent.Configuration.Local;
using HaAgent.Core.Authority;
using HaAgent.Core.Contracts.Records;
using HaAgent.Core.Ports;
using HaAgent.Core.Settings;
using HaAgent.Core.Snapshot;
using HaAgent.Guard;
using HaAgent.Guarding;
using HaAgent.Postgres.Config;
using HaAgent.Runtime;

namespace HaAgent;

/// <summary>The settings in force: the store's document over defaults, the local configuration over both.</summary>
/// <remarks>
/// The loop asks on its own thread, so nothing here touches a disk there: the cache file and a reload of the local files
/// are work for the pool, whose result is swapped in.
/// </remarks>
internal sealed class SettingsSource : ISettingsSource
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    internal static readonly SafetyConstants OwnConstants = new()
    {
        LongestBeforeKill = GuardTimes.LongestBeforeKill,
        GuardOrderlyShare = GuardTimes.OrderlyShare,
        GuardSmallestMargin = LeaseGuard.SmallestMargin,
        LatestAlarm = AlarmThread.Longest,
    };

    private readonly Lock _gate = new();
    private readonly ILogger _logger;
    private readonly SafetyConstants _constants;
    private AgentOptions _options;
    private JsonObject _dynamic;
    private long _serial;
    private bool _isSaved = true;
    private Task _background = Task.CompletedTask;
    private volatile HaSettings _current;
    private string? _noticesLogged;

    /// <exception cref="ConfigurationException">
    /// The dynamic configuration known here is refused: nothing could be kept instead.
    /// </exception>
    /// <param name="constants">What the times must fit; null: this program's own.</param>
    public SettingsSource(AgentOptions options, ILogger logger, SafetyConstants? constants = null)
    {
        _options = options;
        _logger = logger;
        _constants = constants ?? OwnConstants;
        _dynamic = DynamicConfigurationCache.Read(options.Postgres.DataDirectory) ?? options.Bootstrap.Dcs;
        _current = Read(_dynamic, options.Local) switch
        {
            HaSettingsReading.Accepted accepted => Noted(accepted),
            HaSettingsReading.Rejected rejected => throw new ConfigurationException(rejected.Problem),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }

    /// <summary>Set once, before anything can change.</summary>
    public ISettingsUser? User { get; set; }

    /// <summary>Raised on any thread when <see cref="Current"/> was replaced by a reload of the local files.</summary>
    public event Action? Changed;

    public HaSettings Current => _current;

    public string DynamicJson
    {
        get
        {
            lock (_gate)
            {
                return JsonText.Compact(_dynamic);
            }
        }
    }

    /// <summary>A copy of the dynamic configuration in force.</summary>
    public JsonObject Dynamic
    {
        get
        {
            lock (_gate)
            {
                return Copy();
            }
        }
    }

    public void Accept(ConfigDocument document)
    {
        JsonObject? dynamic;
        try
        {
            dynamic = JsonNode.Parse(document.Json, documentOptions: Strict) as JsonObject;
        }
        catch (JsonException)
        {
            dynamic = null;
        }

        // An empty object means that the store lost its document: what was valid before stays in force.
        if (dynamic is not { Count: > 0 })
        {
            return;
        }

        lock (_gate)
        {
            if (Swap(dynamic, _options.Local))
            {
                User?.Configure(_options.Postgres, Copy());
                _isSaved = false;
            }
        }
    }

    /// <summary>
    /// Keeps the dynamic configuration beside the data, if it changed since: called when there is a data directory.
    /// </summary>
    public void SaveIfChanged()
    {
        lock (_gate)
        {
            if (!_isSaved)
            {
                _isSaved = true;
                var copy = Copy();
                _background = AfterAsync(_background, () =>
                {
                    Save(copy);
                    return Task.CompletedTask;
                });
            }
        }
    }

    public void ReloadLocal()
    {
        lock (_gate)
        {
            _background = AfterAsync(_background, ReloadAsync);
        }
    }

    /// <summary>One after the other, on the pool. The task never faults: nobody awaits the last one.</summary>
    private async Task AfterAsync(Task before, Func<Task> work)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            await work().ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The agent ends: what was to be told of the change ends with it.
        }
#pragma warning disable CA1031 // Said at once, with its trace. A mistake of ours here is no reason to fence a primary.
        catch (Exception e)
#pragma warning restore CA1031
        {
            HostLog.SettingsWorkBroke(_logger, e);
        }
    }

    private async Task ReloadAsync()
    {
        User?.ReloadBegins();
        try
        {
            var fresh = _options.Local.Reload();
            if (fresh is null)
            {
                HostLog.NothingReloaded(_logger);
            }

            // All sections are read before any is used: a mistake in one leaves all of them as they were. Even without
            // a difference the server's files are written again: somebody may have edited them.
            var options = fresh is null ? _options : _options.Reloaded(fresh);
            lock (_gate)
            {
                if (!Swap(_dynamic, options.Local, always: true))
                {
                    return;
                }

                _options = options;
                User?.Configure(options.Postgres, Copy());
            }

            Changed?.Invoke();
            await (User?.TakeOverAsync(options) ?? Task.CompletedTask).ConfigureAwait(false);
        }
        catch (ConfigurationException e)
        {
            HostLog.ReloadRefused(_logger, e.Message);
        }
        finally
        {
            User?.ReloadEnds();
        }
    }

    private JsonObject Copy() => (JsonObject)_dynamic.DeepClone();

    /// <returns>True when the settings were replaced.</returns>
    private bool Swap(JsonObject dynamic, LocalConfiguration local, bool always = false)
    {
        switch (Read(dynamic, local))
        {
            case HaSettingsReading.Accepted accepted:
                if (always || !JsonNode.DeepEquals(dynamic, _dynamic))
                {
                    _serial++;
                }

                _dynamic = dynamic;
                _current = Noted(accepted);
                return true;
            case HaSettingsReading.Rejected rejected:
                HostLog.DynamicConfigurationRefused(_logger, rejected.Problem);
                return false;
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    /// <summary>Times that the safety arithmetic of this program does not carry are refused like any other mistake.</summary>
    private HaSettingsReading Read(JsonObject dynamic, LocalConfiguration local) =>
        HaSettingsReader.Read(dynamic, local.ToLocalSettings()) is var reading
        && reading is HaSettingsReading.Accepted accepted && SafetyProof.Problem(accepted.Settings, _constants) is { } problem
            ? new HaSettingsReading.Rejected(problem)
            : reading;

    private HaSettings Noted(HaSettingsReading.Accepted accepted)
    {
        var notices = string.Join('\n', accepted.Notices);
        if (notices != _noticesLogged)
        {
            _noticesLogged = notices;
            foreach (var notice in accepted.Notices)
            {
                HostLog.Notice(_logger, notice);
            }
        }

        foreach (var setting in accepted.Settings.Unsupported)
        {
            HostLog.Unsupported(_logger, setting.Name, setting.Value, setting.EndangersCommits);
        }

        return accepted.Settings with { Serial = _serial };
    }

    private void Save(JsonObject dynamic)
    {
        if (DynamicConfigurationCache.Write(_options.Postgres.DataDirectory, dynamic) is { } problem)
        {
            HostLog.Notice(_logger, problem);
        }
    }
}
