namespace HaAgent.Ctl;

/// <summary>Whether output may be coloured: on a screen that can, unless the operator does not want it (no-color.org).</summary>
internal static class Colour
{
    public static bool IsWanted(Terminal terminal, Func<string, string?> variable) =>
        terminal.OutputIsTerminal && string.IsNullOrEmpty(variable("NO_COLOR")) && variable("TERM") != "dumb";
}
