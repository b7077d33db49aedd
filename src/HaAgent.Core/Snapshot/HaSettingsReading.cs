using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace HaAgent.Core.Snapshot;

/// <summary>The parts of the local configuration that decisions depend on.</summary>
/// <param name="Postgresql">The local <c>postgresql</c> section.</param>
/// <param name="Tags">The local <c>tags</c> section.</param>
/// <param name="HasBootstrap">A <c>bootstrap</c> section is there.</param>
public sealed record LocalSettings(JsonObject? Postgresql, JsonObject? Tags, bool HasBootstrap);

/// <summary>What came of reading a dynamic configuration.</summary>
public abstract record HaSettingsReading
{
    private HaSettingsReading()
    {
    }

    /// <param name="Settings">Effective values.</param>
    /// <param name="Notices">Adjustments, for the log: one sentence each, the same for the same document.</param>
    public sealed record Accepted(HaSettings Settings, ImmutableArray<string> Notices) : HaSettingsReading;

    /// <summary>The whole document is refused: keep the settings in force before.</summary>
    /// <param name="Problem">Which setting, what it holds, what to do.</param>
    public sealed record Rejected(string Problem) : HaSettingsReading;
}
