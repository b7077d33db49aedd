using System.Text.Json;
using System.Text.Json.Nodes;

namespace HaAgent.Postgres.Config;

/// <summary>
/// The last dynamic configuration that was accepted, kept in the data directory for a start without the store.
/// </summary>
/// <remarks>
/// Under the peer's file name, so that a node can change between implementations. Blocks on the data directory's disk.
/// </remarks>
public static class DynamicConfigurationCache
{
    private const string FileName = "patroni.dynamic.json";

    /// <summary>Null when there is none, or it cannot be read as an object.</summary>
    public static JsonObject? Read(PostgresOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        try
        {
            var path = Path.Combine(options.DataDirectory, FileName);
            return File.Exists(path) ? JsonNode.Parse(File.ReadAllText(path)) as JsonObject : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    /// <summary>Writes it when it differs.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public static void Write(PostgresOptions options, JsonObject dynamicConfig)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(dynamicConfig);
        var path = Path.Combine(options.DataDirectory, FileName);
        AtomicFile.WriteIfDifferent(
            path, dynamicConfig.ToJsonString(), AtomicFile.ModeFor(path, options.DataDirectory));
    }
}
