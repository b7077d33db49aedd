using System.Text;
using HaAgent.Ctl.CommandLine;

namespace HaAgent.Ctl.Completion;

/// <summary>A script for bash; it needs nothing but bash.</summary>
internal static class BashCompletion
{
    public static string Render(string program, OptionSpec[] globals, CommandSpec[] commands)
    {
        var valued = string.Join('|', globals.Where(option => option.TakesValue).SelectMany(option => option.Names));
        var script = new StringBuilder();
        script.Append($$"""
            # Completion of {{program}} for bash. Written by: {{program}} completion bash
            _haagentctl() {
              local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command='' words='' i
              for ((i = 1; i < COMP_CWORD; i++)); do
                case ${COMP_WORDS[i]} in
                  {{valued}}) ((i++)) ;;
                  -*) ;;
                  *) command=${COMP_WORDS[i]} && break ;;
                esac
              done
              case $command in

            """);
        var names = commands.Select(command => command.Name);
        Case(script, "''", globals, names);
        foreach (var command in commands)
        {
            Case(script, command.Name, command.Options, command.Arguments.SelectMany(argument => argument.Choices));
        }

        script.Append($$"""
              esac
              if [[ $words == FILE ]]; then
                compopt -o filenames 2>/dev/null
                mapfile -t COMPREPLY < <(compgen -f -- "$word")
              else
                mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
              fi
            }
            complete -F _haagentctl {{program}}

            """);
        return script.ToString();
    }

    /// <summary>Behind an option with a value: its choices, files, or nothing. Else: all options and the words given.</summary>
    private static void Case(StringBuilder script, string command, OptionSpec[] options, IEnumerable<string> words)
    {
        script.Append($"    {command})\n      case $previous in\n");
        foreach (var option in options.Where(option => option.TakesValue))
        {
            var values = CompletionWords.IsFile(option) ? "FILE" : string.Join(' ', option.Choices);
            script.Append($"        {string.Join('|', option.Names)}) words='{values}' ;;\n");
        }

        var all = string.Join(' ', words.Concat(options.SelectMany(option => option.Names)));
        script.Append($"        *) words='{all}' ;;\n      esac\n      ;;\n");
    }
}
