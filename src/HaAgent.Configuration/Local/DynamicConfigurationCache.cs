using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using HaAgent.Core.Contracts.Records;

namespace HaAgent.Configuration.Local;

/// <summary>The last accepted dynamic configuration, kept beside the data for a start without the store.</summary>
/// <remarks>The peer's file name, so that a node can switch between implementations.</remarks>
public static class DynamicConfigurationCache
{
    public const string FileName = "patroni.dynamic.json";

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <returns>Null when there is none, or none that can be read.</returns>
    public static JsonObject? Read(string dataDirectory)
    {
        try
        {
            return JsonNode.Parse(File.ReadAllText(Path.Combine(dataDirectory, FileName), Encoding.UTF8)) as JsonObject;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    /// <summary>Replaces the file as a whole: a reader sees the old one or the new one.</summary>
    /// <returns>Null, or why it could not be written; the next change tries again.</returns>
    public static string? Write(string dataDirectory, JsonObject dynamic)
    {
        var path = Path.Combine(dataDirectory, FileName);
        var temporary = path + ".new";
        try
        {
            var mode = File.GetUnixFileMode(dataDirectory).HasFlag(UnixFileMode.GroupRead)
                ? OwnerOnly | UnixFileMode.GroupRead
                : OwnerOnly;
            File.Delete(temporary);
            using (var file = new FileStream(temporary, new FileStreamOptions
            {
                Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = mode,
            }))
            {
                file.Write(Encoding.UTF8.GetBytes(JsonText.Compact(dynamic)));
                file.Flush(flushToDisk: true);
            }

            File.SetUnixFileMode(temporary, mode); // the process's umask may have taken the group's bit
            File.Move(temporary, path, overwrite: true);
            return null;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            return $"Could not write {path}: {refused.Message}";
        }
    }
}
