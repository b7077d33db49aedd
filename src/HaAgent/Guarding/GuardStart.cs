using System.ComponentModel;
using System.Diagnostics;
using HaAgent.Guard;

namespace HaAgent.Guarding;

/// <summary>Starts a guard: this very program, with another first word.</summary>
internal sealed class GuardStart(ILogger log)
{
    /// <summary>Where a runtime that is not part of the program is found.</summary>
    private const string Runtime = "DOTNET_ROOT";

    /// <summary>What is systemd's word to the agent alone, or tunes the agent's runtime and hooks into it.</summary>
    private static readonly string[] NotInherited = ["NOTIFY_SOCKET", "WATCHDOG_", "DOTNET_"];

    /// <summary>Null when it could not be started; the log says why.</summary>
    public GuardProcess? Start(string wordFile)
    {
        if (Environment.ProcessPath is not { } program)
        {
            GuardLog.NotStarted(log, "the path of the running program is not known");
            return null;
        }

        var start = new ProcessStartInfo(program, ["guard", wordFile]) { UseShellExecute = false };
        foreach (var name in start.Environment.Keys.Where(IsAgentsOwn).ToList())
        {
            start.Environment.Remove(name);
        }

        // It allocates nothing once it watches: a small heap keeps the memory that it locks small.
        start.Environment["DOTNET_GCHeapHardLimit"] = "0x1000000";
        try
        {
            using var process = Process.Start(start);
            return process is null ? null : GuardProcess.TryHold(process.Id, wordFile);
        }
        catch (Win32Exception e)
        {
            GuardLog.NotStarted(log, e.Message);
            return null;
        }
    }

    private static bool IsAgentsOwn(string variable) =>
        Array.Exists(NotInherited, name => variable.StartsWith(name, StringComparison.Ordinal))
        && !variable.StartsWith(Runtime, StringComparison.Ordinal);
}
