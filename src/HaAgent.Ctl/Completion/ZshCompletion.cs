using System.Text;
using HaAgent.Ctl.CommandLine;

namespace HaAgent.Ctl.Completion;

/// <summary>A script for zsh: a file in <c>$fpath</c>, or sourced after <c>compinit</c>.</summary>
internal static class ZshCompletion
{
    public static string Render(string program, OptionSpec[] globals, CommandSpec[] commands)
    {
        var script = new StringBuilder();
        script.Append($$"""
            #compdef {{program}}
            # Completion of {{program}} for zsh. Written by: {{program}} completion zsh
            _haagentctl() {
              local state line
              typeset -A opt_args
              _arguments -C{{Specs(globals)}} '1:command:->command' '*::argument:->argument'
              case $state in
                command)
                  local -a commands=(

            """);
        foreach (var command in commands)
        {
            script.Append($"        '{command.Name}:{Escaped(command.Help)}'\n");
        }

        script.Append("      )\n      _describe command commands\n      ;;\n    argument)\n      case ${words[1]} in\n");
        foreach (var command in commands)
        {
            var choices = command.Arguments.SelectMany(argument => argument.Choices).ToArray();
            var words = choices.Length > 0 ? $"'*:word:({string.Join(' ', choices)})'" : "'*:name:'";
            script.Append($"        {command.Name}) _arguments{Specs(command.Options)} {words} ;;\n");
        }

        script.Append($$"""
                  esac
                  ;;
              esac
            }
            if [[ ${funcstack[1]} == _haagentctl || ${funcstack[1]} == _{{program}} ]]; then
              _haagentctl "$@"
            else
              compdef _haagentctl {{program}}
            fi

            """);
        return script.ToString();
    }

    private static string Specs(IEnumerable<OptionSpec> options) => string.Concat(options.SelectMany(option =>
        option.Names.Select(name => $" \\\n      '{name}[{Escaped(option.Help)}]{Value(option)}'")));

    private static string Value(OptionSpec option) => option switch
    {
        { TakesValue: false } => "",
        { Choices.Length: > 0 } => $":{option.Metavar}:({string.Join(' ', option.Choices)})",
        _ when CompletionWords.IsFile(option) => $":{option.Metavar}:_files",
        _ => $":{Escaped(option.Metavar)}:",
    };

    /// <summary>Brackets and colons have a meaning of their own in these words.</summary>
    private static string Escaped(string text) => CompletionWords.Quoted(text
        .Replace("[", "\\[", StringComparison.Ordinal)
        .Replace("]", "\\]", StringComparison.Ordinal)
        .Replace(":", "\\:", StringComparison.Ordinal));
}
