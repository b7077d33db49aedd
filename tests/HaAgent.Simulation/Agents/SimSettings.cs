using System.Text.Json.Nodes;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;

namespace HaAgent.Simulation.Agents;

/// <summary>Settings as the product reads them: the stored document over the local one.</summary>
internal sealed class SimSettings : ISettingsSource
{
    private readonly LocalSettings _local;
    private readonly string _bootstrap;
    private JsonObject? _dynamic;
    private long _serial = 1;

    /// <param name="bootstrap">What a founder writes to the store, JSON.</param>
    public SimSettings(string bootstrap, LocalSettings local)
    {
        _bootstrap = bootstrap;
        _local = local;
        _dynamic = JsonNode.Parse(bootstrap)!.AsObject();
        Current = Read() ?? HaSettings.Default;
    }

    public HaSettings Current { get; private set; }

    public string DynamicJson => _dynamic?.ToJsonString() ?? _bootstrap;

    public void Accept(ConfigDocument document)
    {
        if (JsonNode.Parse(document.Json) is not JsonObject json)
        {
            return;
        }

        var before = _dynamic;
        _dynamic = json;
        if (Read() is { } settings)
        {
            Current = settings;
        }
        else
        {
            _dynamic = before;
        }
    }

    public void ReloadLocal()
    {
        _serial++;
        Current = Current with { Serial = _serial };
    }

    private HaSettings? Read() =>
        HaSettingsReader.Read(_dynamic, _local) is HaSettingsReading.Accepted accepted
            ? accepted.Settings with { Serial = _serial }
            : null;
}
