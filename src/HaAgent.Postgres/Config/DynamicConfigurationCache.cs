using System.Text.Json;
using System.Text.Json.Nodes;
using HaAgent.Core.Contracts.Records;

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

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    /// <returns>Null when there is none, or none that can be read as an object.</returns>
    public static JsonObject? Read(string dataDirectory)
    {
        try
        {
            var text = File.ReadAllText(Path.Combine(dataDirectory, FileName));
            return JsonNode.Parse(text, documentOptions: Strict) as JsonObject;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    /// <summary>Replaces the file as a whole when it differs: a reader sees the old one or the new one.</summary>
    /// <returns>Null, or why it could not be written; the next change tries again.</returns>
    public static string? Write(string dataDirectory, JsonObject dynamicConfig)
    {
        var path = Path.Combine(dataDirectory, FileName);
        try
        {
            AtomicFile.WriteIfDifferent(path, JsonText.Compact(dynamicConfig), AtomicFile.ModeFor(path, dataDirectory));
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"Could not write {path}: {e.Message}";
        }
    }
}
