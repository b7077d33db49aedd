using System.Text;
using HaAgent.Ctl.CommandLine;

namespace HaAgent.Ctl.Completion;

/// <summary>A script for fish.</summary>
internal static class FishCompletion
{
    public static string Render(string program, OptionSpec[] globals, CommandSpec[] commands)
    {
        var script = new StringBuilder($"# Completion of {program} for fish. Written by: {program} completion fish\n");
        script.Append($"complete -c {program} -f\n");
        foreach (var option in globals)
        {
            Option(script, program, "__fish_use_subcommand", option);
        }

        foreach (var command in commands)
        {
            script.Append($"complete -c {program} -n __fish_use_subcommand -a {command.Name} -d '{Quoted(command.Help)}'\n");
            var condition = $"__fish_seen_subcommand_from {command.Name}";
            foreach (var option in command.Options)
            {
                Option(script, program, condition, option);
            }

            var choices = string.Join(' ', command.Arguments.SelectMany(argument => argument.Choices));
            script.Append(choices.Length == 0 ? "" : $"complete -c {program} -n '{condition}' -a '{choices}'\n");
        }

        return script.ToString();
    }

    private static void Option(StringBuilder script, string program, string condition, OptionSpec option)
    {
        script.Append($"complete -c {program} -n '{condition}'");
        foreach (var name in option.Names)
        {
            script.Append(name.StartsWith("--", StringComparison.Ordinal) ? $" -l {name[2..]}" : $" -s {name[1..]}");
        }

        script.Append(!option.TakesValue ? "" : CompletionWords.IsFile(option) ? " -r -F" : $" -x -a '{string.Join(' ', option.Choices)}'");
        script.Append($" -d '{Quoted(option.Help)}'\n");
    }

    /// <summary>In fish, unlike the other shells, a backslash escapes within single quotes.</summary>
    private static string Quoted(string text) =>
        text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal);
}
