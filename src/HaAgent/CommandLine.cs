namespace HaAgent;

/// <summary>The daemon's own words: <c>haagent [CONFIG] [--version] [--validate-config [-i] [-p]]</c>.</summary>
internal sealed record CommandLine(string? ConfigPath, CommandLine.Mode Action, bool IgnoreListenPort, bool Print)
{
    public const string Usage = "usage: haagent [CONFIG] [--version] [--help] [--validate-config] [-i|--ignore-listen-port] [-p|--print]";

    public enum Mode
    {
        Run,
        Version,
        Help,
        Validate,
    }

    /// <returns>Null with <paramref name="error"/> set when the words are off.</returns>
    public static CommandLine? Parse(IReadOnlyList<string> words, out string error)
    {
        var line = new CommandLine(null, Mode.Run, false, false);
        error = "";
        foreach (var word in words)
        {
            switch (word)
            {
                case "--version":
                    line = line with { Action = Mode.Version };
                    break;
                case "-h" or "--help":
                    line = line with { Action = Mode.Help };
                    break;
                case "--validate-config":
                    line = line with { Action = Mode.Validate };
                    break;
                case "-i" or "--ignore-listen-port":
                    line = line with { IgnoreListenPort = true };
                    break;
                case "-p" or "--print":
                    line = line with { Print = true };
                    break;
                case "--generate-config" or "--generate-sample-config" or "--dsn":
                    error = $"{word} is not in this version; write the configuration by hand or take one made for Patroni";
                    return null;
                case var _ when word.StartsWith('-') || line.ConfigPath is not null:
                    error = $"unrecognized argument: {word}";
                    return null;
                default:
                    line = line with { ConfigPath = word };
                    break;
            }
        }

        return line;
    }
}
