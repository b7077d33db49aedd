using System.Text;
using System.Text.Json.Nodes;
using HaAgent.Configuration.Yaml;
using HaAgent.Core.Settings;

namespace HaAgent.Configuration.Local;

/// <summary>Reads a YAML file, or a directory of them merged in byte order of their names.</summary>
internal static class ConfigurationFiles
{
    /// <summary>Larger files are no configuration; reading stops before memory does.</summary>
    private const long LargestFile = 16 * 1024 * 1024;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static bool Exists(string path) => File.Exists(path) || Directory.Exists(path);

    public static JsonObject Read(string path)
    {
        if (Directory.Exists(path))
        {
            var merged = new JsonObject();
            foreach (var file in YamlFiles(path))
            {
                MergePatch.Apply(merged, ReadOne(file));
            }

            return merged;
        }

        return UnixFile.IsRegular(path) ? ReadOne(path) : throw new ConfigurationException("invalid config path");
    }

    private static string[] YamlFiles(string directory)
    {
        try
        {
            return [.. Directory.GetFiles(directory)
                .Where(file => Path.GetExtension(file) is ".yml" or ".yaml")
                .Where(UnixFile.IsRegular)
                .OrderBy(file => Path.GetFileName(file), Utf8Order.Instance)];
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(directory, unreadable);
        }
    }

    private static JsonObject ReadOne(string file)
    {
        string text;
        try
        {
            text = Strict.GetString(Bytes(file)).TrimStart('\ufeff');
        }
        catch (DecoderFallbackException)
        {
            throw new ConfigurationException($"invalid config file {file}: it is not UTF-8 text. Save it in that "
                + "encoding.");
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(file, unreadable);
        }

        return AsMap(Yaml11.Parse(text, file), file);
    }

    /// <exception cref="ConfigurationException">Not a map.</exception>
    public static JsonObject AsMap(JsonNode? document, string name) =>
        document as JsonObject ?? throw new ConfigurationException($"invalid config file {name}");

    private static byte[] Bytes(string file)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var bytes = new MemoryStream();
        var buffer = new byte[64 * 1024];
        for (var read = stream.Read(buffer); read > 0; read = stream.Read(buffer))
        {
            bytes.Write(buffer, 0, read);
            if (bytes.Length > LargestFile)
            {
                throw new ConfigurationException($"invalid config file {file}: it is larger than 16 MB. Give the "
                    + "path of a YAML file.");
            }
        }

        return bytes.ToArray();
    }

    private static ConfigurationException Unreadable(string path, Exception why) =>
        new($"invalid config file {path}: {why.Message} Give this process's user the right to read it.");

    private sealed class Utf8Order : IComparer<string>
    {
        public static readonly Utf8Order Instance = new();

        public int Compare(string? x, string? y) =>
            Strict.GetBytes(x ?? "").AsSpan().SequenceCompareTo(Strict.GetBytes(y ?? ""));
    }
}
