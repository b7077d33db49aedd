using System.Text;

namespace HaAgent.Ctl.CommandLine;

/// <summary>Usage lines, usage errors and the help.</summary>
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

    public static string Help(string program, CommandSpec command)
    {
        var text = new StringBuilder();
        text.Append($"{Line(program, command)}\n\n  {command.Help}\n\n");
        Section(text, "Options", command.Options);
        return text.ToString();
    }

    public static string Help(string program, OptionSpec[] globals, IEnumerable<CommandSpec> commands)
    {
        var text = new StringBuilder();
        text.Append($"{Line(program, null)}\n\n  Shows and changes clusters kept by haagent or Patroni.\n\n");
        Section(text, "Options", globals);
        text.Append("\nCommands:\n");
        Columns(text, [.. commands.Select(command => (command.Name, command.Help))]);
        return text.ToString();
    }

    private static void Section(StringBuilder text, string title, OptionSpec[] options)
    {
        text.Append($"{title}:\n");
        Columns(text, [.. options.Select(option => (Left(option), option.Help))]);
    }

    private static string Left(OptionSpec option)
    {
        var names = string.Join(", ", option.Names.OrderBy(name => name.Length));
        return option.Kind switch
        {
            OptionKind.Flag => names,
            OptionKind.Choice => $"{names} [{string.Join('|', option.Choices)}]",
            _ => $"{names} {option.Metavar}",
        };
    }

    private static void Columns(StringBuilder text, (string Left, string Right)[] lines)
    {
        var width = Math.Min(34, lines.Max(line => line.Left.Length));
        foreach (var (left, right) in lines)
        {
            text.Append($"  {left.PadRight(width)}  {right}\n");
        }
    }
}
