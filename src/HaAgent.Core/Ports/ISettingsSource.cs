using HaAgent.Core.Snapshot;

namespace HaAgent.Core.Ports;

/// <summary>Effective settings from the store's document and the local configuration. What is not valid leaves the last valid one in force.</summary>
public interface ISettingsSource
{
    /// <summary>The settings in force now.</summary>
    HaSettings Current { get; }

    /// <summary>The dynamic configuration in force, compact JSON: what a leader writes when the store has none.</summary>
    string DynamicJson { get; }

    /// <summary>Takes a document that the store holds. An unusable one is logged and changes nothing.</summary>
    void Accept(ConfigDocument document);

    /// <summary>Reads the local configuration again. Problems are logged and change nothing.</summary>
    void ReloadLocal();
}

/// <summary>Who this node is, as published.</summary>
/// <param name="ConnUrl"><c>postgres://host:port/database</c>.</param>
/// <param name="ApiUrl"><c>http://host:port/patroni</c>.</param>
public sealed record NodeIdentity(Model.NodeName Name, string Scope, string ConnUrl, string ApiUrl, string? ProxyUrl);
