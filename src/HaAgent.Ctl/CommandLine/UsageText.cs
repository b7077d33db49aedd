namespace HaAgent.Ctl.CommandLine;

/// <summary>Usage lines and usage errors.</summary>
internal static class UsageText
{
    public static string Line(string program, CommandSpec? command) => command is null
        ? $"Usage: {program} [OPTIONS] COMMAND [ARGS]..."
        : $"Usage: {program} {command.Name} [OPTIONS]" + string.Concat(command.Arguments.Select(argument => " " + argument.Metavar));

    /// <summary>Four lines for stderr; the text is contract (cli.md 2).</summary>
    public static string Error(string program, UsageException error)
    {
        var called = error.Command is { } command ? $"{program} {command.Name}" : program;
        return $"{Line(program, error.Command)}\nTry '{called} --help' for help.\n\nError: {error.Message}\n";
    }
}
