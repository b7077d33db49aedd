using HaAgent.Ctl.CommandLine;

namespace HaAgent.Ctl.Completion;

/// <summary>What the scripts of all shells have in common.</summary>
internal static class CompletionWords
{
    public static bool IsFile(OptionSpec option) => option.Metavar == "FILE";

    /// <summary>For a single-quoted word of any shell.</summary>
    public static string Quoted(string text) => text.Replace("'", "'\\''", StringComparison.Ordinal);
}
