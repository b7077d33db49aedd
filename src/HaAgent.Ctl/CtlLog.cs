using System.Globalization;

namespace HaAgent.Ctl;

/// <summary>Remarks that are not the command's output: one line on stderr with time and level (cli.md 1).</summary>
internal sealed class CtlLog(TextWriter error, TimeProvider clock, Func<string, string?> variable)
{
    private static readonly string[] LevelVariables =
        ["LOGLEVEL", "PATRONI_LOGLEVEL", "PATRONI_LOG_LEVEL", "HAAGENT_LOGLEVEL", "HAAGENT_LOG_LEVEL"];

    public void Warning(string message)
    {
        if (!Quiet)
        {
            var now = clock.GetLocalNow().ToString("yyyy-MM-dd HH:mm:ss,fff", CultureInfo.InvariantCulture);
            error.Write($"{now} - WARNING - {message}\n");
        }
    }

    private bool Quiet => LevelVariables.Select(variable).LastOrDefault(level => !string.IsNullOrEmpty(level))
        is { } level && level.ToUpperInvariant() is "ERROR" or "CRITICAL" or "FATAL";
}
