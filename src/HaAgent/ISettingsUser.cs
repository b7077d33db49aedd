using System.Text.Json.Nodes;
using HaAgent.Postgres;

namespace HaAgent;

/// <summary>Whom changed settings reach without being asked for: the server, and after a reload the shells.</summary>
internal interface ISettingsUser
{
    /// <summary>A reload begins; whatever becomes of it, <see cref="ReloadEnds"/> follows.</summary>
    void ReloadBegins();

    /// <summary>New settings for the server. Called with the settings locked: it must not wait.</summary>
    void Configure(PostgresOptions local, JsonObject dynamicConfig);

    /// <summary>Everything else that a reload changes.</summary>
    Task TakeOverAsync(AgentOptions reloaded);

    void ReloadEnds();
}
