using System.Text.Json;
using System.Text.Json.Nodes;
using HaAgent.Configuration.Local;
using HaAgent.Core.Contracts.Records;
using HaAgent.Core.Ports;
using HaAgent.Core.Settings;
using HaAgent.Core.Snapshot;

namespace HaAgent;

/// <summary>The settings in force: the store's document over defaults, the local configuration over both.</summary>
/// <remarks>
/// The loop asks on its own thread, so nothing here touches a disk there: the cache file and a reload of the local files are
/// work for the pool, whose result is swapped in.
/// </remarks>
internal sealed class SettingsSource : ISettingsSource
{
    private readonly Lock _gate = new();
    private readonly ILogger _logger;
    private readonly string _dataDirectory;
    private LocalConfiguration _local;
    private JsonObject _dynamic;
    private long _serial;
    private bool _isSaved = true;
    private Task _background = Task.CompletedTask;
    private volatile HaSettings _current;
    private string? _noticesLogged;

    /// <exception cref="ConfigurationException">The dynamic configuration known here is refused: nothing could be kept instead.</exception>
    public SettingsSource(LocalConfiguration local, JsonObject bootstrapDcs, string dataDirectory, ILogger logger)
    {
        _local = local;
        _dataDirectory = dataDirectory;
        _logger = logger;
        _dynamic = DynamicConfigurationCache.Read(dataDirectory) ?? bootstrapDcs;
        _current = HaSettingsReader.Read(_dynamic, local.ToLocalSettings()) switch
        {
            HaSettingsReading.Accepted accepted => Noted(accepted),
            HaSettingsReading.Rejected rejected => throw new ConfigurationException(rejected.Problem),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }

    /// <summary>Gives the server and the shells what changed: with the new local configuration, or null when only the store's did.</summary>
    public Action<LocalConfiguration?> Apply { get; set; } = _ => { };

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
                return (JsonObject)_dynamic.DeepClone();
            }
        }
    }

    public void Accept(ConfigDocument document)
    {
        JsonObject? dynamic;
        try
        {
            dynamic = JsonNode.Parse(document.Json) as JsonObject;
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
            if (Swap(dynamic, _local))
            {
                Apply(null);
                _isSaved = false;
            }
        }
    }

    /// <summary>Keeps the dynamic configuration beside the data, if it changed since: called when there is a data directory.</summary>
    public void SaveIfChanged()
    {
        lock (_gate)
        {
            if (!_isSaved)
            {
                _isSaved = true;
                var copy = (JsonObject)_dynamic.DeepClone();
                _background = _background.ContinueWith(_ => Save(copy), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            }
        }
    }

    public void ReloadLocal()
    {
        lock (_gate)
        {
            _background = _background.ContinueWith(_ => Reload(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }
    }

    private void Reload()
    {
        try
        {
            var fresh = _local.Reload();
            if (fresh is null)
            {
                HostLog.NothingReloaded(_logger);
            }

            lock (_gate)
            {
                // Even without a difference the server's files are written again: somebody may have edited them.
                if (Swap(_dynamic, fresh ?? _local, always: true))
                {
                    _local = fresh ?? _local;
                    Apply(fresh ?? _local);
                }
            }

            Changed?.Invoke();
        }
        catch (ConfigurationException e)
        {
            HostLog.ReloadRefused(_logger, e.Message);
        }
    }

    /// <returns>True when the settings were replaced.</returns>
    private bool Swap(JsonObject dynamic, LocalConfiguration local, bool always = false)
    {
        switch (HaSettingsReader.Read(dynamic, local.ToLocalSettings()))
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
        if (DynamicConfigurationCache.Write(_dataDirectory, dynamic) is { } problem)
        {
            HostLog.Notice(_logger, problem);
        }
    }
}
