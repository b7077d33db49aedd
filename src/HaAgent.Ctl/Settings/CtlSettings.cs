using System.Text.Json.Nodes;
using HaAgent.Configuration.Options;
using HaAgent.Core.Settings;

namespace HaAgent.Ctl.Settings;

/// <summary>The parts of the configuration that the client uses.</summary>
internal sealed record CtlSettings
{
    /// <summary>The whole configuration: the store's section and the namespace are read from it.</summary>
    public required JsonObject Configuration { get; init; }

    /// <summary>How members' REST servers are spoken to.</summary>
    public required CtlOptions Rest { get; init; }

    /// <summary>The cluster meant when none is named; null when not set.</summary>
    public string? Scope { get; init; }

    public bool HasCitus { get; init; }

    /// <param name="insecure"><c>-k</c>; adds to <c>ctl.insecure</c>.</param>
    public static CtlSettings From(JsonObject configuration, bool insecure) => new()
    {
        Configuration = configuration,
        Rest = CtlOptions.Read(configuration, insecure),
        Scope = ValueParsers.Text(configuration["scope"]) is { Length: > 0 } scope ? scope : null,
        HasCitus = configuration["citus"] is JsonObject citus
            && ValueParsers.Integer(citus["group"]) is not null && ValueParsers.Text(citus["database"]) is { Length: > 0 },
    };
}
